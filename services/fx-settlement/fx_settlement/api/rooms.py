"""The room of released declarations, and holds on it."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.api.buyers import knows_buyer
from fx_settlement.api.filters import WantedEntitlements, WantedHolds
from fx_settlement.api.match_schemas import HoldCommitIn, HoldIn
from fx_settlement.api.schemas import (
    CaseOut,
    EntitlementOut,
    EntitlementSummary,
    HoldLineOut,
    HoldOut,
    HoldSummary,
    HoldVoidIn,
    RoomOut,
)
from fx_settlement.operations.money.commit_hold import commit_hold
from fx_settlement.operations.rooms.hold_by_number import hold_by_number
from fx_settlement.operations.rooms.hold_room import ToHold, hold_room
from fx_settlement.operations.rooms.void_hold import void_hold
from fx_settlement.store.conflicts import conflicts_of
from fx_settlement.store.holds import holds_like, holds_seen_by, lines_of
from fx_settlement.store.rooms import (
    SeenRoom,
    entitlements_like,
    entitlements_seen_by,
    portions_seen_by,
    rooms_of,
    rooms_seen_by,
)
from fx_settlement.store.tables import EntitlementPortion, EntitlementRow, HoldRow, PortionRoomRow
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import Scope, bank_of

router = service_router("rooms")


@router.get("/v1/entitlements")
async def list_entitlements(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedEntitlements
) -> Page[EntitlementSummary]:
    """The rooms of released declarations the caller may see, newest first, each in short."""
    columns = asdict(asked)
    since = columns.pop("updated_since")
    query = entitlements_seen_by(scope, **columns)
    query = entitlements_like(query, since)
    rows = await wanted.rows(session, query, EntitlementRow.declaration_id)
    ids = [row.declaration_id for row in rows]
    seen = await rooms_seen_by(session, scope, ids)
    return wanted.page(rows, [_summary(row, seen[row.declaration_id]) for row in rows], "declaration_id")


def _summary(row: EntitlementRow, seen: SeenRoom) -> EntitlementSummary:
    return model_from(
        EntitlementSummary,
        row,
        customs_number=seen.customs_number,
        collectable=seen.collectable,
        held=seen.held,
        matched=seen.matched,
        left=seen.collectable - seen.held - seen.matched,
        tolerance=row.tolerance if seen.whole else None,
        applied_version=seen.applied_version,
    )


@router.get("/v1/entitlements/{declaration_id}")
async def read_entitlement(declaration_id: UUID, session: Reading, scope: Scoped, response: Response) -> EntitlementOut:
    """The room of one declaration."""
    query = entitlements_seen_by(scope)
    row = await row_seen(session, query, declaration_id, pilot=scope.pilot, what="entitlement")
    response.headers["etag"] = f'"{row.version}"'
    seen = await rooms_seen_by(session, scope, [row.declaration_id])
    portions = await portions_seen_by(session, scope, row.declaration_id)
    rooms = [room for room in await rooms_of(session, row.declaration_id) if room.portion_id in portions]
    return EntitlementOut(
        **dict(_summary(row, seen[row.declaration_id])),
        portions=[_room(room, portions[room.portion_id], scope) for room in rooms],
        open_conflicts=[model_from(CaseOut, case) for case in await conflicts_of(session, row.declaration_id)],
    )


def _room(room: PortionRoomRow, portion: EntitlementPortion, scope: Scope) -> RoomOut:
    return model_from(
        RoomOut,
        room,
        trade_id=portion.trade_id,
        buyer_id=portion.buyer_id if knows_buyer(scope, portion.consignor_id, room.collector_id) else None,
        settlement_method=portion.settlement_method,
        left=room.collectable - room.held - room.matched,
    )


async def _hold(session: AsyncSession, row: HoldRow) -> HoldOut:
    lines = [HoldLineOut(portion_id=line.portion_id, value=line.value) for line in await lines_of(session, row.id)]
    return model_from(HoldOut, row, lines=lines)


async def _answer(command: Command, row: HoldRow, status: int = 200) -> Response:
    await command.session.flush()
    location = f"/v1/holds/{row.id}" if status == 201 else None
    content = await _hold(command.session, row)
    return await command.answer(content, status=status, version=row.version, location=location)


@router.post("/v1/holds", status_code=201, response_model=HoldOut)
async def hold_a_room(body: HoldIn, command: Commanded) -> Response:
    """Reserve room of a declaration for a collection to come, by its id and lines, or by a number and a value.

    The value is spread over the number's open portions like an amount that is matched.
    """
    who: dict[str, Any] = {"bank_id": bank_of(command.scope), "act": command.act}
    if body.declaration_id is not None:
        wanted = [ToHold(**each.model_dump()) for each in body.lines]
        row = await hold_room(command.session, body.declaration_id, body.collector_id, wanted, **who)
    else:
        value = body.value or Decimal(0)
        row = await hold_by_number(command.session, body.number(), body.collector_id, value, **who)
    return await _answer(command, row, 201)


@router.get("/v1/holds")
async def list_holds(session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedHolds) -> Page[HoldSummary]:
    """The holds the caller may see, newest first, without their lines."""
    query = holds_like(holds_seen_by(scope), **asdict(asked))
    rows = await wanted.rows(session, query, HoldRow.id)
    return wanted.page(rows, [model_from(HoldSummary, row) for row in rows], "id")


@router.get("/v1/holds/{hold_id}")
async def read_hold(hold_id: UUID, session: Reading, scope: Scoped, response: Response) -> HoldOut:
    """One hold."""
    query = holds_seen_by(scope)
    row = await row_seen(session, query, hold_id, pilot=scope.pilot, what="hold")
    response.headers["etag"] = f'"{row.version}"'
    return await _hold(session, row)


@router.post("/v1/holds/{hold_id}/commits", response_model=HoldOut)
async def commit_a_hold(hold_id: UUID, body: HoldCommitIn, command: Commanded) -> Response:
    """Use the held room for the booked collection."""
    wanted = [each.wanted() for each in body.matches]
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await commit_hold(
        command.session, hold_id, body.collection_id, wanted, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/holds/{hold_id}/voids", response_model=HoldOut)
async def void_a_hold(hold_id: UUID, body: HoldVoidIn, command: Commanded) -> Response:
    """Give the held room back."""
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await void_hold(
        command.session, hold_id, reason=body.reason, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)
