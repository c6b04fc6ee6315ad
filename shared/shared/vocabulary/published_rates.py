"""Rates that an authority publishes and a person types: plausible, known already, by two persons (R-FX-10).

Customs' monthly rate and tax's middle rate go by these rules. An entry counts once a second person has confirmed it. It
is never overwritten, since decisions rest on it. A correction is a new entry; what was decided stands, and is listed
for a re-check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.vocabulary.confirmations import breaches_of_second_person
from shared.vocabulary.rules import Breach

_WEDNESDAY = 2


@dataclass(frozen=True, slots=True)
class RateCorrection:
    """What a rate should be, as published where, and why it was wrong."""

    cny_per_unit: Decimal
    source: str
    reason: str


def breaches_of_change(
    rate: Decimal, before: Decimal | None, percent: Decimal, pointer: str = "/cny_per_unit"
) -> tuple[Breach, ...]:
    """A rate is at most `percent` away from the one before (inclusive): 69.0 typed for 6.90 is seen at once."""
    if before is None or abs(rate - before) <= before * percent / 100:
        return ()
    params = {
        "rate": f"{rate.normalize():f}",
        "before": f"{before.normalize():f}",
        "percent": f"{percent.normalize():f}",
    }
    return (Breach("rate_implausible", "R-FX-10", pointer, params),)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def known_from(month: date, wednesday: int) -> date:
    """The first day on which customs' rate of a month is known: the so many-th Wednesday of the month before."""
    first = month_before(month)
    return first + timedelta(days=(_WEDNESDAY - first.weekday()) % 7 + 7 * (wednesday - 1))


def breaches_of_knowing(known: date, today: date, pointer: str) -> tuple[Breach, ...]:
    """A rate that can't be known yet isn't published: it is a guess."""
    if today >= known:
        return ()
    return (Breach("rate_not_known_yet", "R-FX-10", pointer, {"known_from": known.isoformat()}),)


def breaches_of_confirmation(
    proposed_by: str, confirmed_by: str, *, confirmed_already: bool, newest: bool
) -> tuple[Breach, ...]:
    """An entry is confirmed once, by a second person, and only the newest of its day or month (V6)."""
    breaches = []
    if confirmed_already:
        breaches.append(Breach("rate_confirmed_already", "R-FX-10"))
    elif not newest:
        breaches.append(Breach("rate_correction_superseded", "R-FX-10"))
    return (*breaches, *breaches_of_second_person(proposed_by, confirmed_by))
