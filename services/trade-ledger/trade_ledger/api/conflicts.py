"""Conflict cases: facts of customs that don't agree with what is here, and who must act on them (R-DECL-7)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import Query, Response

from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.wire import Chosen, YesNoInUrl
from trade_ledger.api.conflict_schemas import ClosingIn, ConflictOut, ConflictSummary
from trade_ledger.api.declaration_schemas import DeclarationOut
from trade_ledger.api.declarations import shown as declaration_shown
from trade_ledger.domain.cases import frozen_by
from trade_ledger.operations.declarations.close_conflict import Closing, close_conflict
from trade_ledger.store.conflicts import conflicts_in_short, conflicts_like, conflicts_seen_by, versions_of
from trade_ledger.store.tables.declarations import ConflictRow

router = service_router("conflicts")
MustAct = Literal["customs", "commerce", "consignor", "site_operator"]
S = TypeVar("S", ConflictOut, ConflictSummary)


def _shown(form: type[S], row: ConflictRow, version: int) -> S:
    return model_from(form, row, freezes=frozen_by(row.code), declaration_version=version)


@router.get("/v1/conflicts")
async def list_conflicts(
    session: Reading,
    scope: Scoped,
    wanted: WantedPage,
    is_open: Annotated[YesNoInUrl | None, Query(description="only open cases, or only closed ones")] = None,
    must_act: Annotated[Annotated[MustAct, Chosen("must_act")] | None, Query(description="who must act")] = None,
    declaration_id: UUID | None = None,
) -> Page[ConflictSummary]:
    """The cases the caller may see, newest first, each in short."""
    asked = conflicts_like(conflicts_seen_by(scope, must_act=must_act, is_open=is_open), declaration_id=declaration_id)
    rows = await wanted.rows(session, conflicts_in_short(asked), ConflictRow.id)
    versions = await versions_of(session, {each.declaration_id for each in rows})
    shown = [_shown(ConflictSummary, each, versions[each.declaration_id]) for each in rows]
    return wanted.page(rows, shown, "id")


@router.get("/v1/conflicts/{conflict_id}")
async def read_conflict(conflict_id: UUID, session: Reading, scope: Scoped, response: Response) -> ConflictOut:
    """One case; its ETag is the declaration's version, which closing it asks for."""
    row = await row_seen(session, conflicts_seen_by(scope), conflict_id, pilot=scope.pilot, what="conflict")
    version = (await versions_of(session, [row.declaration_id]))[row.declaration_id]
    response.headers["etag"] = f'"{version}"'
    return _shown(ConflictOut, row, version)


@router.post("/v1/declarations/{declaration_id}/conflicts/{conflict_id}/closings", response_model=DeclarationOut)
async def close_a_conflict(declaration_id: UUID, conflict_id: UUID, body: ClosingIn, command: Commanded) -> Response:
    """Close a case on which the caller must act, with reason and evidence; the version is the declaration's."""
    row = await close_conflict(
        command.session,
        declaration_id,
        conflict_id,
        Closing(body.reason, body.evidence_hash),
        version=command.expected_version(),
        scope=command.scope,
        act=command.act,
    )
    return await command.answer(await declaration_shown(command.session, row), version=row.version)
