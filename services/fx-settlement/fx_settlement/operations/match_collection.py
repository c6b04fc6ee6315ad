"""Use a collection for released portions: exactly what fits wins, however many match at once (R-FX-1, V37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.matching import MatchFacts, breaches_of_match
from fx_settlement.operations.book_collection import booked_collection
from fx_settlement.publishers.money import announce_collection, announce_entitlement
from fx_settlement.store.money import Posting, entitlements_for_update, post, rooms_by_portion
from fx_settlement.store.tables import (
    CollectionRow,
    EntitlementPortion,
    EntitlementRow,
    MatchRow,
    PayableRow,
    PortionRoomRow,
)
from shared.act import Act
from shared.events.fx_settlement import CollectionMatched
from shared.vocabulary.errors import Refused
from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToMatch:
    """A part of the collection for a portion; `rate` turns it into the declaration's currency, with its source."""

    portion_id: UUID
    amount: Decimal
    rate: Decimal | None = None
    rate_source: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    wanted: ToMatch
    room: PortionRoomRow
    value: Decimal
    rate: Decimal
    rate_id: str


async def match_collection(
    session: AsyncSession, collection_id: UUID, wanted: Sequence[ToMatch], *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with its new matches, or every reason why not."""
    collection = await booked_collection(session, collection_id, bank_id=bank_id, version=version, act=act)
    rooms = await rooms_by_portion(session, {each.portion_id for each in wanted})
    entitlements = await entitlements_for_update(session, {room.declaration_id for room in rooms.values()})
    # What another match wrote while this one waited for the lock counts.
    rooms = await rooms_by_portion(session, {each.portion_id for each in wanted})
    parts, breaches = _parts(collection, wanted, rooms, entitlements)
    if breaches:
        raise Refused(tuple(breaches))
    for index, part in enumerate(parts):
        await _take_room(session, part, f"/matches/{index}/amount")
    collection.matched += sum((part.wanted.amount for part in parts), Decimal(0))
    if collection.matched + collection.refunded > collection.amount:
        left = collection.amount - collection.refunded
        params = {"left": f"{left:f}", "wanted": f"{collection.matched:f}"}
        raise Refused((Breach("collection_used_up", "V39", "/matches", params),))
    for part in parts:
        await _write(session, collection, part, act)
    await announce_collection(session, collection, CollectionMatched, act=act)
    for entitlement in (await entitlements_for_update(session, entitlements)).values():
        await announce_entitlement(session, entitlement, act=act, reason="matched")
    return collection


def _parts(
    collection: CollectionRow,
    wanted: Sequence[ToMatch],
    rooms: dict[UUID, PortionRoomRow],
    entitlements: dict[UUID, EntitlementRow],
) -> tuple[list[_Part], list[Breach]]:
    parts: list[_Part] = []
    breaches: list[Breach] = []
    for index, each in enumerate(wanted):
        at = f"/matches/{index}"
        room = rooms.get(each.portion_id)
        if room is not None and room.pilot != collection.pilot:
            room = None
        entitlement = None if room is None else entitlements[room.declaration_id]
        currency = collection.currency if entitlement is None else entitlement.currency
        if currency != collection.currency and (each.rate is None or not each.rate_source):
            breaches.append(Breach("rate_missing", "R-FX-10", f"{at}/rate", {"currency": currency}))
            continue
        rate = Decimal(1) if currency == collection.currency or each.rate is None else each.rate
        value = rounded(each.amount * rate, currency)
        facts = MatchFacts(
            portion_known=room is not None,
            portion_collector="" if room is None else str(room.collector_id),
            collector=str(collection.collector_id),
            amount=each.amount,
            value=value,
            frozen=entitlement is not None and entitlement.frozen,
        )
        breaches += breaches_of_match(facts, at)
        if room is not None:
            rate_id = "none" if rate == 1 else f"bank:{collection.bank_id}:{each.rate_source}"
            parts.append(_Part(each, room, value, rate, rate_id))
    return parts, breaches


async def _take_room(session: AsyncSession, part: _Part, at: str) -> None:
    taking = (
        update(EntitlementRow)
        .where(
            EntitlementRow.declaration_id == part.room.declaration_id,
            EntitlementRow.matched + part.value <= EntitlementRow.collectable + EntitlementRow.tolerance,
        )
        .values(matched=EntitlementRow.matched + part.value)
        .returning(EntitlementRow.tolerance)
        .execution_options(synchronize_session=False)
    )
    tolerance = await session.scalar(taking)
    left = part.room.collectable - part.room.matched
    if tolerance is None or part.value > left + tolerance:
        params = {"value": f"{part.value:f}", "left": f"{max(left, Decimal(0)):f}"}
        raise Refused((Breach("collection_over_entitlement", "R-FX-1", at, params),))
    part.room.matched += part.value


async def _write(session: AsyncSession, collection: CollectionRow, part: _Part, act: Act) -> None:
    room, amount = part.room, part.wanted.amount
    entitled = await session.get(EntitlementPortion, room.portion_id)
    usd = Decimal(0)
    if entitled is not None and entitled.released:
        usd = rounded(part.value * entitled.released_fob_usd / entitled.released, "USD")
    room.matched_usd += usd
    match = MatchRow(
        id=uuid7(),
        pilot=collection.pilot,
        collection_id=collection.id,
        portion_id=room.portion_id,
        declaration_id=room.declaration_id,
        owner_id=room.owner_id,
        amount=amount,
        value=part.value,
        value_usd=usd,
        declared_currency=collection.currency if part.rate_id == "none" else (entitled.currency if entitled else ""),
        rate=part.rate,
        rate_id=part.rate_id,
        matched_at=act.now,
        unmatched_at=None,
    )
    session.add(match)
    postings = [
        Posting(f"unmatched:{collection.collector_id}", collection.currency, amount),
        Posting(f"payable:{room.owner_id}", collection.currency, -amount),
    ]
    await post(session, postings, reference=f"match:{match.id}", act=act)
    if collection.collector_id != room.owner_id:
        await _owe(session, collection, room.owner_id, amount)


async def _owe(session: AsyncSession, collection: CollectionRow, principal_id: UUID, amount: Decimal) -> None:
    """What the agent collected for the principal, and so owes (R-FX-4)."""
    owing = insert(PayableRow).values(
        agent_id=collection.collector_id,
        principal_id=principal_id,
        currency=collection.currency,
        pilot=collection.pilot,
        collected=amount,
        passed_on=0,
        claims=0,
    )
    await session.execute(
        owing.on_conflict_do_update(
            index_elements=["agent_id", "principal_id", "currency"],
            set_={"collected": PayableRow.collected + owing.excluded.collected},
        )
    )
