"""What of payables and balances lies on which account, read off what came in there, went back, on, or was converted.

An account's part has no counter of its own. Who decides by it holds the lock of the counter of all accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.accounts import account_in
from fx_settlement.store.tables import ClaimRow, CollectionRow, ConversionRow, MatchRow, PassOnRow

PayableKey = tuple[UUID, UUID, str]
BalanceKey = tuple[UUID, str]
Account = tuple[UUID, UUID]
"""A bank, and an account that it keeps."""
_NOTHING = literal(Decimal(0))


@dataclass(frozen=True, slots=True)
class PayableOnAccount:
    """What an agent collected for a principal on one account, and what became of it there."""

    collected: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)
    claims: Decimal = Decimal(0)
    passed_on: Decimal = Decimal(0)


async def payables_on_accounts(
    session: AsyncSession, keys: Iterable[PayableKey], pilot: str, *, bank_id: UUID | None
) -> dict[PayableKey, dict[Account, PayableOnAccount]]:
    """Of these payables, what lies on which account at the bank, or at any where it is None."""
    found: dict[PayableKey, dict[Account, PayableOnAccount]] = {key: {} for key in keys}
    moves = _payable_moves(bank_id, pilot)
    key = (moves.c.agent_id, moves.c.principal_id, moves.c.currency)
    account = (moves.c.bank_id, moves.c.account_id)
    sums = (func.sum(moves.c[each]) for each in ("collected", "charges", "claims", "passed_on"))
    query = select(*key, *account, *sums).where(tuple_(*key).in_(list(found))).group_by(*key, *account)
    for agent, principal, currency, bank, account_id, *parts in (
        await session.execute(query.order_by(*key, *account)) if found else ()
    ):
        found[agent, principal, currency][bank, account_id] = PayableOnAccount(*parts)
    return found


def payable_keys_at(bank_id: UUID, pilot: str) -> Select[PayableKey]:
    """The payables of which something came in at the bank."""
    moves = _payable_moves(bank_id, pilot)
    return select(moves.c.agent_id, moves.c.principal_id, moves.c.currency)


def _payable_moves(bank_id: UUID | None, pilot: str) -> Subquery:
    """Matches and open claims of what banks took in, and what they passed on."""
    booked, paid = CollectionRow, PassOnRow
    names = ("agent_id", "principal_id", "currency", "bank_id", "account_id", "collected", "charges", "claims")
    here = _at(booked, bank_id, pilot)
    taken_in = (booked.bank_id, account_in(booked.account_id, booked.collector_id, booked.bank_id))
    paid_from = (paid.bank_id, account_in(paid.account_id, paid.agent_id, paid.bank_id))
    matched = (booked.collector_id, MatchRow.owner_id, booked.currency, *taken_in, MatchRow.amount, MatchRow.charges)
    claimed = (ClaimRow.creditor_id, ClaimRow.debtor_id, ClaimRow.currency, *taken_in, _NOTHING, _NOTHING)
    gone_on = (paid.agent_id, paid.principal_id, paid.currency, *paid_from, _NOTHING, _NOTHING, _NOTHING)
    parts = (
        select(*_named((*names, "passed_on"), *matched, _NOTHING, _NOTHING))
        .join(booked, booked.id == MatchRow.collection_id)
        .where(*here, MatchRow.unmatched_at.is_(None), MatchRow.owner_id != booked.collector_id),
        select(*_named((*names, "passed_on"), *claimed, ClaimRow.amount - ClaimRow.settled, _NOTHING))
        .join(booked, booked.id == ClaimRow.collection_id)
        .where(*here, ClaimRow.creditor_id != booked.bank_id),
        select(*_named((*names, "passed_on"), *gone_on, paid.amount)).where(*_at(paid, bank_id, pilot)),
    )
    return union_all(*parts).subquery()


async def balances_on_accounts(
    session: AsyncSession, keys: Iterable[BalanceKey], pilot: str, *, bank_id: UUID | None
) -> dict[BalanceKey, dict[Account, Decimal]]:
    """Of these personal balances, what lies on which account at the bank, or at any where it is None."""
    found: dict[BalanceKey, dict[Account, Decimal]] = {key: {} for key in keys}
    moves = _balance_moves(bank_id, pilot)
    key, account = (moves.c.holder_id, moves.c.currency), (moves.c.bank_id, moves.c.account_id)
    query = select(*key, *account, func.sum(moves.c.amount)).where(tuple_(*key).in_(list(found)))
    for holder, currency, bank, account_id, amount in (
        await session.execute(query.group_by(*key, *account).order_by(*key, *account)) if found else ()
    ):
        found[holder, currency][bank, account_id] = amount
    return found


def balance_keys_at(bank_id: UUID, pilot: str) -> Select[BalanceKey]:
    """The personal balances of which something came in at the bank."""
    moves = _balance_moves(bank_id, pilot)
    return select(moves.c.holder_id, moves.c.currency)


def _balance_moves(bank_id: UUID | None, pilot: str) -> Subquery:
    """What banks took in and still keep, what was passed on to the holder, and what was converted."""
    booked, paid, sold = CollectionRow, PassOnRow, ConversionRow
    claimed = (
        select(func.coalesce(func.sum(ClaimRow.amount), 0))
        .where(ClaimRow.collection_id == booked.id, ClaimRow.creditor_id == booked.bank_id)
        .correlate(booked)
        .scalar_subquery()
    )
    kept = booked.amount - booked.bank_charges - booked.refunded + claimed
    names = ("holder_id", "account_id", "currency", "amount", "bank_id")
    own = account_in(booked.account_id, booked.collector_id, booked.bank_id)
    reached = account_in(paid.principal_account_id, paid.principal_id, paid.bank_id)
    left = account_in(sold.account_id, sold.holder_id, sold.bank_id)
    unblocked = func.jsonb_array_length(booked.blocked_by) == 0
    parts: tuple[tuple[Any, tuple[Any, ...], tuple[Any, ...]], ...] = (
        (
            booked,
            (booked.collector_id, own, booked.currency, func.greatest(kept, 0)),
            (booked.account_kind == "personal", unblocked),
        ),
        (
            paid,
            (paid.principal_id, reached, paid.currency, paid.amount),
            (paid.paid_as == "fx", paid.currency != "CNY"),
        ),
        (sold, (sold.holder_id, left, sold.currency, -sold.amount), ()),
    )
    return union_all(
        *(
            select(*_named(names, *columns, table.bank_id)).where(*_at(table, bank_id, pilot), *only)
            for table, columns, only in parts
        )
    ).subquery()


def _at(table: Any, bank_id: UUID | None, pilot: str) -> tuple[Any, ...]:
    return (table.pilot == pilot, *(() if bank_id is None else (table.bank_id == bank_id,)))


def _named(names: tuple[str, ...], *columns: Any) -> list[Any]:
    return [column.label(name) for name, column in zip(names, columns, strict=True)]
