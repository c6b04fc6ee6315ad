"""What of payables and balances lies at one bank, read off what it took in, gave back, passed on and converted.

A bank's part has no counter of its own. Who decides by it holds the lock of the counter of all banks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import ClaimRow, CollectionRow, ConversionRow, MatchRow, PassOnRow

PayableKey = tuple[UUID, UUID, str]
BalanceKey = tuple[UUID, str]
_NOTHING = literal(Decimal(0))


@dataclass(frozen=True, slots=True)
class PayableAtBank:
    """What an agent collected for a principal at one bank, and what became of it there."""

    agent_id: UUID
    principal_id: UUID
    currency: str
    collected: Decimal
    charges: Decimal
    claims: Decimal
    passed_on: Decimal


async def payables_at_bank(
    session: AsyncSession, keys: Iterable[PayableKey], bank_id: UUID, pilot: str
) -> dict[PayableKey, PayableAtBank]:
    """Of these payables, what lies at the bank; one of which nothing ever did is all zeros."""
    found = {key: PayableAtBank(*key, *[Decimal(0)] * 4) for key in keys}
    moves = _payable_moves(bank_id, pilot)
    key = (moves.c.agent_id, moves.c.principal_id, moves.c.currency)
    sums = (func.sum(moves.c[each]) for each in ("collected", "charges", "claims", "passed_on"))
    query = select(*key, *sums).where(tuple_(*key).in_(list(found))).group_by(*key)
    rows = [PayableAtBank(*row) for row in await session.execute(query)] if found else []
    return found | {(row.agent_id, row.principal_id, row.currency): row for row in rows}


def payable_keys_at(bank_id: UUID, pilot: str) -> Select[PayableKey]:
    """The payables of which something came in at the bank."""
    moves = _payable_moves(bank_id, pilot)
    return select(moves.c.agent_id, moves.c.principal_id, moves.c.currency)


def _payable_moves(bank_id: UUID, pilot: str) -> Subquery:
    """Matches and open claims of what the bank took in, and what it passed on."""
    booked, named = (
        CollectionRow,
        ("agent_id", "principal_id", "currency", "collected", "charges", "claims", "passed_on"),
    )
    here = (booked.bank_id == bank_id, booked.pilot == pilot)
    matched = (booked.collector_id, MatchRow.owner_id, booked.currency, MatchRow.amount, MatchRow.charges)
    claimed = (ClaimRow.creditor_id, ClaimRow.debtor_id, ClaimRow.currency, _NOTHING, _NOTHING)
    paid = (PassOnRow.agent_id, PassOnRow.principal_id, PassOnRow.currency, _NOTHING, _NOTHING, _NOTHING)
    parts = (
        select(*_named(named, *matched, _NOTHING, _NOTHING))
        .join(booked, booked.id == MatchRow.collection_id)
        .where(*here, MatchRow.unmatched_at.is_(None), MatchRow.owner_id != booked.collector_id),
        select(*_named(named, *claimed, ClaimRow.amount - ClaimRow.settled, _NOTHING))
        .join(booked, booked.id == ClaimRow.collection_id)
        .where(*here, ClaimRow.creditor_id != booked.bank_id),
        select(*_named(named, *paid, PassOnRow.amount)).where(PassOnRow.bank_id == bank_id, PassOnRow.pilot == pilot),
    )
    return union_all(*parts).subquery()


async def balances_at_bank(
    session: AsyncSession, keys: Iterable[BalanceKey], bank_id: UUID, pilot: str
) -> dict[BalanceKey, Decimal]:
    """Of these personal balances, what lies at the bank."""
    found = dict.fromkeys(keys, Decimal(0))
    moves = _balance_moves(bank_id, pilot)
    key = (moves.c.holder_id, moves.c.currency)
    query = select(*key, func.sum(moves.c.amount)).where(tuple_(*key).in_(list(found))).group_by(*key)
    rows = list(await session.execute(query)) if found else []
    return found | {(row[0], row[1]): row[2] for row in rows}


def balance_keys_at(bank_id: UUID, pilot: str) -> Select[BalanceKey]:
    """The personal balances of which something came in at the bank."""
    moves = _balance_moves(bank_id, pilot)
    return select(moves.c.holder_id, moves.c.currency)


def _balance_moves(bank_id: UUID, pilot: str) -> Subquery:
    """What the bank took in and still keeps, what was passed on to the holder, and what was converted."""
    claimed = (
        select(func.coalesce(func.sum(ClaimRow.amount), 0))
        .where(ClaimRow.collection_id == CollectionRow.id, ClaimRow.creditor_id == CollectionRow.bank_id)
        .correlate(CollectionRow)
        .scalar_subquery()
    )
    kept = CollectionRow.amount - CollectionRow.bank_charges - CollectionRow.refunded + claimed
    names = ("holder_id", "currency", "amount")
    parts = []
    for table, columns, only in (
        (
            CollectionRow,
            (CollectionRow.collector_id, CollectionRow.currency, func.greatest(kept, 0)),
            (CollectionRow.account_kind == "personal", func.jsonb_array_length(CollectionRow.blocked_by) == 0),
        ),
        (
            PassOnRow,
            (PassOnRow.principal_id, PassOnRow.currency, PassOnRow.amount),
            (PassOnRow.paid_as == "fx", PassOnRow.currency != "CNY"),
        ),
        (ConversionRow, (ConversionRow.holder_id, ConversionRow.currency, -ConversionRow.amount), ()),
    ):
        parts.append(select(*_named(names, *columns)).where(table.bank_id == bank_id, table.pilot == pilot, *only))
    return union_all(*parts).subquery()


def _named(names: tuple[str, ...], *columns: Any) -> list[Any]:
    return [column.label(name) for name, column in zip(names, columns, strict=True)]
