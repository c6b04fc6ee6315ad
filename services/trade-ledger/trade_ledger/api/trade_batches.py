"""Many trades at once, each by itself, with one report; from NDJSON here."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import Request, Response

from shared.http.app import Runtime
from shared.http.command import Command, Commanded
from shared.http.identity import Caller
from shared.http.routes import service_router
from shared.vocabulary.legal_time import legal_date
from trade_ledger.api.trade_jobs import JOB_RESPONSES, PREFER, answer_with_job, wants_job
from trade_ledger.api.trade_rows import (
    MOST_TOLD,
    Batch,
    audit_refused,
    batch_of,
    check_count,
    lines_of,
    results_of_lines,
)
from trade_ledger.api.trade_schemas import BulkReport, HiddenCells, RowResult
from trade_ledger.store.registrations import Registrations, registrations_open
from trade_ledger.store.trace_reads import TraceReads, trace_reads_open
from trade_ledger.store.trade_reads import TradeReads, trade_reads_open

router = service_router("trades")
_JUDGED = {"register_trade", "register_trades_in_bulk", "import_trades", "read_trade", "read_trace"}
_NDJSON_BODY = {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}


@asynccontextmanager
async def registrations_running(runtime: Runtime) -> AsyncIterator[None]:
    """The process's way to write trades, for the time that it runs."""
    dsn = runtime.settings.database_url.get_secret_value()
    async with (
        registrations_open(dsn, runtime.sessions) as registrations,
        trade_reads_open(dsn) as trade_reads,
        trace_reads_open(dsn) as trace_reads,
    ):
        runtime.extras |= {"registrations": registrations, "trade_reads": trade_reads, "trace_reads": trace_reads}
        # What the process has made by now stays: without this each full collection walks all of it (measured: 9 %).
        gc.freeze()
        yield


def registrations_of(request: Request) -> Registrations:
    """The process's way to write trades."""
    registrations: Registrations = request.app.state.runtime.extras["registrations"]
    return registrations


def trade_reads_of(request: Request) -> TradeReads:
    """The process's way to read single trades."""
    reads: TradeReads = request.app.state.runtime.extras["trade_reads"]
    return reads


def trace_reads_of(request: Request) -> TraceReads:
    """The process's way to trace."""
    reads: TraceReads = request.app.state.runtime.extras["trace_reads"]
    return reads


async def is_remembered(runtime: Runtime, caller: Caller, operation: str) -> bool:
    """Whether the statement to come asks for the party: seller and consignor of a trade, or who reads or traces one."""
    if operation not in _JUDGED or caller.subject_id is None:
        return False
    registrations: Registrations = runtime.extras["registrations"]
    today = legal_date(runtime.clock.now())
    return await registrations.facts.stands(caller.pilot, caller.subject_id, caller.role, today)


@router.post(
    "/v1/trades/bulk",
    response_model=BulkReport,
    responses=JOB_RESPONSES,
    openapi_extra={"requestBody": _NDJSON_BODY, "parameters": [PREFER]},
)
async def register_trades_in_bulk(command: Commanded, request: Request) -> Response:
    """Register one trade per line of NDJSON; each by itself, with one report.

    With `Prefer: respond-async` the answer is a job that tells how far it is.
    """
    content, as_job = await request.body(), wants_job(request)
    lines = lines_of(content)
    check_count(len(lines), as_job=as_job)
    if as_job:
        return await answer_with_job(command, request, content, rows=len(lines))
    batch = batch_of(command, request)
    return await report_on(command, batch, await results_of_lines(batch, lines, MOST_TOLD))


async def report_on(
    command: Command, batch: Batch, results: list[RowResult], hidden: Sequence[HiddenCells] = ()
) -> Response:
    """Answer with the report; what a rule refused is audited with it."""
    await audit_refused(batch, results)
    done = sum(result.id is not None for result in results)
    return await command.answer(
        BulkReport(registered=done, refused=len(results) - done, results=results, hidden=list(hidden))
    )
