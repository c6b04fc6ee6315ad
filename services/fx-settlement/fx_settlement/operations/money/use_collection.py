"""Use a locked collection for released portions: the common part of matching and of committing a hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.booking import breaches_of_blocked
from fx_settlement.domain.matching import breaches_of_use, value_in
from fx_settlement.domain.room import breach_of_room
from fx_settlement.domain.shares import charges_share, usd_share
from fx_settlement.operations.money.draw_on_advance import draw_on_advance
from fx_settlement.operations.money.judge_portion import judge_portion
from fx_settlement.operations.money.owe_principals import owe_principals
from fx_settlement.publishers.money import announce_collection, announce_entitlement
from fx_settlement.store.advances import advances_of
from fx_settlement.store.journal import Quoted, rate_id_of
from fx_settlement.store.matches import live_matches_of
from fx_settlement.store.room_moves import Move, move_rooms
from fx_settlement.store.rooms import portions_of_clients, rooms_by_portion
from fx_settlement.store.tables import CollectionRow, EntitlementPortion, EntitlementRow, MatchRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import CollectionMatched, RoomReserved
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach

_ZERO = Decimal(0)
_NO_RATE = "none"


@dataclass(frozen=True, slots=True)
class ToMatch:
    """A part of the collection for a portion; `rate` turns it into the declaration's currency, with its source.

    `at` points to what asked for it, where that isn't the element of the same position.
    """

    portion_id: UUID
    amount: Decimal
    rate: Decimal | None = None
    rate_source: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    wanted: ToMatch
    portion: EntitlementPortion
    room: PortionRoomRow
    value: Decimal
    at: str


async def use_collection(
    session: AsyncSession,
    collection: CollectionRow,
    wanted: Sequence[ToMatch],
    entitlements: Mapping[UUID, EntitlementRow],
    *,
    act: Act,
    found: Sequence[Breach] = (),
) -> list[MatchRow]:
    """The new matches, announced; or every breach, with those that were `found` before.

    The caller holds the locks of declarations and collection.
    """
    parts, breaches = await _parts(session, collection, wanted, entitlements, act)
    breaches = [*breaches_of_blocked(collection.blocked_by, "/matches"), *found, *breaches]
    breaches += await _used_up(session, collection, parts)
    if breaches:
        raise Refused(tuple(breaches))
    given = sum((match.charges for match in await live_matches_of(session, collection.id)), _ZERO)
    rates = await _rate_ids(session, collection, parts)
    counted = {part.room.portion_id: (part.room.matched, part.room.matched_usd) for part in parts}
    matches, moves, matched = [], [], collection.matched
    for part in parts:
        matched += part.wanted.amount
        charges = charges_share(collection.bank_charges, collection.amount, matched, given, collection.currency)
        given += charges
        before, usd_before = counted[part.room.portion_id]
        portion = part.portion
        usd = usd_share(portion.released, portion.released_fob_usd, before + part.value, usd_before)
        counted[part.room.portion_id] = (before + part.value, usd_before + usd)
        match = _match(collection, part, charges, usd, rates, act)
        matches.append(match)
        moves.append(Move(part.room, f"match:{match.id}", matched=part.value, matched_usd=usd))
    collection.matched = matched
    if refused := await move_rooms(session, moves, act=act):
        over = (
            breach_of_room(parts[index].value, left, f"{parts[index].at}/amount") for index, left in refused.items()
        )
        raise Refused(tuple(over))
    await owe_principals(session, collection, matches, act=act)
    await announce_collection(session, collection, CollectionMatched, act=act)
    for declaration_id in sorted({part.room.declaration_id for part in parts}):
        await announce_entitlement(session, entitlements[declaration_id], RoomReserved, act=act, reason="matched")
    return matches


async def _parts(
    session: AsyncSession,
    collection: CollectionRow,
    wanted: Sequence[ToMatch],
    entitlements: Mapping[UUID, EntitlementRow],
    act: Act,
) -> tuple[list[_Part], list[Breach]]:
    ids = {each.portion_id for each in wanted}
    rooms = await rooms_by_portion(session, ids, collection.pilot)
    portions = await portions_of_clients(
        session,
        ids,
        bank_id=collection.bank_id,
        on=legal_date(act.now),
        pilot=collection.pilot,
        collection_id=collection.id,
    )
    parts: list[_Part] = []
    breaches: list[Breach] = []
    for index, each in enumerate(wanted):
        at = each.at or f"/matches/{index}"
        room, portion = rooms.get(each.portion_id), portions.get(each.portion_id)
        if room is None or portion is None or room.declaration_id not in entitlements:
            breaches += judge_portion(collection, None, None, frozen=False, at=at)
            continue
        value = value_in(portion.currency, each.amount, collection.currency, each.rate, each.rate_source)
        frozen = portion.frozen or entitlements[room.declaration_id].frozen
        breaches += judge_portion(collection, portion, value, frozen=frozen, at=at)
        if value is not None:
            parts.append(_Part(each, portion, room, value, at))
    return parts, breaches


async def _used_up(session: AsyncSession, collection: CollectionRow, parts: Sequence[_Part]) -> tuple[Breach, ...]:
    """Draw first on the money kept for the portions' trades; money kept for other trades stays kept (R-FX-8)."""
    asked = sum((part.wanted.amount for part in parts), _ZERO)
    left = collection.amount - collection.refunded - collection.matched
    kept = {advance.trade_id for advance in await advances_of(session, collection.id)}
    for part in sorted(parts, key=lambda part: part.portion.trade_id):
        if part.portion.trade_id in kept:
            await draw_on_advance(session, collection, part.portion.trade_id, part.wanted.amount)
    return breaches_of_use(asked, left - collection.linked)


def _quoted(collection: CollectionRow, part: _Part) -> Quoted | None:
    """The bank's rate that the part names, where it needs one."""
    if part.portion.currency == collection.currency or part.wanted.rate is None:
        return None
    return Quoted(
        source=f"bank:{collection.bank_id}:{part.wanted.rate_source}",
        base=collection.currency,
        quote=part.portion.currency,
        quoted_on=collection.received_on,
        rate=part.wanted.rate,
    )


async def _rate_ids(session: AsyncSession, collection: CollectionRow, parts: Sequence[_Part]) -> dict[Quoted, str]:
    """Each rate of the parts is stored once; in sorted order, so that no two transactions deadlock."""
    named = {quoted for part in parts if (quoted := _quoted(collection, part)) is not None}
    ordered = sorted(named, key=lambda quoted: (quoted.source, quoted.quote, quoted.rate))
    return {quoted: str(await rate_id_of(session, quoted, collection.pilot)) for quoted in ordered}


def _match(
    collection: CollectionRow, part: _Part, charges: Decimal, usd: Decimal, rates: Mapping[Quoted, str], act: Act
) -> MatchRow:
    quoted = _quoted(collection, part)
    return MatchRow(
        id=uuid7(),
        pilot=collection.pilot,
        collection_id=collection.id,
        portion_id=part.portion.portion_id,
        declaration_id=part.room.declaration_id,
        owner_id=part.room.owner_id,
        amount=part.wanted.amount,
        charges=charges,
        value=part.value,
        value_usd=usd,
        declared_currency=part.portion.currency,
        rate=Decimal(1) if quoted is None else quoted.rate,
        rate_id=_NO_RATE if quoted is None else rates[quoted],
        matched_at=act.now,
        unmatched_at=None,
    )
