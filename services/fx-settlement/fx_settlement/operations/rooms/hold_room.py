"""A bank reserves room of a declaration before the money is booked (V38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.amounts import exact
from fx_settlement.domain.matching import PortionFacts, breaches_of_portion
from fx_settlement.operations.rooms.move_room import Move, move_rooms
from fx_settlement.operations.rooms.renew_tolerance import renew_tolerance
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.parties import bank_in_force, is_filed, subject
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.rooms import entitlements_for_update, portions_by_id, rooms_by_portion
from fx_settlement.store.tables import EntitlementPortion, EntitlementRow, HoldLineRow, HoldRow
from shared.act import Act
from shared.events.fx_settlement import RoomReserved
from shared.rows import next_number
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToHold:
    """Room of a portion, in the declaration's currency."""

    portion_id: UUID
    value: Decimal


async def hold_room(
    session: AsyncSession,
    declaration_id: UUID,
    collector_id: UUID,
    wanted: Sequence[ToHold],
    *,
    bank_id: UUID,
    act: Act,
) -> HoldRow:
    """The hold over all its lines, or every reason why not."""
    entitlement = (await entitlements_for_update(session, [declaration_id])).get(declaration_id)
    portions = await portions_by_id(session, {each.portion_id for each in wanted})
    breaches = _breaches(entitlement, portions, collector_id, wanted, act)
    if not await bank_in_force(session, bank_id, act.pilot, legal_date(act.now)):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    collector = await subject(session, collector_id, act.pilot)
    if collector is None or not is_filed(collector):
        breaches.append(Breach("collector_not_filed", "R-FX-2", "/collector_id"))
    if entitlement is None or breaches:
        raise Refused(tuple(breaches))
    hold = HoldRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "HO", await next_number(session, "hold")),
        version=1,
        bank_id=bank_id,
        collector_id=collector_id,
        status="held",
        collection_id=None,
        reason="",
        held_at=act.now,
        ended_at=None,
    )
    session.add(hold)
    await session.flush()
    await renew_tolerance(session, [entitlement], act=act)
    await _reserve(session, hold, wanted, act)
    await announce_entitlement(session, entitlement, RoomReserved, act=act, reason="held")
    return hold


def _breaches(
    entitlement: EntitlementRow | None,
    portions: dict[UUID, EntitlementPortion],
    collector_id: UUID,
    wanted: Sequence[ToHold],
    act: Act,
) -> list[Breach]:
    if len({each.portion_id for each in wanted}) < len(wanted):
        return [Breach("portion_twice", "V38", "/lines")]
    breaches: list[Breach] = []
    for index, each in enumerate(wanted):
        at = f"/lines/{index}"
        portion = portions.get(each.portion_id)
        known = portion is not None and entitlement is not None and portion.pilot == act.pilot
        if portion is None or entitlement is None or portion.declaration_id != entitlement.declaration_id:
            known = False
        facts = PortionFacts(
            known=known,
            agreed_collector="" if portion is None else str(portion.collector_id),
            collector=str(collector_id),
            settlement_method="" if portion is None else portion.settlement_method,
            value=Decimal(0) if entitlement is None else exact(each.value, entitlement.currency),
            frozen=entitlement is not None and entitlement.frozen,
        )
        breaches += breaches_of_portion(facts, at)
    return breaches


async def _reserve(session: AsyncSession, hold: HoldRow, wanted: Sequence[ToHold], act: Act) -> None:
    rooms = await rooms_by_portion(session, {each.portion_id for each in wanted}, act.pilot)
    moves = [Move(rooms[each.portion_id], f"hold:{hold.number}", held=each.value) for each in wanted]
    breaches = [
        Breach(
            "collection_over_entitlement",
            "R-FX-1",
            f"/lines/{index}/value",
            {"value": f"{wanted[index].value:f}", "left": f"{left:f}"},
        )
        for index, left in (await move_rooms(session, moves, act=act)).items()
    ]
    if breaches:
        raise Refused(tuple(breaches))
    session.add_all(
        HoldLineRow(
            hold_id=hold.id,
            portion_id=each.portion_id,
            declaration_id=rooms[each.portion_id].declaration_id,
            pilot=act.pilot,
            value=each.value,
        )
        for each in wanted
    )
