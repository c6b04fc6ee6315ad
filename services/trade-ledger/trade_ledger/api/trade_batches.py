"""Many trades at once: NDJSON, or a workbook; each by itself, with one report."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from shared.http import audit
from shared.http.access import Authorised
from shared.http.app import Runtime
from shared.http.command import Command, Commanded
from shared.http.identity import Caller
from shared.http.problems import Catalogue
from shared.http.refusals import AuditLine
from shared.vocabulary.errors import Forbidden, Malformed
from shared.vocabulary.rules import Breach, citation
from trade_ledger.api.trade_reading import read_entry
from trade_ledger.api.trade_schemas import BulkReport, HiddenCells, RowProblem, RowResult
from trade_ledger.domain.registration import slip_taken
from trade_ledger.domain.slip_sheets import SlipSheets
from trade_ledger.domain.slips import Slip
from trade_ledger.domain.unread import standing
from trade_ledger.operations.trades.enter_slip import enter_slip
from trade_ledger.operations.trades.prepare_trade import prepare_trade
from trade_ledger.operations.trades.read_slips import read_slips
from trade_ledger.operations.trades.register_trades import Outcome, register_trades
from trade_ledger.operations.trades.write_template import write_template
from trade_ledger.publishers.trade_text import TradeText
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.registrations import Registrations, registrations_open
from trade_ledger.store.trades import references_registered

router = APIRouter(tags=["trades"])
_MOST_ROWS = 2000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NDJSON_BODY = {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
_XLSX_BODY = {"required": True, "content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}


def acting_subject(caller: Caller) -> UUID:
    """The party that the caller acts for."""
    if caller.subject_id is None:
        raise Forbidden("the token names no subject to act for")
    return caller.subject_id


@asynccontextmanager
async def registrations_running(runtime: Runtime) -> AsyncIterator[None]:
    """The process's way to write trades, for the time that it runs."""
    dsn = runtime.settings.database_url.get_secret_value()
    async with registrations_open(dsn, runtime.sessions) as registrations:
        runtime.extras["registrations"] = registrations
        # What the process has made by now stays: without this each full collection walks all of it (measured: 9 %).
        gc.freeze()
        yield


def registrations_of(request: Request) -> Registrations:
    """The process's way to write trades."""
    registrations: Registrations = request.app.state.runtime.extras["registrations"]
    return registrations


def is_own(entry: TradeEntry, caller: Caller) -> bool:
    """Seller or consignor enters a trade; for anybody else its subjects are somebody else's data (V65)."""
    return caller.subject_id in (entry.seller_id, entry.consignor_id)


def _fits(rows: int) -> None:
    if not rows:
        raise Malformed((Breach("batch_empty", "", ""),))
    if rows > _MOST_ROWS:
        raise Malformed((Breach("batch_too_large", "", "", {"limit": str(_MOST_ROWS)}),))


@dataclass(frozen=True, slots=True)
class _Checked:
    """A row or slip: its own number, and its entry, or every breach of it."""

    reference: str
    entry: TradeEntry | tuple[Breach, ...]


async def _checked(
    command: Command, request: Request, row: bytes | dict[str, Any], unread: frozenset[str], *, faulty: bool = False
) -> _Checked:
    """The entry, if its form is right; else every breach of form, and of the rules as far as it can be read."""
    read = read_entry(row)
    if read.entry is None:
        return _Checked("", read.breaches)
    reference = "" if "/external_ref" in read.unread else read.entry.external_ref
    unread |= read.unread
    own = is_own(read.entry, command.caller)
    if not own:
        unclear = {"/seller_id", "/consignor_id"} & unread
        return _Checked("", read.breaches + (() if unclear else (Breach("not_yours", "V65"),)))
    if not read.breaches and not faulty:
        return _Checked(reference, read.entry)
    facts = registrations_of(request).facts
    prepared = await prepare_trade(read.entry, facts, act=command.act, session=command.session)
    return _Checked(reference, read.breaches + standing(prepared.breaches, unread))


async def _slip_checked(command: Command, request: Request, slip: Slip) -> _Checked:
    sealer, importer = request.app.state.runtime.sealer, acting_subject(command.caller)
    entered = await enter_slip(command.session, slip, importer=importer, sealer=sealer, pilot=command.act.pilot)
    return await _checked(command, request, entered.row, entered.unread, faulty=bool(slip.faults))


def _told_of_taken(row: _Checked, outcome: Outcome, taken: Collection[str]) -> Outcome:
    """What is refused for another reason is told too if its slip was registered before."""
    if isinstance(outcome, TradeText) or row.reference not in taken:
        return outcome
    told = any(each.pointer == "/external_ref" for each in outcome)
    return outcome if told else (*outcome, slip_taken(row.reference))


async def _outcomes(command: Command, request: Request, rows: Sequence[_Checked]) -> list[Outcome]:
    entries = [row.entry for row in rows]
    importer = acting_subject(command.caller)
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
    _fits(len(rows))
    checked = [await _checked(command, request, row, frozenset()) for row in rows.values()]
    outcomes = await _outcomes(command, request, checked)
    results = [
        _result(request, number, row.reference, outcome)
        for number, row, outcome in zip(rows, checked, outcomes, strict=True)
    ]
    return await _report(command, results)


@router.post("/v1/trade-imports", response_model=BulkReport, openapi_extra={"requestBody": _XLSX_BODY})
async def import_trades(command: Commanded, request: Request) -> Response:
    """Register the slips of a workbook, each whole or not at all: one report by sheet, row and column."""
    read = await read_slips(await request.body())
    slips = read.slips
    _fits(len(slips))
    checked = [await _slip_checked(command, request, slip) for slip in slips]
    outcomes = await _outcomes(command, request, checked)
    results = [_slip_result(request, read, slip, outcome) for slip, outcome in zip(slips, outcomes, strict=True)]
    hidden = [HiddenCells.model_validate(each, from_attributes=True) for each in read.hidden]
    return await _report(command, results, hidden)


@router.get("/v1/trade-imports/template", response_class=Response, responses={200: {"content": {_XLSX: {}}}})
async def read_trade_template(caller: Authorised) -> Response:
    """An empty workbook with the columns that an import reads."""
    headers = {"content-disposition": 'attachment; filename="trades.xlsx"'}
    return Response(await asyncio.to_thread(write_template), media_type=_XLSX, headers=headers)


def _problem(
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


def _result(request: Request, row: int, reference: str, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        return RowResult(row=row, reference=reference, id=outcome.trade_id, number=outcome.number)
    problems = [_problem(request, row, breach, column=breach.pointer) for breach in outcome]
    return RowResult(row=row, reference=reference, problems=problems)


def _slip_result(request: Request, read: SlipSheets, slip: Slip, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        return _result(request, slip.row, slip.number, outcome)
    problems = [
        _problem(request, each.row, each.breach, sheet=each.sheet, column=each.column, cell=read.cell_of(each))
        for each in slip.all_faults(outcome)
    ]
    return RowResult(row=slip.row, reference=slip.number, problems=problems)


async def _report(command: Command, results: list[RowResult], hidden: Sequence[HiddenCells] = ()) -> Response:
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
