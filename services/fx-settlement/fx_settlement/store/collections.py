"""Queries on collections and their refunds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import CollectionRow, MatchRow, RefundRow
from fx_settlement.store.tables.row import messaging
from shared.act import Act
from shared.events.fx_settlement import COLLECTIONS
from shared.rows import announced_since, any_in, narrowed, of_month, row_to_change
from shared.scope import Scope, within


async def collection_for_update(session: AsyncSession, collection_id: UUID) -> CollectionRow | None:
    """The collection, locked until commit; lock declarations first."""
    return await session.get(CollectionRow, collection_id, with_for_update=True, populate_existing=True)


async def collection_to_change(
    session: AsyncSession, collection_id: UUID, *, bank_id: UUID, version: int | None, act: Act
) -> CollectionRow:
    """The locked collection at the version the caller saw (any, where None), if its bank booked it."""

    def own(row: CollectionRow) -> bool:
        return row.bank_id == bank_id

    return await row_to_change(
        session, CollectionRow, collection_id, pilot=act.pilot, version=version, what="collection", own=own
    )


async def refunds_of(session: AsyncSession, collection_id: UUID) -> list[RefundRow]:
    """The refunds of a collection, oldest first."""
    query = select(RefundRow).where(RefundRow.collection_id == collection_id).order_by(RefundRow.id)
    return list((await session.execute(query)).scalars())


def collections_seen_by(scope: Scope) -> Select[CollectionRow]:
    """The collections of a pilot, of a bank that booked them, or of who collected or owns what they paid."""
    row = CollectionRow

    def own(party: UUID) -> ColumnElement[bool]:
        owned = select(MatchRow.collection_id).where(MatchRow.owner_id == party)
        return or_(row.collector_id == party, row.id == any_in(owned))

    return within(select(row), row, scope, subject=own, bank=lambda bank: row.bank_id == bank)


def collections_collected_by(scope: Scope) -> Select[CollectionRow]:
    """The collections of a collector."""
    row = CollectionRow
    return within(select(row), row, scope, subject=lambda party: row.collector_id == party)


def collections_like(
    query: Select[CollectionRow], *, month: str | None, updated_since: datetime | None, **columns: Any
) -> Select[CollectionRow]:
    """Those of a query's collections that are asked for."""
    query = of_month(narrowed(query, CollectionRow, columns), CollectionRow.received_on, month)
    return announced_since(query, messaging.outbox, COLLECTIONS.name, CollectionRow.id, updated_since)
