"""Queries on what agents owe their principals, and on claims against principals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.parties import Clients
from fx_settlement.store.tables import ClaimRow, CollectionRow, MatchRow, PassOnRow, PayableRow
from shared.rows import narrowed

PayableKey = tuple[UUID, UUID, str]


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


async def owed_at_bank(session: AsyncSession, key: PayableKey, bank_id: UUID, pilot: str) -> Decimal:
    """What an agent owes a principal of the money that a bank took in and didn't pass on; the counter's lock guards it.

    A bank's part has no counter of its own: it is read off matches, claims and pass-ons, those of 0.1.0, too.
    """
    agent_id, principal_id, currency = key
    booked = (CollectionRow.bank_id == bank_id, CollectionRow.currency == currency, CollectionRow.pilot == pilot)
    matched = (
        select(func.coalesce(func.sum(MatchRow.amount - MatchRow.charges), 0))
        .join(CollectionRow, CollectionRow.id == MatchRow.collection_id)
        .where(*booked, CollectionRow.collector_id == agent_id)
        .where(MatchRow.owner_id == principal_id, MatchRow.unmatched_at.is_(None))
    )
    claimed = (
        select(func.coalesce(func.sum(ClaimRow.amount - ClaimRow.settled), 0))
        .join(CollectionRow, CollectionRow.id == ClaimRow.collection_id)
        .where(*booked, ClaimRow.debtor_id == principal_id, ClaimRow.creditor_id == agent_id)
    )
    paid = select(func.coalesce(func.sum(PassOnRow.amount), 0)).where(
        PassOnRow.bank_id == bank_id,
        PassOnRow.agent_id == agent_id,
        PassOnRow.principal_id == principal_id,
        PassOnRow.currency == currency,
        PassOnRow.pilot == pilot,
    )
    sums = select(matched.scalar_subquery() + claimed.scalar_subquery() - paid.scalar_subquery())
    return await session.scalar(sums) or Decimal(0)


async def open_claims(session: AsyncSession, debtor_id: UUID, creditor_id: UUID, currency: str) -> list[ClaimRow]:
    """The unsettled claims of one on another, oldest first; the payable's lock guards them."""
    query = select(ClaimRow).where(
        ClaimRow.debtor_id == debtor_id,
        ClaimRow.creditor_id == creditor_id,
        ClaimRow.currency == currency,
        ClaimRow.settled < ClaimRow.amount,
    )
    return list((await session.execute(query.order_by(ClaimRow.id))).scalars())


def payables_seen_by(
    pilot: str, *, subject_id: UUID | None, clients: Clients | None, **columns: Any
) -> Select[PayableRow]:
    """What agents owe: all of a pilot, of a bank's clients, or where a party is agent or principal."""
    query = select(PayableRow).where(PayableRow.pilot == pilot)
    if clients is not None:
        query = query.where(PayableRow.agent_id.in_(clients))
    if subject_id is not None:
        query = query.where(or_(PayableRow.agent_id == subject_id, PayableRow.principal_id == subject_id))
    return narrowed(query, PayableRow, columns)
