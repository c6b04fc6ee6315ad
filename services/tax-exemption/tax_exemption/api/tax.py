"""Items, returns and windows."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from shared.events.tax_exemption import ReturnState
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.policy import policy_of
from shared.rows import model_from, row_seen
from shared.scope import subject_of
from shared.wire import MonthText
from tax_exemption.api.filters import WantedItems, WantedReturns
from tax_exemption.api.schemas import (
    DecisionIn,
    DecisionOut,
    ItemOut,
    ReasonIn,
    ReturnIn,
    ReturnOut,
    ReturnSummary,
    WindowOut,
)
from tax_exemption.domain.window import month_of
from tax_exemption.operations.accept_return import accept_return
from tax_exemption.operations.decide_item import decide_item
from tax_exemption.operations.file_return import file_return
from tax_exemption.operations.query_return import query_return
from tax_exemption.operations.use_delegation import use_delegation
from tax_exemption.publishers.returns import return_state
from tax_exemption.store.calendar import calendar
from tax_exemption.store.items import items_like, items_seen_by, open_items
from tax_exemption.store.periods import window_for
from tax_exemption.store.returns import returns_like, returns_seen_by
from tax_exemption.store.tables import ExemptionItem, ReturnRow, policy

router = service_router("tax")


def _item(row: ExemptionItem, open_fob: Decimal) -> ItemOut:
    return model_from(ItemOut, row, month=month_of(row.export_date), open_fob=open_fob)


@router.get("/v1/items")
async def list_items(session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedItems) -> Page[ItemOut]:
    """The departed portions the caller may see, and what is open of each; of one export month if asked."""
    query = items_like(items_seen_by(scope), **asdict(asked))
    rows = await wanted.rows(session, query, ExemptionItem.portion_id)
    still_open = await open_items(session, ExemptionItem.portion_id.in_([row.portion_id for row in rows]))
    left = {each.item.portion_id: each.left for each in still_open}
    return wanted.page(rows, [_item(row, left.get(row.portion_id, Decimal(0))) for row in rows], "portion_id")


@router.post("/v1/items/{portion_id}/decisions", status_code=201, response_model=DecisionOut)
async def decide_an_item(portion_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Decide on a portion that was not declared in time."""
    row = await decide_item(command.session, portion_id, outcome=body.outcome, reason=body.reason, act=command.act)
    answer = model_from(DecisionOut, row)
    return await command.answer(answer, status=201)


@router.get("/v1/windows")
async def read_window(session: Reading, scope: Scoped, month: Annotated[MonthText, Query()]) -> WindowOut:
    """When a month's exports are declared."""
    days = await calendar(session, scope.pilot)
    window = window_for(month, await policy_of(session, policy, scope.pilot), days, scope.today)
    return WindowOut(
        month=month,
        first=window.first,
        last=window.last,
        calendar_version=days.version,
        provisional=days.provisional,
    )


def _return(state: ReturnState) -> ReturnOut:
    return ReturnOut(
        id=state.return_id,
        number=state.number,
        version=state.version,
        status=state.status,
        exemption_return=state,
    )


async def _answer(command: Command, state: ReturnState, status: int = 200) -> Response:
    location = f"/v1/returns/{state.return_id}" if status == 201 else None
    return await command.answer(_return(state), status=status, version=state.version, location=location)


@router.post("/v1/returns", status_code=201, response_model=ReturnOut)
async def file_a_return(body: ReturnIn, command: Commanded) -> Response:
    """File a month's return of a stall holder, or on its behalf."""
    filer_id = subject_of(command.scope)
    state = await file_return(command.session, filer_id=filer_id, **body.model_dump(), act=command.act)
    if (under := command.caller.delegation_id) is not None:
        command.delegated_value = await use_delegation(
            command.session, under, state.total_rmb, body.month, act=command.act
        )
    return await _answer(command, state, 201)


@router.get("/v1/returns")
async def list_returns(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedReturns
) -> Page[ReturnSummary]:
    """The returns the caller may see, newest first; each with its lines by its id."""
    query = returns_like(returns_seen_by(scope), **asdict(asked))
    rows = await wanted.rows(session, query, ReturnRow.id)
    return wanted.page(rows, [model_from(ReturnSummary, row) for row in rows], "id")


@router.get("/v1/returns/{return_id}")
async def read_return(return_id: UUID, session: Reading, scope: Scoped, response: Response) -> ReturnOut:
    """One return with its lines."""
    query = returns_seen_by(scope)
    row = await row_seen(session, query, return_id, pilot=scope.pilot, what="return")
    response.headers["etag"] = f'"{row.version}"'
    return _return(await return_state(session, row))


@router.post("/v1/returns/{return_id}/acceptances", response_model=ReturnOut)
async def accept_a_return(return_id: UUID, command: Commanded) -> Response:
    """Accept a return."""
    version = command.expected_version()
    return await _answer(command, await accept_return(command.session, return_id, version=version, act=command.act))


@router.post("/v1/returns/{return_id}/queries", response_model=ReturnOut)
async def query_a_return(return_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Ask about a return."""
    version = command.expected_version()
    state = await query_return(command.session, return_id, version=version, reason=body.reason, act=command.act)
    return await _answer(command, state)
