"""Commodity lists, recognition, decisions and the tasks they wait for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from registry.api.place_schemas import (
    CandidateOut,
    CommodityDecisionIn,
    CommodityDecisionOut,
    CommodityListContent,
    CommodityListIn,
    CommodityListOut,
    RecognitionOut,
    TaskOut,
)
from registry.operations.commodities.decide_commodity import decide_commodity
from registry.operations.commodities.publish_commodity_list import publish_commodity_list
from registry.store.commodities import decisions_seen_by, entries_in_force, lists_of, open_tasks
from registry.store.documents import ListEntry, ListKind
from registry.store.tables import CommodityDecisionRow, CommodityListRow
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_read, row_seen
from shared.vocabulary.recognition import recognise
from shared.wire import Chosen, HsPrefixText, Name

router = service_router("commodities")


def _header(row: CommodityListRow) -> CommodityListOut:
    return model_from(CommodityListOut, row, entry_count=len(row.entries))


@router.post(
    "/v1/commodity-lists", operation_id="publish_commodity_list", status_code=201, response_model=CommodityListOut
)
async def publish_list(body: CommodityListIn, command: Commanded) -> Response:
    """Publish the next version of a list."""
    row = await publish_commodity_list(
        command.session,
        kind=body.kind,
        effective_from=body.effective_from,
        source=body.source,
        entries=tuple(model_from(ListEntry, entry) for entry in body.entries),
        act=command.act,
    )
    return await command.answer(_header(row), status=201, location=f"/v1/commodity-lists/{row.id}")


@router.get("/v1/commodity-lists", operation_id="list_commodity_lists")
async def list_lists(
    session: Reading,
    scope: Scoped,
    wanted: WantedPage,
    kind: Annotated[ListKind, Chosen("list_kind")] | None = None,
) -> Page[CommodityListOut]:
    """The published versions with the dates they hold from, newest first."""
    rows = await lists_of(session, scope.pilot, kind, wanted)
    return wanted.page(rows, [model_from(CommodityListOut, row) for row in rows], "id")


@router.get("/v1/commodity-lists/{list_id}", operation_id="read_commodity_list")
async def read_list(list_id: UUID, session: Reading, scope: Scoped) -> CommodityListContent:
    """One version with its entries."""
    row = await row_read(session, CommodityListRow, list_id, pilot=scope.pilot, what="list")
    header = _header(row).model_dump()
    return CommodityListContent(**header, source=row.source, published_at=row.published_at, entries=row.entries)


@router.get("/v1/recognitions")
async def recognise_goods(
    session: Reading,
    scope: Scoped,
    name: Annotated[Name, Query(max_length=200)],
    hs_code: HsPrefixText = "",
) -> RecognitionOut:
    """Ranked candidates and the decision for a name and optional code, with the entry and reason behind it."""
    found = recognise(name, hs_code, await entries_in_force(session, scope.pilot, scope.today))
    return RecognitionOut(
        decision=found.verdict.decision,
        candidates=[
            CandidateOut(
                entry=each.entry.reference,
                verdict=each.entry.verdict,
                score=each.score,
                reason=each.entry.reason,
                reason_zh=each.entry.reason_zh,
            )
            for each in found.candidates[:20]
        ],
    )


@router.post("/v1/commodity-decisions", status_code=201, response_model=CommodityDecisionOut)
async def decide_a_commodity(body: CommodityDecisionIn, command: Commanded) -> Response:
    """Decide on goods that recognition left open."""
    row = await decide_commodity(command.session, **body.model_dump(), act=command.act)
    return await command.answer(
        model_from(CommodityDecisionOut, row), status=201, location=f"/v1/commodity-decisions/{row.id}"
    )


@router.get("/v1/commodity-decisions", operation_id="list_commodity_decisions")
async def list_decisions(session: Reading, scope: Scoped, wanted: WantedPage) -> Page[CommodityDecisionOut]:
    """Every decision a person made, those that no longer hold included, newest first."""
    rows = await wanted.rows(session, decisions_seen_by(scope), CommodityDecisionRow.id)
    return wanted.page(rows, [model_from(CommodityDecisionOut, row) for row in rows], "id")


@router.get("/v1/commodity-decisions/{decision_id}", operation_id="read_commodity_decision")
async def read_decision(decision_id: UUID, session: Reading, scope: Scoped) -> CommodityDecisionOut:
    """One decision."""
    row = await row_seen(session, decisions_seen_by(scope), decision_id, pilot=scope.pilot, what="decision")
    return model_from(CommodityDecisionOut, row)


@router.get("/v1/tasks")
async def list_tasks(session: Reading, scope: Scoped, wanted: WantedPage) -> Page[TaskOut]:
    """The trade lines that need a person, newest first; a decision on the goods closes theirs while it holds."""
    rows = await open_tasks(session, scope, wanted)
    return wanted.page(rows, [model_from(TaskOut, row) for row in rows], "line_id")
