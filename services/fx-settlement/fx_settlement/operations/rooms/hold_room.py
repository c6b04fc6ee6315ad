"""A bank reserves room of a declaration before the money is booked (V38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.amounts import exact
from fx_settlement.domain.holding import HoldFacts, breaches_of_hold
from fx_settlement.domain.matching import PortionFacts
from fx_settlement.domain.room import breach_of_room
from fx_settlement.operations.rooms.renew_tolerance import renew_tolerance
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.parties import bank_in_force, is_client, subject
from fx_settlement.store.pilots import prefix_of
from fx_settlement.store.room_moves import Move, move_rooms
from fx_settlement.store.rooms import entitlements_for_update, portions_of_clients, rooms_by_portion
from fx_settlement.store.tables import EntitlementPortion, EntitlementRow, HoldLineRow, HoldRow
from shared.act import Act
from shared.events.fx_settlement import RoomReserved
from shared.rows import next_number
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number


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
    today = legal_date(act.now)
    ids = {each.portion_id for each in wanted}
    portions = await portions_of_clients(session, ids, bank_id=bank_id, on=today, pilot=act.pilot)
    known = await subject(session, collector_id, act.pilot) is not None
    # Asked of an unknown one too: what is another bank's client takes as long (V65).
    at_the_bank = await is_client(session, collector_id, bank_id, today)
    facts = HoldFacts(
        lines=tuple(_facts(entitlement, portions.get(each.portion_id), collector_id, each, act) for each in wanted),
        portions=len({each.portion_id for each in wanted}),
        bank_filed=await bank_in_force(session, bank_id, act.pilot, today),
        is_client=known and at_the_bank,
    )
    breaches = breaches_of_hold(facts)
    if entitlement is None or breaches:
        raise Refused(breaches)
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


def _facts(
    entitlement: EntitlementRow | None,
    portion: EntitlementPortion | None,
    collector_id: UUID,
    wanted: ToHold,
    act: Act,
) -> PortionFacts:
    known = (
        portion is not None
        and entitlement is not None
        and portion.pilot == act.pilot
        and portion.declaration_id == entitlement.declaration_id
    )
    return PortionFacts(
        known=known,
        agreed_collector="" if portion is None else str(portion.collector_id),
        collector=str(collector_id),
        settlement_method="" if portion is None else portion.settlement_method,
        value=Decimal(0) if entitlement is None else exact(wanted.value, entitlement.currency),
        frozen=(entitlement is not None and entitlement.frozen) or (portion is not None and portion.frozen),
    )


async def _reserve(session: AsyncSession, hold: HoldRow, wanted: Sequence[ToHold], act: Act) -> None:
    rooms = await rooms_by_portion(session, {each.portion_id for each in wanted}, act.pilot)
    moves = [Move(rooms[each.portion_id], f"hold:{hold.number}", held=each.value) for each in wanted]
    if refused := await move_rooms(session, moves, act=act):
        over = (breach_of_room(wanted[index].value, left, f"/lines/{index}/value") for index, left in refused.items())
        raise Refused(tuple(over))
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
