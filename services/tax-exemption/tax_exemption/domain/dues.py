"""In which month's return each part of a portion stands (R-TAX-6, V49, V53)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class DayValue:
    """FOB of a portion that left or came back on a day."""

    on: date
    fob: Decimal


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A portion as it stands: what left and came back in all and by day, and what was declared or decided of it.

    What no day is known of left, and came back, on the `export_date`. `declared` is by the month of the return;
    `decided` was settled by the tax officer instead.
    """

    export_date: date
    departed: Decimal
    returned: Decimal = _ZERO
    departures: tuple[DayValue, ...] = ()
    returns: tuple[DayValue, ...] = ()
    amended_on: date | None = None
    declared: Mapping[str, Decimal] = field(default_factory=dict)
    decided: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be declared in a month: goods that left in it, the last ones on `departed_on`, or a correction."""

    fob: Decimal
    last_left_on: date | None = None

    @property
    def departed_on(self) -> date | None:
        """None for a correction: nothing left in the month, or more came back than left."""
        return self.last_left_on if self.fob > 0 else None


ANY_LATER = ""
"""The key of what corrects a declared month without a day of its own: it stands in any later month."""


def dues_of(facts: ItemFacts, period_of: Callable[[date], str]) -> dict[str, Due]:
    """What is open, by the month in whose return it stands; the parts sum to departed − returned − declared − decided.

    Goods stand in the month in which they left, less what came back in it. What came back later stands in the month
    of its return. What an amendment changes of a declared month stands in the month of the amendment.
    """
    left = [*facts.departures, DayValue(facts.export_date, facts.departed - _sum(facts.departures))]
    undated = facts.returned - _sum(facts.returns)
    came_back = [*facts.returns, DayValue(facts.export_date, undated)]
    target: dict[str, Decimal] = defaultdict(Decimal)
    last_left: dict[str, date] = {}
    for each in left:
        target[period_of(each.on)] += each.fob
        if each.fob:
            last_left[period_of(each.on)] = max(each.on, last_left.get(period_of(each.on), each.on))
    for each in came_back:
        target[period_of(each.on)] -= each.fob
    corrections = {month: target.pop(month, _ZERO) - fob for month, fob in facts.declared.items()}
    dues = {month: Due(fob, last_left.get(month)) for month, fob in target.items()}
    for month, fob in _placed(corrections, facts, period_of, undated=undated, own=set(last_left)).items():
        before = dues.get(month, Due(_ZERO))
        dues[month] = Due(before.fob + fob, before.last_left_on)
    return {month: due for month, due in _less(dues, facts.decided).items() if due.fob}


def due_in(dues: Mapping[str, Due], month: str, *, own_month: str) -> list[Due]:
    """What of a portion stands in a month's return; `own_month` is that of its export date."""
    keys = [month, ANY_LATER] if month > own_month else [month]
    return [dues[key] for key in keys if key in dues]


def _placed(
    corrections: Mapping[str, Decimal],
    facts: ItemFacts,
    period_of: Callable[[date], str],
    *,
    undated: Decimal,
    own: set[str],
) -> dict[str, Decimal]:
    """Where the differences of declared months stand."""
    whole = sum(corrections.values(), _ZERO)
    if facts.amended_on is not None:
        return {period_of(facts.amended_on): whole}
    dated = {period_of(each.on) for each in facts.returns}
    if undated or not corrections.keys() <= own | dated:
        return {ANY_LATER: whole}
    return dict(corrections)


def _less(dues: Mapping[str, Due], decided: Decimal) -> dict[str, Due]:
    """A decision settles the oldest months first, and of their sign; what it settled too much of is due again."""
    rest = decided
    months = sorted(dues, key=lambda month: (month == ANY_LATER, month))
    after = dict(dues)
    for month in months:
        due = dues[month]
        part = max(min(rest, due.fob), _ZERO) if rest > 0 else min(max(rest, due.fob), _ZERO)
        rest -= part
        after[month] = Due(due.fob - part, due.last_left_on)
    if rest:
        over = after.get(ANY_LATER, Due(_ZERO))
        after[ANY_LATER] = Due(over.fob - rest, over.last_left_on)
    return after


def _sum(days: Iterable[DayValue]) -> Decimal:
    return sum((each.fob for each in days), _ZERO)
