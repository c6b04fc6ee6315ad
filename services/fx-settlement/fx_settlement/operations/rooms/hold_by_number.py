"""A bank reserves room of what a declaration's number names, spread over its open portions (V38, R-FX-1)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.amounts import exact
from fx_settlement.domain.matching import PortionFacts, breaches_of_portion
from fx_settlement.domain.spreading import Asked, Named, Number, breaches_of_spread, spread
from fx_settlement.operations.rooms.hold_room import ToHold, hold_room
from fx_settlement.store.rooms import entitlements_for_update, portions_under, rooms_of
from fx_settlement.store.tables import EntitlementPortion, EntitlementRow, HoldRow, PortionRoomRow
from shared.act import Act
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date

_ANY = Decimal(1)


async def hold_by_number(
    session: AsyncSession, number: Number, collector_id: UUID, value: Decimal, *, bank_id: UUID, act: Act
) -> HoldRow:
    """The hold over the open portions that the collector collects for, or every reason why not."""
    today = legal_date(act.now)
    named, amount, currency = [], value, ""
    declarations: dict[UUID, Decimal] = {}
    under = await portions_under(session, number, bank_id=bank_id, on=today, pilot=act.pilot)
    # A number names one declaration; under the lock its portions are read again.
    newest = max((row.declaration_id for row in under.values()), default=None)
    at = f"/{number.kind}"
    for declaration_id, whole in (await entitlements_for_update(session, [] if newest is None else [newest])).items():
        under = await portions_under(session, number, bank_id=bank_id, on=today, pilot=act.pilot)
        currency, amount = whole.currency, exact(value, whole.currency)
        declarations[declaration_id] = whole.collectable + whole.tolerance - whole.held - whole.matched
        rooms = [room for room in await rooms_of(session, declaration_id) if room.portion_id in under]
        named = [_named(under[room.portion_id], room, whole, collector_id, at) for room in rooms]
    parts = spread(amount, named, declarations)
    if breaches := breaches_of_spread(Asked(number.text, amount, currency, "/value", at), named, parts):
        raise Refused(breaches)
    (declaration_id,) = declarations
    lines = [ToHold(portion_id, part) for portion_id, part in parts.items()]
    return await hold_room(session, declaration_id, collector_id, lines, bank_id=bank_id, act=act)


def _named(
    portion: EntitlementPortion, room: PortionRoomRow, whole: EntitlementRow, collector_id: UUID, at: str
) -> Named[UUID]:
    facts = PortionFacts(
        known=True,
        agreed_collector=str(portion.collector_id),
        collector=str(collector_id),
        settlement_method=portion.settlement_method,
        value=_ANY,
        frozen=whole.frozen or portion.frozen,
    )
    return Named(
        portion=portion.portion_id,
        declaration=portion.declaration_id,
        left=room.collectable - room.held - room.matched,
        departed_on=portion.departed_on,
        item_no=portion.item_no or 0,
        forbidden=tuple(replace(each, pointer=at) for each in breaches_of_portion(facts, at)),
    )
