"""Whose a stall is on which days: one holder per stall, pilot and day (R-FILE-2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shared.vocabulary.rules import Breach

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StallDays:
    """A stall and the days on which it is its holder's; without an end where `valid_to` is None."""

    stall_number: str
    valid_from: date
    valid_to: date | None


def days_held(stated: Iterable[StallDays], earlier: Iterable[StallDays], on: date) -> tuple[StallDays, ...]:
    """A holder's days once `stated` counts from a day on: those before it stay as they were. Days of one stall are one.

    Stated days lie before `on`, too: who held a stall before it was filed says so.
    """
    before = on - _ONE_DAY
    kept = [
        StallDays(each.stall_number, each.valid_from, before if each.valid_to is None else min(each.valid_to, before))
        for each in earlier
        if each.valid_from < on
    ]
    held: list[StallDays] = []
    for each in sorted((*kept, *stated), key=lambda days: (days.stall_number, days.valid_from)):
        last = held[-1] if held else None
        if last is None or last.stall_number != each.stall_number or _ends_before(last, each.valid_from):
            held.append(each)
        else:
            held[-1] = StallDays(last.stall_number, last.valid_from, _later(last.valid_to, each.valid_to))
    return tuple(held)


def _ends_before(days: StallDays, day: date) -> bool:
    return days.valid_to is not None and days.valid_to + _ONE_DAY < day


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


def breaches_of_holder(stated: Iterable[StallDays], taken: Collection[StallDays]) -> tuple[Breach, ...]:
    """Breaches where another holds a stated stall on one of its days."""
    return tuple(
        Breach("stall_held_by_another", "R-FILE-2", f"/stalls/{index}", {"stall": each.stall_number})
        for index, each in enumerate(stated)
        if any(_meet(each, other) for other in taken)
    )


def _meet(one: StallDays, other: StallDays) -> bool:
    begun = one.valid_to is None or other.valid_from <= one.valid_to
    same = one.stall_number == other.stall_number
    return same and begun and (other.valid_to is None or one.valid_from <= other.valid_to)
