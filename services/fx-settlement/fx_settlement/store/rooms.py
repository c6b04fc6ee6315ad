"""Questions about the room of exports; locks are taken declaration, hold, collection, trade, payable, balance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.parties import clients_of
from fx_settlement.store.tables import (
    ConflictRow,
    EntitlementPortion,
    EntitlementRow,
    HoldLineRow,
    HoldRow,
    PortionRoomRow,
    TradeRoomRow,
)


async def portions_of(session: AsyncSession, declaration_id: UUID) -> list[EntitlementPortion]:
    """The entitled portions of a declaration."""
    query = select(EntitlementPortion).where(EntitlementPortion.declaration_id == declaration_id)
    ordered = query.order_by(EntitlementPortion.portion_id).execution_options(populate_existing=True)
    return list((await session.execute(ordered)).scalars())


async def portions_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EntitlementPortion]:
    """Some entitled portions."""
    query = select(EntitlementPortion).where(EntitlementPortion.portion_id.in_(set(ids)))
    rows = await session.execute(query.execution_options(populate_existing=True))
    return {row.portion_id: row for row in rows.scalars()}


async def entitlements_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EntitlementRow]:
    """The rooms of some declarations."""
    query = select(EntitlementRow).where(EntitlementRow.declaration_id.in_(set(ids)))
    rows = await session.execute(query.execution_options(populate_existing=True))
    return {row.declaration_id: row for row in rows.scalars()}


async def entitlements_for_update(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EntitlementRow]:
    """The rooms of some declarations, locked in the order of their ids."""
    query = select(EntitlementRow).where(EntitlementRow.declaration_id.in_(set(ids)))
    locked = query.order_by(EntitlementRow.declaration_id).with_for_update()
    rows = await session.execute(locked.execution_options(populate_existing=True))
    return {row.declaration_id: row for row in rows.scalars()}


async def rooms_of(session: AsyncSession, declaration_id: UUID) -> list[PortionRoomRow]:
    """The rooms of a declaration's portions; its entitlement's lock guards them."""
    query = select(PortionRoomRow).where(PortionRoomRow.declaration_id == declaration_id)
    rows = await session.execute(query.order_by(PortionRoomRow.portion_id).execution_options(populate_existing=True))
    return list(rows.scalars())


async def collectors_of(session: AsyncSession, declaration_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Who collects for each of some declarations."""
    room = PortionRoomRow
    query = select(room.declaration_id, room.collector_id).where(room.declaration_id.in_(set(declaration_ids)))
    found: dict[UUID, set[UUID]] = {}
    for declaration_id, collector_id in await session.execute(query.distinct()):
        found.setdefault(declaration_id, set()).add(collector_id)
    return found


async def rooms_by_portion(session: AsyncSession, ids: Iterable[UUID], pilot: str) -> dict[UUID, PortionRoomRow]:
    """The rooms of some portions of the pilot."""
    query = select(PortionRoomRow).where(PortionRoomRow.portion_id.in_(set(ids)), PortionRoomRow.pilot == pilot)
    rows = await session.execute(query.execution_options(populate_existing=True))
    return {row.portion_id: row for row in rows.scalars()}


async def hold_for_update(session: AsyncSession, hold_id: UUID) -> HoldRow | None:
    """The hold, locked until commit; lock its declarations first."""
    return await session.get(HoldRow, hold_id, with_for_update=True, populate_existing=True)


async def lines_of(session: AsyncSession, hold_id: UUID) -> list[HoldLineRow]:
    """What a hold reserves; it never changes."""
    query = select(HoldLineRow).where(HoldLineRow.hold_id == hold_id).order_by(HoldLineRow.portion_id)
    return list((await session.execute(query)).scalars())


async def open_holds_on(session: AsyncSession, portion_ids: Iterable[UUID]) -> list[UUID]:
    """The holds in force on some portions, newest first."""
    query = select(HoldRow.id).where(
        HoldRow.status == "held",
        HoldRow.id.in_(select(HoldLineRow.hold_id).where(HoldLineRow.portion_id.in_(set(portion_ids)))),
    )
    return list((await session.execute(query.order_by(HoldRow.id.desc()))).scalars())


async def open_conflict(session: AsyncSession, declaration_id: UUID, code: str) -> ConflictRow | None:
    """The open case of a kind about a declaration, if any."""
    query = select(ConflictRow).where(
        ConflictRow.declaration_id == declaration_id, ConflictRow.code == code, ConflictRow.closed_at.is_(None)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def conflicts_of(session: AsyncSession, declaration_id: UUID) -> list[ConflictRow]:
    """The open cases about a declaration."""
    query = select(ConflictRow).where(ConflictRow.declaration_id == declaration_id, ConflictRow.closed_at.is_(None))
    return list((await session.execute(query.order_by(ConflictRow.id))).scalars())


async def trade_room_for_update(session: AsyncSession, trade_id: UUID) -> TradeRoomRow | None:
    """The room that advances have on a trade, locked until commit."""
    return await session.get(TradeRoomRow, trade_id, with_for_update=True, populate_existing=True)


def portions_seen_by(subject_id: UUID | None, bank_id: UUID | None) -> ColumnElement[bool]:
    """Which portions a party or a bank may see: its own, or its clients'."""
    portion = EntitlementPortion
    if bank_id is not None:
        return portion.collector_id.in_(clients_of(bank_id))
    return or_(portion.collector_id == subject_id, portion.owner_id == subject_id, portion.consignor_id == subject_id)


def holds_seen_by(pilot: str, *, subject_id: UUID | None, bank_id: UUID | None) -> Select[Any]:
    """The holds of a pilot, of a bank or of a collector."""
    query: Select[Any] = select(HoldRow).where(HoldRow.pilot == pilot)
    if bank_id is not None:
        return query.where(HoldRow.bank_id == bank_id)
    return query if subject_id is None else query.where(HoldRow.collector_id == subject_id)
