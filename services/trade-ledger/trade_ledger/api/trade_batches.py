"""Many trades at once, each by itself, with one report; from NDJSON here."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from shared.http import audit
from shared.http.app import Runtime
from shared.http.command import Command, Commanded
from shared.http.identity import Caller
from shared.http.problems import MOST_ERRORS, Catalogue, bounded
from shared.http.refusals import AuditLine
from shared.http.routes import is_crowded, service_router
from shared.scope import Scope, subject_of
from shared.vocabulary.errors import Malformed
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach, citation
from trade_ledger.api.trade_reading import read_entry
from trade_ledger.api.trade_schemas import BulkReport, HiddenCells, RowProblem, RowResult
from trade_ledger.domain.originals import lacks_of
from trade_ledger.domain.registration import slip_taken
from trade_ledger.domain.unread import standing
from trade_ledger.operations.trades.prepare_trade import prepare_trade
from trade_ledger.operations.trades.register_trades import Outcome, register_trades
from trade_ledger.publishers.trade_text import TradeText
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.registrations import Registrations, registrations_open
from trade_ledger.store.trace_reads import TraceReads, trace_reads_open
from trade_ledger.store.trade_reads import TradeReads, trade_reads_open
from trade_ledger.store.trades import references_registered

router = service_router("trades")
_JUDGED = {"register_trade", "register_trades_in_bulk", "import_trades", "read_trade", "read_trace"}
_MOST_ROWS = 2000
_MOST_TOLD = 2000
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


def is_own(entry: TradeEntry, scope: Scope) -> bool:
    """Seller or consignor enters a trade; for anybody else its subjects are somebody else's data (V65)."""
    return subject_of(scope) in (entry.seller_id, entry.consignor_id)


def check_count(rows: int) -> None:
    """Malformed if there is nothing to register, or too much for one transaction."""
    if not rows:
        raise Malformed((Breach("batch_empty", "", ""),))
    if rows > _MOST_ROWS:
        raise Malformed((Breach("batch_too_large", "", "", {"limit": str(_MOST_ROWS)}),))


@dataclass(frozen=True, slots=True)
class Checked:
    """A row or slip: its own number, and its entry, or every breach of it."""

    reference: str
    entry: TradeEntry | tuple[Breach, ...]


async def checked(
    command: Command, request: Request, row: bytes | dict[str, Any], unread: frozenset[str], *, faulty: bool = False
) -> Checked:
    """The entry, if its form is right; else every breach of form, and of the rules as far as it can be read."""
    if isinstance(row, bytes) and is_crowded(row):
        return Checked("", (Breach("body_too_crowded", "", ""),))
    read = read_entry(row)
    if read.entry is None:
        return Checked("", read.breaches)
    reference = "" if "/external_ref" in read.unread else read.entry.external_ref
    unread |= read.unread
    own = is_own(read.entry, command.scope)
    if not own:
        unclear = {"/seller_id", "/consignor_id"} & unread
        return Checked("", read.breaches + (() if unclear else (Breach("not_yours", "V65"),)))
    if not read.breaches and not faulty:
        return Checked(reference, read.entry)
    facts = registrations_of(request).facts
    prepared = await prepare_trade(read.entry, facts, act=command.act, session=command.session)
    return Checked(reference, read.breaches + standing(prepared.breaches, unread))


def _told_of_taken(row: Checked, outcome: Outcome, taken: Collection[str]) -> Outcome:
    """What is refused for another reason is told too if its slip was registered before."""
    if isinstance(outcome, TradeText) or row.reference not in taken:
        return outcome
    told = any(each.pointer == "/external_ref" for each in outcome)
    return outcome if told else (*outcome, slip_taken(row.reference))


async def outcomes_of(command: Command, request: Request, rows: Sequence[Checked]) -> list[Outcome]:
    """What became of each: the registered trade, or every breach."""
    entries = [row.entry for row in rows]
    importer = subject_of(command.scope)
    references = {row.reference for row in rows} - {""}
    taken = await references_registered(command.session, command.act.pilot, importer, references)
    readable = {n: entry for n, entry in enumerate(entries) if isinstance(entry, TradeEntry)}
    registered = await register_trades(
        command.session,
        list(readable.values()),
        registrations_of(request),
        registered_by=importer,
        operation=command.attempt.operation,
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    outcomes: list[Outcome] = [entry if isinstance(entry, tuple) else () for entry in entries]
    for n, outcome in zip(readable, registered, strict=True):
        outcomes[n] = outcome
    return [_told_of_taken(row, outcome, taken) for row, outcome in zip(rows, outcomes, strict=True)]


@router.post("/v1/trades/bulk", response_model=BulkReport, openapi_extra={"requestBody": _NDJSON_BODY})
async def register_trades_in_bulk(command: Commanded, request: Request) -> Response:
    """Register one trade per line of NDJSON; each by itself, with one report."""
    rows = {number: row for number, row in enumerate((await request.body()).splitlines(), 1) if row.strip()}
    check_count(len(rows))
    rows_read = []
    for row in rows.values():
        rows_read.append(await checked(command, request, row, frozenset()))
        # Two thousand rows that are wrong in everything would keep all other callers waiting.
        await asyncio.sleep(0)
    outcomes = _told_in_full(await outcomes_of(command, request, rows_read))
    results = [
        result_of(request, number, row.reference, outcome)
        for number, row, outcome in zip(rows, rows_read, outcomes, strict=True)
    ]
    return await report_on(command, results)


def _told_in_full(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with so many breaches as a row and the whole report tell; each refused row tells one at least."""
    told: list[Outcome] = []
    left = _MOST_TOLD
    for outcome in outcomes:
        kept = outcome if isinstance(outcome, TradeText) else bounded(outcome, min(max(left, 1), MOST_ERRORS))
        left -= 0 if isinstance(kept, TradeText) else len(kept)
        told.append(kept)
    return told


def problem_in(
    request: Request, row: int, breach: Breach, *, sheet: str = "", column: str = "", cell: str = ""
) -> RowProblem:
    catalogue: Catalogue = request.app.state.catalogue
    problem, (english, chinese) = catalogue[breach.code], catalogue.texts(breach)
    return RowProblem(
        sheet=sheet,
        row=row,
        column=column,
        cell=cell,
        code=breach.code,
        rule=breach.rule,
        rule_version=citation(breach.rule).version if breach.rule else "",
        message=english,
        message_zh=chinese,
        fix=problem.fix,
        fix_zh=problem.fix_zh,
    )


def result_of(request: Request, row: int, reference: str, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        lacks = lacks_of(len(outcome.entry.document_hashes))
        return RowResult(row=row, reference=reference, id=outcome.trade_id, number=outcome.number, lacks=lacks)
    problems = [problem_in(request, row, breach, column=breach.pointer) for breach in outcome]
    return RowResult(row=row, reference=reference, problems=problems)


async def report_on(command: Command, results: list[RowResult], hidden: Sequence[HiddenCells] = ()) -> Response:
    """Answer with the report; what a rule refused is audited with it, like a refusal of its own."""
    refused = [
        command.attempt.entry(
            AuditLine(
                "denied" if problem.rule == "V65" else "refused",
                404 if problem.rule == "V65" else 409,
                problem.rule,
                problem.code,
            )
        )
        for result in results
        for problem in result.problems
        if problem.rule
    ]
    if refused:
        await audit.record(command.session, command.tables, refused)
    done = sum(result.id is not None for result in results)
    return await command.answer(
        BulkReport(registered=done, refused=len(results) - done, results=results, hidden=list(hidden))
    )
