"""Trades: one, many, or a workbook."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http import audit
from shared.http.access import Authorised
from shared.http.command import Command, Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.http.problems import malformed
from shared.vocabulary.errors import Forbidden, Hidden, Malformed, NotFound, Refused
from shared.vocabulary.rules import Breach
from trade_ledger.api.schemas import (
    BulkReport,
    CorrectionIn,
    LineCounters,
    ReasonIn,
    RowProblem,
    RowResult,
    TradeDetail,
    TradeIn,
    TradeOut,
)
from trade_ledger.operations.trades.correct_trade import correct_trade, void_trade
from trade_ledger.operations.trades.import_workbook import NotAWorkbook, Slip, read_slips, resolved
from trade_ledger.operations.trades.prepare_trades import EnteredTrade, PreparedTrade, prepare_trades
from trade_ledger.operations.trades.register_trades import Registered, register_trades
from trade_ledger.store.tables.trades import TradeRow, TradeVersionRow
from trade_ledger.store.trades import lines_of, trades_seen_by

router = APIRouter(tags=["trades"])
_MOST_ROWS = 2000


def shown(row: TradeRow) -> TradeOut:
    """A trade as its parties see it."""
    return TradeOut(
        id=row.id,
        number=row.number,
        version=row.version,
        status=row.status,
        eligible=row.eligible,
        trade=_masked(row.state),
    )


def _masked(state: dict[str, Any]) -> dict[str, Any]:
    leg = state.get("domestic_leg")
    if leg is None:
        return state
    return {**state, "domestic_leg": {**leg, "payer": leg["payer"]["mask"], "payee": leg["payee"]["mask"]}}


def entered(body: TradeIn) -> EnteredTrade:
    """The body as the operation takes it."""
    lines = [{**line.model_dump(mode="json"), "line_no": n} for n, line in enumerate(body.lines, 1)]
    fields = body.model_dump(exclude={"lines", "domestic_leg", "document_hashes", "reason"})
    leg = None if body.domestic_leg is None else body.domestic_leg.model_dump(mode="json")
    return EnteredTrade(lines=lines, domestic_leg=leg, document_hashes=tuple(body.document_hashes), **fields)


def _own(trade: EnteredTrade, caller: Caller) -> None:
    """Seller or consignor enters a trade; for anybody else's the subjects are somebody else's data."""
    if caller.subject_id not in (trade.seller_id, trade.consignor_id):
        raise Hidden("a trade is entered by its seller or its consignor")


def _subject(caller: Caller) -> UUID:
    if caller.subject_id is None:
        raise Forbidden("the token names no subject to act for")
    return caller.subject_id


async def _register(command: Command, request: Request, trades: list[EnteredTrade]) -> list[Registered]:
    sealer = request.app.state.runtime.sealer
    prepared: list[PreparedTrade] = await prepare_trades(command.session, trades, sealer=sealer, act=command.act)
    return await register_trades(command.session, prepared, registered_by=_subject(command.caller), act=command.act)


@router.post("/v1/trades", status_code=201, response_model=TradeOut)
async def register_trade(body: TradeIn, command: Commanded, request: Request) -> Response:
    """Register one trade."""
    trade = entered(body)
    _own(trade, command.caller)
    outcome = (await _register(command, request, [trade]))[0]
    if outcome.state is None:
        raise Refused(outcome.breaches)
    state = outcome.state
    answer = TradeOut(
        id=state["trade_id"],
        number=state["number"],
        version=1,
        status="registered",
        eligible=state["eligible"],
        trade=_masked(state),
    )
    return await command.answer(answer, status=201, version=1, location=f"/v1/trades/{state['trade_id']}")


@router.post("/v1/trades/bulk", response_model=BulkReport, openapi_extra={
    "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
})  # fmt: skip
async def register_trades_in_bulk(command: Commanded, request: Request) -> Response:
    """Register one trade per line of NDJSON; each by itself, with one report."""
    rows = [line for line in (await request.body()).splitlines() if line.strip()]
    if not 0 < len(rows) <= _MOST_ROWS:
        raise Malformed((Breach("field_too_long", "", "", {"limit": str(_MOST_ROWS)}),))
    results: list[RowResult] = []
    trades: list[tuple[int, EnteredTrade]] = []
    for number, line in enumerate(rows, 1):
        try:
            trade = entered(TradeIn.model_validate_json(line))
            _own(trade, command.caller)
            trades.append((number, trade))
        except ValidationError as error:
            breaches = malformed(error.errors())
            results.append(_result(request, number, "", Registered(breaches)))
        except Hidden:
            results.append(_result(request, number, "", Registered((Breach("not_yours", "V65"),))))
    outcomes = await _register(command, request, [trade for _, trade in trades])
    for (number, trade), outcome in zip(trades, outcomes, strict=True):
        results.append(_result(request, number, trade.external_ref, outcome))
    return await _report(command, results)


def _result(request: Request, row: int, reference: str, outcome: Registered) -> RowResult:
    catalogue = request.app.state.catalogue
    problems = []
    for breach in outcome.breaches:
        english, chinese = catalogue.texts(breach)
        problems.append(
            RowProblem(
                row=row,
                column=breach.pointer,
                code=breach.code,
                rule=breach.rule,
                message=english,
                message_zh=chinese,
            )
        )
    state = outcome.state or {}
    return RowResult(
        row=row,
        reference=reference,
        id=state.get("trade_id"),
        number=state.get("number"),
        problems=problems,
    )


async def _report(command: Command, results: list[RowResult]) -> Response:
    """Answer with the report; what a rule refused is audited with it, like a refusal of its own."""
    results.sort(key=lambda result: result.row)
    refused = [
        command.attempt.entry(outcome="refused", status=409, rule=problem.rule, code=problem.code)
        for result in results
        for problem in result.problems
        if problem.rule
    ]
    if refused:
        await audit.record(command.session, command.tables, refused)
    done = sum(result.id is not None for result in results)
    return await command.answer(BulkReport(registered=done, refused=len(results) - done, results=results))


@router.post("/v1/trade-imports", response_model=BulkReport, openapi_extra={
    "requestBody": {"required": True, "content": {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
            "schema": {"type": "string", "format": "binary"}}}}
})  # fmt: skip
async def import_trades(command: Commanded, request: Request) -> Response:
    """Register the slips of a workbook: one report of all errors by sheet, row and column."""
    sealer = request.app.state.runtime.sealer
    try:
        slips = read_slips(await request.body())
    except NotAWorkbook as error:
        raise Malformed((Breach("workbook_unreadable", "", "", {"reason": str(error)}),)) from error
    known = await resolved(
        command.session, slips, importer=_subject(command.caller), sealer=sealer, pilot=command.act.pilot
    )
    ready = [(slip, trade) for slip, trade in known if trade is not None]
    outcomes = await _register(command, request, [trade for _, trade in ready])
    by_slip = {slip.number: outcome for (slip, _), outcome in zip(ready, outcomes, strict=True)}
    results = [_slip_result(request, slip, by_slip.get(slip.number)) for slip, _ in known]
    return await _report(command, results)


def _slip_result(request: Request, slip: Slip, outcome: Registered | None) -> RowResult:
    result = _result(request, slip.row, slip.number, outcome or Registered(()))
    catalogue = request.app.state.catalogue
    for problem in result.problems:
        problem.sheet, problem.row, problem.column = slip.place_of(problem.column)
    for fault in slip.faults:
        english, chinese = catalogue.texts(fault.breach)
        result.problems.append(
            RowProblem(
                sheet=fault.sheet,
                row=fault.row,
                column=fault.column,
                code=fault.breach.code,
                rule=fault.breach.rule,
                message=english,
                message_zh=chinese,
            )
        )
    return result


async def _seen(session: AsyncSession, caller: Caller, trade_id: UUID) -> TradeRow:
    query = trades_seen_by(caller.pilot, caller.subject_id, all_of_them=not caller.is_party)
    found = (await session.execute(query.where(TradeRow.id == trade_id))).scalar_one_or_none()
    if found is not None:
        return found
    exists = await session.get(TradeRow, trade_id)
    if exists is not None and exists.pilot == caller.pilot:
        raise Hidden(f"trade {trade_id} is somebody else's")
    raise NotFound(f"no trade {trade_id}")


@router.get("/v1/trades")
async def list_trades(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[TradeOut]:
    """The trades the caller may see, newest first."""
    query = trades_seen_by(caller.pilot, caller.subject_id, all_of_them=not caller.is_party)
    rows = list((await session.execute(wanted.of(query, TradeRow.id))).scalars())  # type: ignore[arg-type]  # column
    return wanted.page(rows, [shown(row) for row in rows], "id")


@router.get("/v1/trades/{trade_id}")
async def read_trade(trade_id: UUID, session: Reading, caller: Authorised, response: Response) -> TradeDetail:
    """One trade, with where its quantities are."""
    row = await _seen(session, caller, trade_id)
    response.headers["etag"] = f'"{row.version}"'
    counters = [
        LineCounters(
            line_id=line.id,
            line_no=line.line_no,
            **{name: getattr(counter, name) for name in set(LineCounters.model_fields) - {"line_id", "line_no"}},
        )
        for line, counter in await lines_of(session, trade_id)
    ]
    return TradeDetail(**shown(row).model_dump(), counters=counters)


@router.get("/v1/trades/{trade_id}/versions/{version}")
async def read_trade_version(trade_id: UUID, version: int, session: Reading, caller: Authorised) -> dict[str, Any]:
    """A trade as it was at a version."""
    await _seen(session, caller, trade_id)
    row = await session.get(TradeVersionRow, (trade_id, version))
    if row is None:
        raise NotFound(f"no version {version}")
    return _masked(row.state)


@router.post("/v1/trades/{trade_id}/corrections", response_model=TradeOut)
async def correct_a_trade(trade_id: UUID, body: CorrectionIn, command: Commanded, request: Request) -> Response:
    """Correct a trade by a new version."""
    trade = entered(body)
    _own(trade, command.caller)
    sealer = request.app.state.runtime.sealer
    prepared = (await prepare_trades(command.session, [trade], sealer=sealer, act=command.act))[0]
    row = await correct_trade(
        command.session,
        trade_id,
        prepared,
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await command.answer(shown(row), version=row.version)


@router.post("/v1/trades/{trade_id}/voidings", response_model=TradeOut)
async def void_a_trade(trade_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Void a trade of which nothing is packed."""
    row = await void_trade(
        command.session, trade_id, version=command.expected_version(), reason=body.reason, act=command.act
    )
    return await command.answer(shown(row), version=row.version)
