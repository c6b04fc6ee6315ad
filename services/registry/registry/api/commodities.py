"""Commodity lists, recognition, decisions and the tasks they wait for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from registry.api.place_schemas import (
    CandidateOut,
    CommodityDecisionIn,
    CommodityDecisionOut,
    CommodityListIn,
    CommodityListOut,
    RecognitionOut,
    TaskOut,
    Tasks,
)
from registry.domain.recognition import recognise
from registry.operations.commodities.decide_commodity import decide_commodity
from registry.operations.commodities.publish_commodity_list import publish_commodity_list
from registry.store.places import entries_in_force, open_tasks
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading
from shared.vocabulary.legal_time import legal_date

router = APIRouter(tags=["commodities"])


@router.post("/v1/commodity-lists", status_code=201, response_model=CommodityListOut)
async def publish_list(body: CommodityListIn, command: Commanded) -> Response:
    """Publish the next version of a list."""
    row = await publish_commodity_list(
        command.session,
        kind=body.kind,
        effective_from=body.effective_from,
        source=body.source,
        entries=[entry.model_dump(mode="json") for entry in body.entries],
        act=command.act,
    )
    answer = CommodityListOut(
        id=row.id,
        kind=row.kind,
        version=row.version,
        effective_from=row.effective_from,
        entry_count=len(row.entries),
    )
    return await command.answer(answer, status=201, location=f"/v1/commodity-lists/{row.id}")


@router.get("/v1/recognitions")
async def recognise_goods(
    session: Reading,
    caller: Authorised,
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=200)],
    hs_code: Annotated[str, Query(pattern=r"^[0-9]{0,10}$")] = "",
) -> RecognitionOut:
    """Ranked candidates and the decision for a name and optional code, with the entry and reason behind it."""
    today = legal_date(request.app.state.runtime.clock.now())
    found = recognise(name, hs_code, await entries_in_force(session, caller.pilot, today))
    return RecognitionOut(
        decision=found.decision,
        candidates=[
            CandidateOut(
                entry=each.entry.entry,
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
    names = CommodityDecisionOut.model_fields
    answer = CommodityDecisionOut.model_validate({name: getattr(row, name) for name in names})
    return await command.answer(answer, status=201, location=f"/v1/commodity-decisions/{row.id}")


@router.get("/v1/tasks")
async def list_tasks(session: Reading, caller: Authorised) -> Tasks:
    """The trade lines that need a person, oldest first."""
    rows = await open_tasks(session, caller.pilot)
    names = TaskOut.model_fields
    return Tasks(items=[TaskOut.model_validate({name: getattr(row, name) for name in names}) for row in rows])
