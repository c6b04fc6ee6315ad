"""Trades: register one, read, correct, void."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import of_pilot
from shared.events.registry import RoleFiling
from shared.http.access import Scoped
from shared.http.app import Runtime
from shared.http.command import Attempt, Commanded, Reading, begin_attempt, commanded, one_answer
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.http.parties import require_standing
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import Scope, subject_of
from shared.vocabulary.errors import Hidden, Malformed, NotFound, Refused
from shared.wire import WholeNumberInUrl
from trade_ledger.api.filters import WantedTrades
from trade_ledger.api.schemas import ReasonIn
from trade_ledger.api.trade_batches import registrations_of, trade_reads_of
from trade_ledger.api.trade_details import detail_told
from trade_ledger.api.trade_reading import read_entry
from trade_ledger.api.trade_rows import is_own
from trade_ledger.api.trade_schemas import (
    CorrectionIn,
    TradeDetail,
    TradeIn,
    TradeOut,
    TradeShown,
    TradeSummary,
    trade_shown,
)
from trade_ledger.domain.originals import lacks_of
from trade_ledger.domain.unread import standing
from trade_ledger.operations.trades.correct_trade import correct_trade
from trade_ledger.operations.trades.prepare_trade import prepare_trade
from trade_ledger.operations.trades.register_trade import register_trade
from trade_ledger.operations.trades.register_trades import register_trades
from trade_ledger.operations.trades.use_delegation import use_delegation
from trade_ledger.operations.trades.void_trade import void_trade
from trade_ledger.publishers.trade_text import TradeText, answer_headers
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.registrations import Claim
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trade_reads import TradeAsked
from trade_ledger.store.trades import (
    buyer_is_known_to,
    buyers_completed,
    trades_in_short,
    trades_like,
    trades_seen_by,
    version_of_trade,
    without_originals,
)

router = service_router("trades")
S = TypeVar("S", TradeShown, TradeSummary)
_TRADE: TypeAdapter[TradeIn] = TypeAdapter(TradeIn)
_FILINGS: TypeAdapter[tuple[RoleFiling, ...]] = TypeAdapter(tuple[RoleFiling, ...])


def _body_schema() -> dict[str, Any]:
    """The body's schema for the published description; the route itself reads the bytes and validates them once."""
    schema = TradeIn.model_json_schema(ref_template="#/components/schemas/{model}")
    # No other operation has this model, so it stands nowhere else in the document.
    schema["properties"]["lines"]["items"] = schema.pop("$defs")["LineEntry"]
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def shown(row: TradeRow, hidden: Container[UUID] = ()) -> TradeOut:
    """A trade as its parties see it; the buyer of a `hidden` one is left out."""
    return TradeOut(
        id=row.id,
        number=row.number,
        version=row.version,
        status=row.status,
        eligible=row.eligible,
        lacks=lacks_of(len(row.state.document_hashes)),
        trade=_without_buyer(trade_shown(row.state), row.id, hidden),
    )


def _without_buyer(trade: S, trade_id: UUID, hidden: Container[UUID]) -> S:
    return trade.model_copy(update={"buyer_id": None}) if trade_id in hidden else trade


async def _hidden(session: AsyncSession, scope: Scope, *rows: TradeRow) -> set[UUID]:
    """Trades whose buyer the operator completed: a stall holder isn't shown it, unless it exports itself (R-FILE-8)."""
    if scope.role != "stall_holder":
        return set()
    own = subject_of(scope)
    theirs = [row.id for row in rows if row.buyer_id is not None and row.consignor_id != own]
    return await buyers_completed(session, theirs) if theirs else set()


def _own(entry: TradeEntry, scope: Scope) -> None:
    if not is_own(entry, scope):
        raise Hidden("a trade is entered by its seller or its consignor")


@router.post(
    "/v1/trades",
    status_code=201,
    response_model=TradeOut,
    openapi_extra={"requestBody": _body_schema()},
    name="register_trade",
)
async def register_a_trade(request: Request) -> Response:
    """Register one trade."""
    caller: Caller = request.state.caller
    scope: Scope = request.state.scope
    body = await request.body()
    attempt = begin_attempt(request, caller, body)
    try:
        entry = _TRADE.validate_json(body)
    except ValidationError as error:
        raise await _malformed(request, attempt, scope, body, error.errors()) from error
    if caller.delegation_id is not None:
        return await _registered_for_another(request, caller, caller.delegation_id, entry)
    runtime: Runtime = request.app.state.runtime
    async with one_answer(request, attempt):
        _own(entry, scope)
        text = await register_trade(
            entry,
            registrations_of(request),
            registered_by=subject_of(scope),
            operation=attempt.operation,
            claim=Claim(attempt.caller.principal, attempt.key, attempt.fingerprint),
            sealer=runtime.sealer,
            act=attempt.act,
        )
    runtime.wake.poke()
    return Response(text.answer, 201, answer_headers(text))


async def _registered_for_another(request: Request, caller: Caller, delegation_id: UUID, entry: TradeEntry) -> Response:
    """Register a trade under a delegation: with its value counted, in one transaction."""
    async with commanded(request, caller) as command:
        _own(entry, command.scope)
        (outcome,) = await register_trades(
            command.session,
            [entry],
            registrations_of(request),
            registered_by=subject_of(command.scope),
            operation=command.attempt.operation,
            sealer=request.app.state.runtime.sealer,
            act=command.act,
        )
        if not isinstance(outcome, TradeText):
            raise Refused(outcome)
        command.delegated_value = await use_delegation(
            command.session, delegation_id, entry.total, entry.currency, act=command.act
        )
        location = f"/v1/trades/{outcome.trade_id}"
        answer = TradeOut.model_validate_json(outcome.answer)
        return await command.answer(answer, status=201, version=1, location=location)


async def _malformed(
    request: Request, attempt: Attempt, scope: Scope, body: bytes, errors: list[ErrorDetails]
) -> Exception:
    """Every breach of form, and for a party of the trade those of the rules too, as far as the rest can be read."""
    read = read_entry(body)
    if read.entry is None or not is_own(read.entry, scope):
        return RequestValidationError(errors)
    runtime: Runtime = request.app.state.runtime
    async with runtime.sessions(info=of_pilot(attempt.act.pilot)) as session:
        prepared = await prepare_trade(read.entry, registrations_of(request).facts, act=attempt.act, session=session)
    return Malformed((*read.breaches, *standing(prepared.breaches, read.unread)))


async def _seen(session: AsyncSession, scope: Scope, trade_id: UUID) -> TradeRow:
    return await row_seen(session, trades_seen_by(scope), trade_id, pilot=scope.pilot, what="trade")


@router.get("/v1/trades")
async def list_trades(session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedTrades) -> Page[TradeSummary]:
    """The trades the caller may see, newest first, each in short."""
    seen = trades_seen_by(scope)
    if asked.buyer_id is not None and scope.role == "stall_holder":
        # Whom a filter finds is known as well as whom an answer names.
        seen = seen.where(buyer_is_known_to(subject_of(scope)))
    query = trades_in_short(trades_like(seen, **asdict(asked)))
    rows = await wanted.rows(session, query, TradeRow.id)
    hidden = await _hidden(session, scope, *rows)
    bare = await without_originals(session, [row.id for row in rows])
    told = [model_from(TradeSummary, row, lacks=lacks_of(int(row.id not in bare))) for row in rows]
    short = [_without_buyer(each, each.id, hidden) for each in told]
    return wanted.page(rows, short, "id")


@router.get("/v1/trades/{trade_id}", response_model=TradeDetail)
async def read_trade(trade_id: UUID, request: Request) -> Response:
    """One trade, with where its quantities are."""
    scope: Scope = request.state.scope
    answer = await trade_reads_of(request).read(TradeAsked(trade_id, scope))
    filings = () if answer.filings is None else _FILINGS.validate_json(answer.filings)
    require_standing(request.state.caller, filings, reads=True)
    found = answer.trade()
    headers = {"content-type": "application/json", "etag": f'"{found.version}"'}
    return Response(detail_told(found), 200, headers)


@router.get("/v1/trades/{trade_id}/versions/{version}")
async def read_trade_version(trade_id: UUID, version: WholeNumberInUrl, session: Reading, scope: Scoped) -> TradeShown:
    """A trade as it was at a version."""
    row = await _seen(session, scope, trade_id)
    state = await version_of_trade(session, trade_id, version)
    if state is None:
        raise NotFound(f"no version {version}")
    return _without_buyer(trade_shown(state), trade_id, await _hidden(session, scope, row))


@router.post("/v1/trades/{trade_id}/corrections", response_model=TradeOut)
async def correct_a_trade(trade_id: UUID, body: CorrectionIn, command: Commanded, request: Request) -> Response:
    """Correct a trade by a new version; a buyer that was to be completed is completed so."""
    row = await correct_trade(
        command.session,
        trade_id,
        body,
        registrations_of(request).facts,
        version=command.expected_version(),
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    hidden = await _hidden(command.session, command.scope, row)
    return await command.answer(shown(row, hidden), version=row.version)


@router.post("/v1/trades/{trade_id}/voidings", response_model=TradeOut)
async def void_a_trade(trade_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Void a trade of which nothing is packed."""
    row = await void_trade(
        command.session, trade_id, version=command.expected_version(), reason=body.reason, act=command.act
    )
    hidden = await _hidden(command.session, command.scope, row)
    return await command.answer(shown(row, hidden), version=row.version)
