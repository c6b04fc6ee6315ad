"""Questions about the room of exports; locks are taken declaration, hold, collection, trade, payable, balance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.spreading import Number
from fx_settlement.store.parties import clients_of, collector_is_known_to, is_client_of
from fx_settlement.store.tables import (
    EntitlementPortion,
    EntitlementRow,
    PortionRoomRow,
    TradeCopy,
)
from fx_settlement.store.tables.row import messaging
from shared.act import Act
from shared.events.fx_settlement import ENTITLEMENTS
from shared.row_sets import as_rows, insert_of_rows, table_of
from shared.rows import announced_since, any_in, narrowed, row_to_change
from shared.scope import Scope, WholeField, reached


async def portions_by_declaration(
    session: AsyncSession, declaration_ids: Collection[UUID]
) -> dict[UUID, list[EntitlementPortion]]:
    """The entitled portions of some declarations, by declaration; one without any isn't there."""
    query = select(EntitlementPortion).where(EntitlementPortion.declaration_id.in_(declaration_ids))
    ordered = query.order_by(EntitlementPortion.portion_id).execution_options(populate_existing=True)
    found: dict[UUID, list[EntitlementPortion]] = {}
    for row in (await session.execute(ordered)).scalars():
        found.setdefault(row.declaration_id, []).append(row)
    return found


async def portions_of(session: AsyncSession, declaration_id: UUID) -> list[EntitlementPortion]:
    """The entitled portions of a declaration."""
    return (await portions_by_declaration(session, [declaration_id])).get(declaration_id, [])


async def entitled_among(session: AsyncSession, declaration_ids: Collection[UUID]) -> set[UUID]:
    """The declarations of which anything was released ever."""
    if not declaration_ids:
        return set()
    query = select(EntitlementPortion.declaration_id).where(EntitlementPortion.declaration_id.in_(declaration_ids))
    return set(await session.scalars(query.distinct()))


async def portions_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EntitlementPortion]:
    """Some entitled portions."""
    query = select(EntitlementPortion).where(EntitlementPortion.portion_id.in_(set(ids)))
    rows = await session.execute(query.execution_options(populate_existing=True))
    return {row.portion_id: row for row in rows.scalars()}


async def portions_of_clients(
    session: AsyncSession,
    ids: Iterable[UUID],
    *,
    bank_id: UUID,
    on: date,
    pilot: str,
    collection_id: UUID | None = None,
) -> dict[UUID, EntitlementPortion]:
    """Some entitled portions, as far as the bank knows who collects for them: see `collector_is_known_to`."""
    portion = EntitlementPortion
    query = select(portion).where(portion.portion_id.in_(set(ids)), portion.pilot == pilot)
    seen = query.where(collector_is_known_to(portion.collector_id, bank_id, on, collection_id))
    rows = await session.execute(seen.execution_options(populate_existing=True))
    return {row.portion_id: row for row in rows.scalars()}


async def portions_with_money_of(session: AsyncSession, ids: Iterable[UUID], holder_id: UUID, pilot: str) -> set[UUID]:
    """Those of some portions that a holder owns or collects for."""
    portion = EntitlementPortion
    own = or_(portion.owner_id == holder_id, portion.collector_id == holder_id)
    query = select(portion.portion_id).where(portion.portion_id.in_(set(ids)), portion.pilot == pilot, own)
    return set((await session.execute(query)).scalars())


async def portions_under(
    session: AsyncSession, number: Number, *, bank_id: UUID, on: date, pilot: str
) -> dict[UUID, EntitlementPortion]:
    """The entitled portions that a number names, as far as clients of the bank on a day collect for them."""
    portion = EntitlementPortion
    trades = select(TradeCopy.trade_id).where(TradeCopy.number == number.text, TradeCopy.pilot == pilot)
    named = {
        "declaration_number": portion.declaration_number == number.text,
        "customs_number": portion.customs_number == number.text,
        "trade_number": portion.trade_id.in_(trades),
    }
    query = select(portion).where(portion.pilot == pilot, named[number.kind])
    seen = query.where(is_client_of(portion.collector_id, bank_id, on)).execution_options(populate_existing=True)
    return {row.portion_id: row for row in (await session.execute(seen)).scalars()}


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


async def entitlement_to_change(
    session: AsyncSession, declaration_id: UUID, *, version: int, act: Act
) -> EntitlementRow:
    """The room of a declaration, locked, at the version the caller saw."""
    return await row_to_change(
        session, EntitlementRow, declaration_id, pilot=act.pilot, version=version, what="entitlement"
    )


async def entitlements_opened(
    session: AsyncSession, portions: Sequence[EntitlementPortion]
) -> dict[UUID, EntitlementRow]:
    """The rooms of the portions' declarations, locked in the order of their ids; opened empty where there is none."""
    table = table_of(EntitlementRow)
    empty = {"collectable": 0, "tolerance": 0, "held": 0, "matched": 0, "frozen": False, "version": 0}
    rows = [
        {"declaration_id": each.declaration_id, "pilot": each.pilot, "currency": each.currency, **empty}
        for each in sorted(portions, key=lambda each: each.declaration_id)
    ]
    making = insert_of_rows(table, tuple(rows[0])).on_conflict_do_nothing()
    await session.execute(making, as_rows(table, rows))
    return await entitlements_for_update(session, [each.declaration_id for each in portions])


async def rooms_by_declaration(
    session: AsyncSession, declaration_ids: Collection[UUID]
) -> dict[UUID, list[PortionRoomRow]]:
    """The rooms of some declarations' portions; their entitlements' locks guard them."""
    query = select(PortionRoomRow).where(PortionRoomRow.declaration_id.in_(declaration_ids))
    ordered = query.order_by(PortionRoomRow.portion_id).execution_options(populate_existing=True)
    found: dict[UUID, list[PortionRoomRow]] = {}
    for row in (await session.execute(ordered)).scalars():
        found.setdefault(row.declaration_id, []).append(row)
    return found


async def rooms_of(session: AsyncSession, declaration_id: UUID) -> list[PortionRoomRow]:
    """The rooms of a declaration's portions; its entitlement's lock guards them."""
    return (await rooms_by_declaration(session, [declaration_id])).get(declaration_id, [])


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


def entitlements_seen_by(
    scope: Scope,
    **columns: Any,
) -> Select[EntitlementRow]:
    """The rooms with a portion that the caller may see; with one like that which is asked for, where that is."""
    query = select(EntitlementRow).where(EntitlementRow.pilot == scope.pilot)
    portion = EntitlementPortion

    def kept(bank: UUID) -> ColumnElement[bool]:
        return portion.collector_id.in_(clients_of(bank, scope.today))

    portions = select(portion.declaration_id).where(reached(scope, subject=portion_is_of, bank=kept))
    if isinstance(scope, WholeField) and all(value is None for value in columns.values()):
        return query
    return query.where(EntitlementRow.declaration_id == any_in(narrowed(portions, EntitlementPortion, columns)))


def entitlements_like(query: Select[EntitlementRow], updated_since: datetime | None) -> Select[EntitlementRow]:
    """Those of a query's rooms that are asked for."""
    return announced_since(query, messaging.outbox, ENTITLEMENTS.name, EntitlementRow.declaration_id, updated_since)


@dataclass(frozen=True, slots=True)
class SeenRoom:
    """The sums of a declaration's portions that a caller may see; `whole` where these are all."""

    customs_number: str | None
    collectable: Decimal
    held: Decimal
    matched: Decimal
    whole: bool
    applied_version: int


async def rooms_seen_by(session: AsyncSession, scope: Scope, declaration_ids: Iterable[UUID]) -> dict[UUID, SeenRoom]:
    """What a caller sees of the rooms of some declarations, in one statement however many portions they have."""
    room, portion = PortionRoomRow, EntitlementPortion
    seen = _portion_is_seen_by(scope)
    query = (
        select(
            room.declaration_id,
            func.max(portion.customs_number),
            func.sum(room.collectable).filter(seen),
            func.sum(room.held).filter(seen),
            func.sum(room.matched).filter(seen),
            func.bool_and(seen),
            func.coalesce(func.max(portion.sequence).filter(seen), 0),
        )
        .outerjoin(portion, portion.portion_id == room.portion_id)
        .where(room.declaration_id.in_(set(declaration_ids)))
        .group_by(room.declaration_id)
    )
    return {declaration_id: SeenRoom(*sums) for declaration_id, *sums in await session.execute(query)}


async def portions_seen_by(session: AsyncSession, scope: Scope, declaration_id: UUID) -> dict[UUID, EntitlementPortion]:
    """The portions of a declaration that a party or a bank may see: its own, or its clients'; else all."""
    portion = EntitlementPortion
    query = select(portion).where(portion.declaration_id == declaration_id, _portion_is_seen_by(scope))
    return {row.portion_id: row for row in (await session.execute(query)).scalars()}


def _portion_is_seen_by(scope: Scope) -> ColumnElement[bool]:
    portion = EntitlementPortion

    def kept(bank: UUID) -> ColumnElement[bool]:
        return is_client_of(portion.collector_id, bank, scope.today)

    return reached(scope, subject=portion_is_of, bank=kept)


def portion_is_of(subject_id: UUID) -> ColumnElement[bool]:
    """Whether a portion concerns a party: it collects, owns or consigns it."""
    portion = EntitlementPortion
    return or_(portion.collector_id == subject_id, portion.owner_id == subject_id, portion.consignor_id == subject_id)
