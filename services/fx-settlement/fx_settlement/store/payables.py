"""Queries on what agents owe their principals, and on claims against principals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.accounts import account_in
from fx_settlement.store.at_bank import Account, PayableKey, payable_keys_at
from fx_settlement.store.tables import ClaimRow, CollectionRow, PayableRow
from shared.rows import narrowed
from shared.scope import Scope, within


async def payables_for_update(
    session: AsyncSession, keys: Iterable[PayableKey], pilot: str
) -> dict[PayableKey, PayableRow]:
    """What some agents owe some principals, locked in the order of the keys, opened at zero where new."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    zero = {name: Decimal(0) for name in ("collected", "charges", "passed_on", "claims")}
    names = ("agent_id", "principal_id", "currency")
    opening = [{**dict(zip(names, key, strict=True)), "pilot": pilot, **zero} for key in wanted]
    await session.execute(insert(PayableRow).values(opening).on_conflict_do_nothing())
    key = tuple_(PayableRow.agent_id, PayableRow.principal_id, PayableRow.currency)
    query = select(PayableRow).where(key.in_(wanted))
    ordered = query.order_by(PayableRow.agent_id, PayableRow.principal_id, PayableRow.currency).with_for_update()
    rows = await session.execute(ordered.execution_options(populate_existing=True))
    return {(row.agent_id, row.principal_id, row.currency): row for row in rows.scalars()}


async def take_of_payable(session: AsyncSession, key: PayableKey, amount: Decimal, pilot: str) -> bool:
    """Count an amount as passed on where so much is owed still: the counter decides (R-FX-4, V42)."""
    agent_id, principal_id, currency = key
    taking = (
        update(PayableRow)
        .where(
            PayableRow.agent_id == agent_id,
            PayableRow.principal_id == principal_id,
            PayableRow.currency == currency,
            PayableRow.pilot == pilot,
            PayableRow.passed_on + PayableRow.charges + amount <= PayableRow.collected + PayableRow.claims,
        )
        .values(passed_on=PayableRow.passed_on + amount)
        .returning(PayableRow.agent_id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(taking)).first() is not None


async def open_claims(
    session: AsyncSession, debtor_id: UUID, creditor_id: UUID, currency: str, *, account: Account
) -> list[ClaimRow]:
    """The unsettled claims of one on another for an account's money, oldest first; the payable's lock guards them."""
    bank_id, account_id = account
    booked = CollectionRow
    query = (
        select(ClaimRow)
        .join(booked, booked.id == ClaimRow.collection_id)
        .where(
            booked.bank_id == bank_id,
            account_in(booked.account_id, booked.collector_id, booked.bank_id) == account_id,
            ClaimRow.debtor_id == debtor_id,
            ClaimRow.creditor_id == creditor_id,
            ClaimRow.currency == currency,
            ClaimRow.settled < ClaimRow.amount,
        )
    )
    return list((await session.execute(query.order_by(ClaimRow.id))).scalars())


def payables_seen_by(scope: Scope, **columns: Any) -> Select[PayableRow]:
    """What agents owe: all of a pilot, of what came in at a bank, or where a party is agent or principal."""
    row = PayableRow

    def own(party: UUID) -> ColumnElement[bool]:
        return or_(row.agent_id == party, row.principal_id == party)

    def at_bank(bank: UUID) -> ColumnElement[bool]:
        return tuple_(row.agent_id, row.principal_id, row.currency).in_(payable_keys_at(bank, scope.pilot))

    return narrowed(within(select(row), row, scope, subject=own, bank=at_bank), row, columns)
