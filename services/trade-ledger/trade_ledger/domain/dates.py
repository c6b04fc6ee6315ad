"""Dates of facts that can't be: in the future, before the trade, before the seal (R-DECL-7, V16).

The fact is kept as it was told, with a case. Until customs corrects it, the day on which it was told stands in for it,
so that nobody is locked out of a period by somebody else's slip of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.vocabulary.legal_time import legal_date
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.domain.receipts import Receipt, day_of

_CODES = {"departed": "departure_date_impossible", "returned": "return_date_impossible"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a declaration's facts can't be earlier than: each portion's trade date, and its loads' newest seal."""

    traded: Mapping[str, date]
    sealed_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoadTimes:
    """When a load was sealed and arrived, as far as it is known."""

    number: str
    sealed_at: datetime | None
    arrived_at: datetime | None


def _against(day: date, traded: Iterable[date], sealed_on: date | None, told_on: date | None) -> list[str]:
    trade = max(traded, default=None)
    found = []
    if told_on is not None and day > told_on:
        found.append(f"{day} was told on {told_on}")
    if trade is not None and day < trade:
        found.append(f"{day} is before the trade of {trade}")
    if sealed_on is not None and day < sealed_on:
        found.append(f"{day} is before the seal of {sealed_on}")
    return found


def _reasons(receipt: Receipt, day: date, bounds: Bounds) -> list[str]:
    named = [bounds.traded[each] for each in receipt.quantities or bounds.traded if each in bounds.traded]
    told_on = None if receipt.recorded_at is None else legal_date(receipt.recorded_at)
    return _against(day, named, bounds.sealed_on if receipt.kind == "departed" else None, told_on)


def _days(receipt: Receipt) -> list[date]:
    return sorted({day_of(receipt), legal_date(receipt.issued_at)})


def cases_of_dates(receipts: Sequence[Receipt], bounds: Bounds) -> list[Case]:
    """One case for each message of customs that names a day that can't be; customs must correct it."""
    cases = []
    for each in receipts:
        if why := [reason for day in _days(each) for reason in _reasons(each, day, bounds)]:
            code = _CODES.get(each.kind, "date_impossible")
            cases.append(Case(code, each.receipt_id, f"{each.kind}: {'; '.join(why)}", "customs"))
    return cases


def possible(receipt: Receipt, bounds: Bounds) -> Receipt:
    """The message with the day on which it was told in place of a day that can't be."""
    if receipt.recorded_at is None:
        return receipt
    if _reasons(receipt, legal_date(receipt.issued_at), bounds):
        receipt = replace(receipt, issued_at=receipt.recorded_at)
    if receipt.export_date is not None and _reasons(receipt, receipt.export_date, bounds):
        receipt = replace(receipt, export_date=None)
    return receipt


def cases_of_arrival_dates(loads: Iterable[LoadTimes], traded: Iterable[date]) -> list[Case]:
    """An arrival before the load's seal or before the trade: the site that reported it must act."""
    known, cases = list(traded), []
    for load in loads:
        if load.arrived_at is None:
            continue
        sealed_on = None if load.sealed_at is None else legal_date(load.sealed_at)
        if why := _against(legal_date(load.arrived_at), known, sealed_on, None):
            detail = f"arrival of {load.number}: {'; '.join(why)}"
            cases.append(Case("arrival_date_impossible", load.number, detail, "site_operator"))
    return cases


def standing_receipts(receipts: Sequence[Receipt]) -> list[Receipt]:
    """The messages that no later one of customs corrects; two that correct each other both stand."""
    by_id = {each.receipt_id: each for each in receipts}
    gone = {
        each.corrects
        for each in receipts
        if each.corrects in by_id and by_id[each.corrects].corrects != each.receipt_id
    }
    return [each for each in receipts if each.receipt_id not in gone]
