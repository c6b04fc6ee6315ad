"""On which days a portion's parts left, came back or were amended: what is exempted in which month (R-TAX-6, V53)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.legal_time import legal_date
from trade_ledger.domain.receipts import PortionState, Receipt, day_of

Days = tuple[tuple[date, Decimal], ...]
"""Quantities by day, oldest first."""


@dataclass(frozen=True, slots=True)
class PortionDays:
    """A portion's departed and returned quantities by day, and the day of its newest amendment."""

    departures: Days = ()
    returns: Days = ()
    amended_on: date | None = None


def days_of(receipts: Sequence[Receipt], portion: str, now: PortionState) -> PortionDays:
    """The days that the receipts of an attempt name for what became of a portion."""
    amended = [legal_date(each.issued_at) for each in _of("amended", receipts) if portion in each.quantities]
    return PortionDays(
        departures=_by_day(_of("departed", receipts), portion, now.departed),
        returns=_by_day(_of("returned", receipts), portion, now.returned),
        amended_on=max(amended, default=None),
    )


def _of(kind: str, receipts: Iterable[Receipt]) -> list[Receipt]:
    return [each for each in receipts if each.kind == kind]


def _by_day(receipts: Sequence[Receipt], portion: str, total: Decimal) -> Days:
    """`total` by day: named parts on their days, what none of them names on the first day of a whole one."""
    left = total
    days: dict[date, Decimal] = {}
    named = [(day_of(each), each.quantities[portion]) for each in receipts if portion in each.quantities]
    whole = [(day_of(each), total) for each in receipts if not each.quantities]
    for day, quantity in sorted(named) + sorted(whole):
        part = min(quantity, left)
        left -= part
        days[day] = days.get(day, Decimal(0)) + part
    return tuple((day, quantity) for day, quantity in sorted(days.items()) if quantity)
