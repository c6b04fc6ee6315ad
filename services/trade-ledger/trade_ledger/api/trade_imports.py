"""Trades from workbooks: registered slip by slip, and answered as a report or as the same workbook marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from shared.database import of_pilot
from shared.http.access import Authorised
from shared.http.command import Answered, Commanded
from shared.http.routes import ServiceRoute, service_router
from shared.scope import subject_of
from shared.vocabulary.errors import Busy
from trade_ledger.api.trade_batches import report_on
from trade_ledger.api.trade_jobs import ACCEPTED, JOB_RESPONSES, PREFER, answer_with_job, report_if_done, wants_job
from trade_ledger.api.trade_rows import (
    Batch,
    batch_of,
    check_count,
    checked,
    outcomes_of,
    problem_in,
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
            report = await _report_in(answer, request)
            if report is None:
                return answer
            whose = str(request.state.caller.subject_id)
            return _Marked(report, await request.body(), dict(answer.headers), whose)

        return marking


async def _report_in(answer: Response, request: Request) -> bytes | None:
    """The report that an answer is, or that the job has which it names; None where there is none, or none yet."""
    if answer.status_code == ACCEPTED:
        async with request.app.state.runtime.sessions(info=of_pilot(request.state.caller.pilot)) as session:
            return await report_if_done(session, request.state.scope, answer.headers["location"])
    return bytes(answer.body) if answer.status_code == _OK else None


def _accepts_workbook(request: Request) -> bool:
    accepted = (each.partition(";")[0].strip().lower() for each in request.headers.get("accept", "").split(","))
    return XLSX in accepted


router = service_router("trades")
marking_router = APIRouter(tags=["trades"], route_class=_ReportOrWorkbook)


@marking_router.post(
    "/v1/trade-imports",
    response_model=BulkReport,
    responses={_OK: {"content": {XLSX: _BINARY}}, **JOB_RESPONSES},
    # A process of its own reads the workbook, so that the code of this one doesn't name its refusals.
    openapi_extra={
        "requestBody": _XLSX_BODY,
        "parameters": [PREFER],
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
    The same request with the same key tells it of an import that was made before, and of a job once it is done.
    With `Prefer: respond-async` the answer is a job that tells how far it is.
    """
    content, as_job = await request.body(), wants_job(request)
    read = await read_slips(content, str(subject_of(command.scope)))
    check_count(len(read.slips), as_job=as_job)
    if as_job:
        return await answer_with_job(command, request, content, rows=len(read.slips), hidden=read.hidden)
    batch = batch_of(command, request)
    results = await results_of_slips(batch, read, read.slips)
    hidden = [HiddenCells.model_validate(each, from_attributes=True) for each in read.hidden]
    return await report_on(command, batch, results, hidden)


async def results_of_slips(batch: Batch, read: SlipSheets, slips: Sequence[Slip]) -> list[RowResult]:
    """What became of some slips of a workbook."""
    importer = subject_of(batch.scope)
    names = await look_up_names(batch.session, slips, importer=importer, sealer=batch.sealer, pilot=batch.act.pilot)
    rows = []
    for slip in slips:
        entered = enter_slip(slip, names, importer=importer, sealer=batch.sealer)
        rows.append(await checked(batch, entered.row, entered.unread, faulty=bool(slip.faults)))
        await asyncio.sleep(0)
    outcomes = await outcomes_of(batch, rows)
    return [_result(batch, read, slip, outcome) for slip, outcome in zip(slips, outcomes, strict=True)]


@router.get("/v1/trade-imports/template", response_class=Response, responses={_OK: {"content": {XLSX: {}}}})
async def read_trade_template(caller: Authorised) -> Response:
    """An empty workbook with the columns that an import reads."""
    headers = {"content-disposition": 'attachment; filename="trades.xlsx"'}
    return Response(await asyncio.to_thread(write_template), media_type=XLSX, headers=headers)


def _result(batch: Batch, read: SlipSheets, slip: Slip, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        return result_of(batch, slip.row, slip.number, outcome)
    problems = [
        problem_in(batch, each.row, each.breach, sheet=each.sheet, column=each.column, cell=read.cell_of(each))
        for each in slip.all_faults(outcome)
    ]
    return RowResult(row=slip.row, reference=slip.number, problems=problems)
