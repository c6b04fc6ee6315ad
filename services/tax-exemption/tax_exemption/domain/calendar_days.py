"""Which day may be published as working or free, and by whom it is confirmed (R-TAX-2, V6)."""

from __future__ import annotations

from shared.vocabulary.confirmations import breaches_of_second_person
from shared.vocabulary.rules import Breach


def breaches_of_publishing(*, published_already: bool, changed: bool, reason: str | None) -> tuple[Breach, ...]:
    """A day that is published already is corrected: by another answer, and with the reason."""
    if not published_already:
        return ()
    breaches = []
    if not changed:
        breaches.append(Breach("calendar_day_published_already", "R-TAX-2", "/day"))
    if not reason:
        breaches.append(Breach("calendar_reason_missing", "R-TAX-2", "/reason"))
    return tuple(breaches)


def breaches_of_confirming(
    published_by: str, confirmed_by: str, *, confirmed_already: bool, newest: bool
) -> tuple[Breach, ...]:
    """An entry is confirmed once, by a second person, and only the newest of its day (V6)."""
    breaches = []
    if confirmed_already:
        breaches.append(Breach("calendar_day_confirmed_already", "R-TAX-2"))
    elif not newest:
        breaches.append(Breach("calendar_day_superseded", "R-TAX-2"))
    return (*breaches, *breaches_of_second_person(published_by, confirmed_by))
