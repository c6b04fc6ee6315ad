"""Conflict cases: blocked money, and declarations that carry less than is used of them (R-DECL-7)."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import Response

from fx_settlement.api.conflict_schemas import ClosingIn, ConflictOut
from fx_settlement.api.filters import WantedConflicts
from fx_settlement.operations.money.close_conflict import Closing, close_conflict
from fx_settlement.store.conflicts import conflicts_like, conflicts_seen_by, version_behind
from fx_settlement.store.tables import ConflictRow
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.wire import YesNoInUrl

router = service_router("conflicts")


@router.get("/v1/conflicts")
async def list_conflicts(
    session: Reading,
    scope: Scoped,
    wanted: WantedPage,
    asked: WantedConflicts,
    is_open: YesNoInUrl | None = None,
) -> Page[ConflictOut]:
    """The cases the caller may see, newest first; all, or only the open or the closed ones."""
    query = conflicts_seen_by(scope, is_open=is_open)
    query = conflicts_like(query, **asdict(asked))
    rows = await wanted.rows(session, query, ConflictRow.id)
    return wanted.page(rows, [model_from(ConflictOut, row) for row in rows], "id")


@router.get("/v1/conflicts/{conflict_id}")
async def read_conflict(conflict_id: UUID, session: Reading, scope: Scoped, response: Response) -> ConflictOut:
    """One case; its version is that of the room or the collection it is about."""
    seen = conflicts_seen_by(scope)
    row = await row_seen(session, seen, conflict_id, pilot=scope.pilot, what="conflict")
    response.headers["etag"] = f'"{await version_behind(session, row)}"'
    return model_from(ConflictOut, row)


@router.post("/v1/conflicts/{conflict_id}/closings", response_model=ConflictOut)
async def close_a_conflict(conflict_id: UUID, body: ClosingIn, command: Commanded) -> Response:
    """Close a case on which the caller must act, with reason and evidence."""
    closing = Closing(body.reason, body.evidence_hash, closer=command.caller.role)
    version = command.expected_version()
    row = await close_conflict(
        command.session, conflict_id, closing, version=version, scope=command.scope, act=command.act
    )
    return await command.answer(model_from(ConflictOut, row), version=await version_behind(command.session, row))
