"""Entitlements and collections become their events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.accounts import account_of
from fx_settlement.store.advances import advances_of
from fx_settlement.store.collections import refunds_of
from fx_settlement.store.matches import matches_of
from fx_settlement.store.rooms import rooms_of
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, RefundRow
from shared.act import Act
from shared.events.fx_settlement import (
    Advance,
    CollectionEvent,
    CollectionState,
    EntitlementEvent,
    EntitlementState,
    Match,
    PortionRoom,
    Refund,
)
from shared.messaging.outbox import announce
from shared.rows import model_from


async def entitlement_state(session: AsyncSession, row: EntitlementRow) -> EntitlementState:
    """The public state of a declaration's room."""
    rooms = tuple(model_from(PortionRoom, room) for room in await rooms_of(session, row.declaration_id))
    return model_from(EntitlementState, row, portions=rooms)


async def announce_entitlement(
    session: AsyncSession, row: EntitlementRow, event: type[EntitlementEvent], *, act: Act, reason: str
) -> None:
    """Raise the version and announce it; the caller holds the room's lock."""
    row.version += 1
    await session.flush()
    said = event(entitlement=await entitlement_state(session, row), reason=reason)
    await announce(session, said, key=row.declaration_id, sequence=row.version, act=act)


def _match(row: MatchRow) -> Match:
    return model_from(Match, row, match_id=row.id)


def _refund(row: RefundRow) -> Refund:
    return model_from(Refund, row, refund_id=row.id)


async def collection_state(session: AsyncSession, row: CollectionRow) -> CollectionState:
    """The public state of a collection with its matches, advances and refunds; nothing of it may be unflushed."""
    return model_from(
        CollectionState,
        row,
        collection_id=row.id,
        account_id=account_of(row),
        matches=[_match(each) for each in await matches_of(session, row.id)],
        advances=[model_from(Advance, each) for each in await advances_of(session, row.id)],
        refunds=[_refund(each) for each in (await refunds_of(session, row.id) if row.refunded else ())],
        unmatched=row.amount - row.matched - row.refunded,
    )


async def announce_collection(
    session: AsyncSession, row: CollectionRow, event: type[CollectionEvent], *, act: Act, reason: str = ""
) -> None:
    """Raise the version and announce it; the caller holds the collection's lock."""
    row.version += 1
    await session.flush()
    state = await collection_state(session, row)
    await announce(session, event(collection=state, reason=reason), key=row.id, sequence=row.version, act=act)
