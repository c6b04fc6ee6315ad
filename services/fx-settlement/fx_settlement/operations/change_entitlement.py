"""Bring a declaration's room to what its portions entitle to; a room that shrank below its matches frees them
where the money is still held, else it freezes with a conflict case (R-DECL-6, R-DECL-7)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.matching import tolerance_of
from fx_settlement.operations.unmatch_collection import undo_match
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.money import entitlements_for_update, live_matches_of_portions, portions_of, rooms_of
from fx_settlement.store.tables import (
    ConflictRow,
    EntitlementPortion,
    EntitlementRow,
    GradeCopy,
    PortionRoomRow,
    policy,
)
from shared.act import Act
from shared.policy import policy_of
from shared.vocabulary.legal_time import legal_date


async def change_entitlement(session: AsyncSession, declaration_id: UUID, *, act: Act) -> None:
    """Idempotent: the same portions twice change nothing and say nothing."""
    portions = await portions_of(session, declaration_id)
    if not portions:
        return
    entitlement = await _entitlement(session, portions[0], act)
    collectable = sum((portion.collectable for portion in portions), Decimal(0))
    rooms = {room.portion_id: room for room in await rooms_of(session, declaration_id)}
    changed = entitlement.version == 0 or entitlement.collectable != collectable
    for portion in portions:
        room = rooms.get(portion.portion_id)
        if room is None:
            rooms[portion.portion_id] = room = _new_room(portion)
            session.add(room)
        changed = changed or room.collectable != portion.collectable
        room.collectable = portion.collectable
    if not changed:
        return
    tolerance = await _tolerance(session, portions[0], collectable, act)
    await _shrink(session, entitlement, rooms, collectable + tolerance, act)
    entitlement.collectable, entitlement.tolerance = collectable, tolerance
    await announce_entitlement(session, entitlement, act=act, reason="declaration changed")


async def _entitlement(session: AsyncSession, portion: EntitlementPortion, act: Act) -> EntitlementRow:
    making = insert(EntitlementRow).values(
        declaration_id=portion.declaration_id,
        pilot=portion.pilot,
        currency=portion.currency,
        collectable=0,
        tolerance=0,
        matched=0,
        frozen=False,
        version=0,
    )
    await session.execute(making.on_conflict_do_nothing())
    return (await entitlements_for_update(session, [portion.declaration_id]))[portion.declaration_id]


def _new_room(portion: EntitlementPortion) -> PortionRoomRow:
    return PortionRoomRow(
        portion_id=portion.portion_id,
        declaration_id=portion.declaration_id,
        pilot=portion.pilot,
        collector_id=portion.collector_id,
        owner_id=portion.owner_id,
        collectable=Decimal(0),
        matched=Decimal(0),
        matched_usd=Decimal(0),
    )


async def _tolerance(session: AsyncSession, portion: EntitlementPortion, collectable: Decimal, act: Act) -> Decimal:
    grade = await session.get(GradeCopy, (portion.collector_id, "safe"))
    rules = (await policy_of(session, policy, portion.pilot)).on("collection_tolerance", legal_date(act.now)).value
    return tolerance_of(collectable, portion.currency, rules[grade.grade if grade else "B"])


async def _shrink(
    session: AsyncSession,
    entitlement: EntitlementRow,
    rooms: dict[UUID, PortionRoomRow],
    bound: Decimal,
    act: Act,
) -> None:
    """Undo matches of shrunken portions, newest first, until what is matched fits."""
    if entitlement.matched <= bound:
        return
    shrunken = [room.portion_id for room in rooms.values() if room.matched > room.collectable]
    for match in await live_matches_of_portions(session, shrunken):
        if entitlement.matched <= bound:
            return
        await undo_match(session, match, entitlement, rooms[match.portion_id], act=act, forced=True)
    if entitlement.matched > bound:
        entitlement.frozen = True
        session.add(
            ConflictRow(
                id=uuid7(),
                pilot=entitlement.pilot,
                declaration_id=entitlement.declaration_id,
                code="matched_over_entitlement",
                detail=f"{entitlement.matched} matched, {bound} carried by the declaration",
                must_act="bank",
                opened_at=act.now,
                closed_at=None,
            )
        )
