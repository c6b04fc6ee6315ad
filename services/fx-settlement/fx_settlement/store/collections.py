"""Questions about collections, their matches and advances, payables and claims."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import AdvanceRow, ClaimRow, CollectionRow, MatchRow, PayableRow, RefundRow

PayableKey = tuple[UUID, UUID, str]


async def collection_for_update(session: AsyncSession, collection_id: UUID) -> CollectionRow | None:
    """The collection, locked until commit; lock declarations first."""
    return await session.get(CollectionRow, collection_id, with_for_update=True, populate_existing=True)


async def matches_of(session: AsyncSession, collection_id: UUID) -> list[MatchRow]:
    """A collection's matches, undone ones included, oldest first."""
    query = select(MatchRow).where(MatchRow.collection_id == collection_id).order_by(MatchRow.id)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def live_matches_of(session: AsyncSession, collection_id: UUID) -> list[MatchRow]:
    """A collection's matches in force, newest first."""
    return [row for row in reversed(await matches_of(session, collection_id)) if row.unmatched_at is None]


async def live_matches_of_portions(session: AsyncSession, ids: Iterable[UUID]) -> list[MatchRow]:
    """The matches in force of some portions, newest first."""
    query = select(MatchRow).where(MatchRow.portion_id.in_(set(ids)), MatchRow.unmatched_at.is_(None))
    rows = await session.execute(query.order_by(MatchRow.id.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


async def advances_of(session: AsyncSession, collection_id: UUID) -> list[AdvanceRow]:
    """What of a collection is kept for trades, newest first."""
    query = select(AdvanceRow).where(AdvanceRow.collection_id == collection_id, AdvanceRow.amount > 0)
    rows = await session.execute(query.order_by(AdvanceRow.linked_at.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


async def refunds_of(session: AsyncSession, collection_id: UUID) -> list[RefundRow]:
    """What of a collection was sent back, oldest first."""
    query = select(RefundRow).where(RefundRow.collection_id == collection_id).order_by(RefundRow.id)
    return list((await session.execute(query)).scalars())


async def advances_of_trade(session: AsyncSession, trade_id: UUID) -> list[AdvanceRow]:
    """What is kept for a trade, newest first."""
    query = select(AdvanceRow).where(AdvanceRow.trade_id == trade_id, AdvanceRow.amount > 0)
    rows = await session.execute(query.order_by(AdvanceRow.linked_at.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


async def payables_for_update(session: AsyncSession, keys: Iterable[PayableKey], pilot: str) -> dict[PayableKey, Any]:
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


async def open_claims(session: AsyncSession, debtor_id: UUID, creditor_id: UUID, currency: str) -> list[ClaimRow]:
    """The unsettled claims of one on another, oldest first; the payable's lock guards them."""
    query = select(ClaimRow).where(
        ClaimRow.debtor_id == debtor_id,
        ClaimRow.creditor_id == creditor_id,
        ClaimRow.currency == currency,
        ClaimRow.settled < ClaimRow.amount,
    )
    return list((await session.execute(query.order_by(ClaimRow.id))).scalars())


def collections_seen_by(pilot: str, *, subject_id: UUID | None, bank_id: UUID | None) -> Select[CollectionRow]:
    """The collections of a pilot, of a bank that booked them, or of who collected or owns what they paid."""
    query = select(CollectionRow).where(CollectionRow.pilot == pilot)
    if bank_id is not None:
        return query.where(CollectionRow.bank_id == bank_id)
    if subject_id is None:
        return query
    owned = select(MatchRow.collection_id).where(MatchRow.owner_id == subject_id)
    return query.where(or_(CollectionRow.collector_id == subject_id, CollectionRow.id.in_(owned)))
