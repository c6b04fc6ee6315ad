"""Set declarations' rooms to their portions' entitlement (R-DECL-6): grow, or shrink and free the excess."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.matching import tolerance_among
from fx_settlement.domain.room import Bound, excess_of
from fx_settlement.operations.entitlements.shrink_room import shrink_room
from fx_settlement.operations.rooms.freeze_room import freeze_room
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.room_moves import note_changes
from fx_settlement.store.rooms import (
    entitlements_for_update,
    entitlements_opened,
    portions_by_declaration,
    rooms_by_declaration,
    rooms_of,
)
from fx_settlement.store.tables import EntitlementPortion, EntitlementRow, PortionRoomRow
from fx_settlement.store.tolerances import tolerances_on
from shared.act import Act
from shared.events.fx_settlement import EntitlementChanged
from shared.vocabulary.legal_time import legal_date

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Changed:
    """The act that changed a declaration, and the portions that were given back whole before they left."""

    act: Act
    shut_out: Collection[UUID] = ()


async def change_entitlements(session: AsyncSession, changed: Mapping[UUID, Changed]) -> None:
    """Idempotent: the same portions twice change nothing and announce nothing."""
    entitled = await portions_by_declaration(session, changed)
    if not entitled:
        return
    entitlements = await entitlements_opened(session, [portions[0] for portions in entitled.values()])
    rooms = await rooms_by_declaration(session, entitled)
    for declaration_id in sorted(entitled):
        portions, entitlement = entitled[declaration_id], entitlements[declaration_id]
        if not _stands(entitlement, portions, rooms.get(declaration_id, [])):
            await _change(session, declaration_id, portions, changed[declaration_id])


async def _change(
    session: AsyncSession, declaration_id: UUID, portions: list[EntitlementPortion], changed: Changed
) -> None:
    # Read anew: a declaration that was changed before this one may have freed money that this one holds.
    entitlement = (await entitlements_for_update(session, [declaration_id]))[declaration_id]
    rooms = {room.portion_id: room for room in await rooms_of(session, declaration_id)}
    if _stands(entitlement, portions, list(rooms.values())):
        return
    act = changed.act
    for portion in portions:
        if portion.portion_id not in rooms:
            rooms[portion.portion_id] = _new_room(portion)
            session.add(rooms[portion.portion_id])
    collectable = sum((portion.collectable for portion in portions), _ZERO)
    collectors = {portion.collector_id for portion in portions}
    tolerances = await tolerances_on(session, legal_date(act.now), entitlement.pilot, collectors)
    grades = set(tolerances.grades.values())
    tolerance = tolerance_among(collectable, entitlement.currency, grades, tolerances.by_grade)
    bounds = {
        portion.portion_id: Bound(portion.collectable, tolerance if portion.collectable else _ZERO)
        for portion in portions
    }
    await session.flush()
    given_back = {each.portion_id: each.trade_id for each in portions if each.portion_id in changed.shut_out}
    whole = Bound(collectable, tolerance)
    await shrink_room(session, entitlement, rooms, whole, bounds, shut_out=given_back, act=act)
    # Thawed by freeze_room below: the counters may not pass their CHECKs on the way.
    entitlement.frozen = True
    entitlement.collectable, entitlement.tolerance = collectable, tolerance
    reference = f"declaration:{declaration_id}"
    changes = [(rooms[each], bound.collectable - rooms[each].collectable) for each, bound in bounds.items()]
    await note_changes(session, changes, reference=reference, act=act)
    for portion_id, bound in bounds.items():
        room = rooms[portion_id]
        room.frozen = True
        room.collectable, room.tolerance = bound.collectable, bound.tolerance
    await session.flush()
    await freeze_room(session, entitlement, act=act)
    await announce_entitlement(session, entitlement, EntitlementChanged, act=act, reason="declaration changed")


def _stands(
    entitlement: EntitlementRow, portions: list[EntitlementPortion], of_portions: Sequence[PortionRoomRow]
) -> bool:
    if not entitlement.version:
        return False
    over = excess_of(entitlement, of_portions) > 0
    rooms = {room.portion_id: room for room in of_portions}
    return all(
        portion.portion_id in rooms
        and rooms[portion.portion_id].collectable == portion.collectable
        and rooms[portion.portion_id].frozen == (over or portion.frozen)
        for portion in portions
    )


def _new_room(portion: EntitlementPortion) -> PortionRoomRow:
    return PortionRoomRow(
        portion_id=portion.portion_id,
        declaration_id=portion.declaration_id,
        pilot=portion.pilot,
        collector_id=portion.collector_id,
        owner_id=portion.owner_id,
        collectable=_ZERO,
        tolerance=_ZERO,
        held=_ZERO,
        matched=_ZERO,
        matched_usd=_ZERO,
        frozen=False,
    )
