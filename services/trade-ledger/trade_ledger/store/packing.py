"""Questions about loads and packing lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import PACKING_LISTS
from shared.rows import announced_since, narrowed, row_seen, row_to_change
from shared.scope import Scope, within
from trade_ledger.domain.loads import ListInLoad
from trade_ledger.store.facts import site_is_filed
from trade_ledger.store.tables.declarations import DeclarationRow
from trade_ledger.store.tables.packing import HandoverRow, LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.tables.row import messaging


async def load_to_change(session: AsyncSession, load_id: UUID, version: int, act: Act) -> LoadRow:
    """The locked load at the version the caller saw, if it consolidates it."""

    def own(row: LoadRow) -> bool:
        return act.subject_id == str(row.consolidator_id)

    return await row_to_change(session, LoadRow, load_id, pilot=act.pilot, version=version, what="load", own=own)


async def load_to_receive(session: AsyncSession, load_id: UUID, version: int, scope: Scope) -> LoadRow:
    """The locked load at the version that its site saw."""
    await row_seen(session, loads_seen_by(scope), load_id, pilot=scope.pilot, what="load")
    return await row_to_change(session, LoadRow, load_id, pilot=scope.pilot, version=version, what="load")


async def own_packing_list(session: AsyncSession, list_id: UUID, version: int, act: Act) -> PackingListRow:
    """The caller's locked packing list at the version it saw."""

    def own(row: PackingListRow) -> bool:
        return act.subject_id == str(row.consignor_id)

    return await row_to_change(
        session, PackingListRow, list_id, pilot=act.pilot, version=version, what="packing list", own=own
    )


async def load_for_update(session: AsyncSession, load_id: UUID) -> LoadRow | None:
    """The load, locked until commit."""
    return await session.get(LoadRow, load_id, with_for_update=True, populate_existing=True)


async def load_of(session: AsyncSession, row: PackingListRow) -> LoadRow:
    """The load that a packing list is in, locked until commit."""
    load = await load_for_update(session, row.load_id)
    if load is None:
        raise RuntimeError(f"packing list {row.number} is in no load")
    return load


async def open_load_of(session: AsyncSession, pilot: str, container_number: str) -> LoadRow | None:
    """The load that holds a container now."""
    query = select(LoadRow).where(
        LoadRow.pilot == pilot, LoadRow.container_number == container_number, LoadRow.status != "closed"
    )
    return (await session.execute(query)).scalar_one_or_none()


async def loads_arrived(session: AsyncSession, ids: Iterable[UUID]) -> bool:
    """Whether all of them are at their supervised site."""
    query = select(LoadRow.id).where(LoadRow.id.in_(set(ids)), LoadRow.arrived_at.is_(None)).limit(1)
    return (await session.execute(query)).first() is None


async def vehicles_among(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the loads that are a vehicle and not a container."""
    query = select(LoadRow.id).where(LoadRow.id.in_(set(ids)), LoadRow.vehicle.is_not(None))
    return set((await session.execute(query)).scalars())


async def packing_lists_of_load(session: AsyncSession, load_id: UUID) -> list[PackingListRow]:
    """A load's packing lists in the order they were opened."""
    query = select(PackingListRow).where(PackingListRow.load_id == load_id).order_by(PackingListRow.id)
    return list((await session.execute(query)).scalars())


async def lists_in_load(session: AsyncSession, load_id: UUID) -> list[ListInLoad]:
    """A load's packing lists with their declarations' status, the lists locked until commit."""
    query = select(PackingListRow).where(PackingListRow.load_id == load_id).order_by(PackingListRow.id)
    rows = list((await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalars())
    held = select(DeclarationRow.id, DeclarationRow.status)
    held = held.where(DeclarationRow.id.in_({each.declaration_id for each in rows}))
    status = {row.id: row.status for row in await session.execute(held)}
    return [
        ListInLoad(row.number, row.status, status[row.declaration_id] if row.declaration_id else None) for row in rows
    ]


async def declarations_of_load(session: AsyncSession, load_id: UUID) -> list[UUID]:
    """The declarations that hold a load's packing lists, in the order of their ids."""
    held = PackingListRow.declaration_id
    query = select(held).where(PackingListRow.load_id == load_id, held.is_not(None)).distinct().order_by(held)
    return [each for each in (await session.execute(query)).scalars() if each is not None]


async def packed_lines_of(session: AsyncSession, ids: Iterable[UUID]) -> list[PackedLineRow]:
    """What some packing lists hold, in the order of packing."""
    query = select(PackedLineRow).where(PackedLineRow.packing_list_id.in_(set(ids))).order_by(PackedLineRow.id)
    return list((await session.execute(query)).scalars())


async def take_out(session: AsyncSession, ids: Iterable[UUID]) -> None:
    """Packed lines leave their list."""
    await session.execute(delete(PackedLineRow).where(PackedLineRow.id.in_(set(ids))))


def packing_lists_seen_by(scope: Scope) -> Select[PackingListRow]:
    """The packing lists a caller may see: all, its own, or those of loads it consolidates."""
    row = PackingListRow

    def own(party: UUID) -> ColumnElement[bool]:
        # A condition upon two tables has no index.
        inside = select(row.id).join(LoadRow, LoadRow.id == row.load_id).where(LoadRow.consolidator_id == party)
        return row.id.in_(select(row.id).where(row.consignor_id == party).union(inside))

    return within(select(row), row, scope, subject=own)


def handovers_seen_by(scope: Scope) -> Select[HandoverRow]:
    """The handovers a caller may see: all, or those it gives or takes."""
    row = HandoverRow
    return within(
        select(row), row, scope, subject=lambda party: or_(row.from_subject_id == party, row.to_subject_id == party)
    )


def loads_seen_by(scope: Scope) -> Select[LoadRow]:
    """The loads a caller may see: all; those it consolidates, is admitted to or has a packing list in; a site's, as
    `load_is_of_site` says."""
    row = LoadRow

    def own(party: UUID) -> ColumnElement[bool]:
        lists = select(PackingListRow.id).where(PackingListRow.load_id == row.id, PackingListRow.consignor_id == party)
        return or_(row.consolidator_id == party, row.admitted_ids.contains([str(party)]), lists.exists())

    return within(select(row), row, scope, subject=own, site=lambda site: load_is_of_site(site, scope))


def load_is_of_site(site_id: UUID, scope: Scope) -> ColumnElement[bool]:
    """Whether a load is at a filed supervised site, or sealed and at none yet: it names no site before it is there."""
    row = LoadRow
    here = or_(row.site_id == site_id, and_(row.site_id.is_(None), row.sealed_at.is_not(None)))
    return and_(here, site_is_filed(site_id, scope))


def packing_lists_like(
    query: Select[PackingListRow], *, container_number: str | None, updated_since: datetime | None, **columns: Any
) -> Select[PackingListRow]:
    """Those of a query's packing lists that are asked for."""
    query = narrowed(query, PackingListRow, columns)
    if container_number is not None:
        loads = select(LoadRow.id).where(LoadRow.container_number == container_number)
        query = query.where(PackingListRow.load_id.in_(loads))
    return announced_since(query, messaging.outbox, PACKING_LISTS.name, PackingListRow.id, updated_since)
