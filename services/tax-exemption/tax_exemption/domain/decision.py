"""What the tax officer may decide on a return, and on what was not declared in time (R-TAX-7, V6)."""

from __future__ import annotations

from datetime import date

from shared.vocabulary.rules import Breach


def breaches_of_return_decision(status: str, *, filed_by: str, decided_by: str) -> tuple[Breach, ...]:
    """Why an officer can't accept or query a return: it is accepted, or is the officer's own filing."""
    breaches = []
    if status == "accepted":
        breaches.append(Breach("return_accepted_already", "R-TAX-6"))
    if filed_by == decided_by:
        breaches.append(Breach("own_return_decided", "V6"))
    return tuple(breaches)


def breaches_of_item_decision(*, something_open: bool, today: date, last_day: date) -> tuple[Breach, ...]:
    """Breach where nothing of the item is open, or where it may still be declared."""
    breaches = []
    if not something_open:
        breaches.append(Breach("nothing_to_declare", "R-TAX-7", "/portion_id"))
    if today <= last_day:
        breaches.append(Breach("window_still_open", "R-TAX-7", "/portion_id", {"last": last_day.isoformat()}))
    return tuple(breaches)
