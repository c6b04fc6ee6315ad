"""Trades from workbooks: registered slip by slip, and answered as a report or as the same workbook marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from shared.http.access import Authorised
from shared.http.command import Answered, Commanded
from shared.http.routes import ServiceRoute, service_router
from shared.scope import subject_of
from shared.vocabulary.errors import Busy
from trade_ledger.api.trade_batches import (
    check_count,
    checked,
    outcomes_of,
    problem_in,
    report_on,
    result_of,
)
from trade_ledger.api.trade_schemas import BulkReport, HiddenCells, RowResult
from trade_ledger.domain.slip_sheets import SlipSheets
from trade_ledger.domain.slips import Slip
from trade_ledger.gateways.xlsx import NotAWorkbook, marked_workbook
from trade_ledger.operations.trades.enter_slip import enter_slip
from trade_ledger.operations.trades.look_up_names import look_up_names
from trade_ledger.operations.trades.read_slips import read_slips
from trade_ledger.operations.trades.register_trades import Outcome
from trade_ledger.operations.trades.write_template import write_template
from trade_ledger.publishers.trade_text import TradeText

_OK = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_XLSX_BODY = {"required": True, "content": {XLSX: _BINARY}}


class _Marked(Response):
    """The report written into the workbook that it is about; made while it is sent, after the commit."""

    def __init__(self, report: bytes, workbook: bytes, headers: dict[str, str], whose: str) -> None:
        super().__init__(report, _OK, headers, media_type="application/json")
        self._workbook = workbook
        self._whose = whose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"vary": "accept"} | {
            name: self.headers[name] for name in ("idempotency-replayed",) if name in self.headers
        }
        try:
            content = await marked_workbook(bytes(self.body), self._workbook, self._whose)
            headers["content-disposition"] = 'attachment; filename="trades-marked.xlsx"'
            answer = Response(content, _OK, headers, media_type=XLSX)
        except (NotAWorkbook, Busy):
            # It is registered by now: who can't have the workbook marked gets the report itself.
            answer = Response(self.body, _OK, headers, media_type="application/json")
        await answer(scope, receive, send)


class _ReportOrWorkbook(ServiceRoute):
    """Answers with the marked workbook where the request accepts one, also when a key is used again (V61)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def marking(request: Request) -> Response:
            if not _accepts_workbook(request):
                return await handle(request)
            try:
                answer = await handle(request)
            except Answered as before:
                answer = before.response
            if answer.status_code != _OK:
                return answer
            whose = str(request.state.caller.subject_id)
            return _Marked(bytes(answer.body), await request.body(), dict(answer.headers), whose)

        return marking


def _accepts_workbook(request: Request) -> bool:
    accepted = (each.partition(";")[0].strip().lower() for each in request.headers.get("accept", "").split(","))
    return XLSX in accepted


router = service_router("trades")
marking_router = APIRouter(tags=["trades"], route_class=_ReportOrWorkbook)


@marking_router.post(
    "/v1/trade-imports",
    response_model=BulkReport,
    responses={_OK: {"content": {XLSX: _BINARY}}},
    # A process of its own reads the workbook, so that the code of this one doesn't name its refusals.
    openapi_extra={
        "requestBody": _XLSX_BODY,
        "x-codes": [
            "overloaded",
            "sheet_too_long",
            "workbook_linked",
            "workbook_locked",
            "workbook_too_large",
            "workbook_unreadable",
        ],
    },
)
async def import_trades(command: Commanded, request: Request) -> Response:
    """Register the slips of a workbook, each whole or not at all: one report by sheet, row and column.

    With `Accept` of the workbook's media type the same workbook comes back, the report's errors marked in their cells.
    The same request with the same key tells it of an import that was made before.
    """
    read = await read_slips(await request.body(), str(subject_of(command.scope)))
    check_count(len(read.slips))
    sealer, importer = request.app.state.runtime.sealer, subject_of(command.scope)
    names = await look_up_names(command.session, read.slips, importer=importer, sealer=sealer, pilot=command.act.pilot)
    rows = []
    for slip in read.slips:
        entered = enter_slip(slip, names, importer=importer, sealer=sealer)
        rows.append(await checked(command, request, entered.row, entered.unread, faulty=bool(slip.faults)))
        await asyncio.sleep(0)
    outcomes = await outcomes_of(command, request, rows)
    results = [_result(request, read, slip, outcome) for slip, outcome in zip(read.slips, outcomes, strict=True)]
    hidden = [HiddenCells.model_validate(each, from_attributes=True) for each in read.hidden]
    return await report_on(command, results, hidden)


@router.get("/v1/trade-imports/template", response_class=Response, responses={_OK: {"content": {XLSX: {}}}})
async def read_trade_template(caller: Authorised) -> Response:
    """An empty workbook with the columns that an import reads."""
    headers = {"content-disposition": 'attachment; filename="trades.xlsx"'}
    return Response(await asyncio.to_thread(write_template), media_type=XLSX, headers=headers)


def _result(request: Request, read: SlipSheets, slip: Slip, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        return result_of(request, slip.row, slip.number, outcome)
    problems = [
        problem_in(request, each.row, each.breach, sheet=each.sheet, column=each.column, cell=read.cell_of(each))
        for each in slip.all_faults(outcome)
    ]
    return RowResult(row=slip.row, reference=slip.number, problems=problems)
