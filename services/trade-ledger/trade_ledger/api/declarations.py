"""Declarations, customs' receipts and rates."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http.access import Authorised, Scoped
from shared.http.command import Command, Commanded, Reading, act_of
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from trade_ledger.api.declaration_schemas import (
    BreachShown,
    DeclarationIn,
    DeclarationOut,
    DeclarationSummary,
    DraftShown,
    PreflightOut,
    ReceiptIn,
)
from trade_ledger.api.filters import WantedDeclarations
from trade_ledger.api.schemas import ReasonIn
from trade_ledger.operations.declarations.assess_declaration import assess_declaration
from trade_ledger.operations.declarations.draft_declaration import Drafted, draft_declaration
from trade_ledger.operations.declarations.record_receipt import record_receipt
from trade_ledger.operations.declarations.submit_declaration import submit_declaration
from trade_ledger.operations.declarations.withdraw_declaration import withdraw_declaration
from trade_ledger.publishers.declarations import declaration_state, declaration_written
from trade_ledger.store.declarations import declarations_like, declarations_seen_by, own_declaration
from trade_ledger.store.documents import EnteredDifference, ReceiptMessage
from trade_ledger.store.tables.declarations import DeclarationRow

router = service_router("declarations")


async def shown(session: AsyncSession, row: DeclarationRow) -> DeclarationOut:
    """A declaration as its parties see it; a draft shows what was entered."""
    entered = DraftShown(**dict(row.content.entered), currency=row.currency)
    content = await declaration_state(session, row) if row.attempt else entered
    return DeclarationOut(
        id=row.id,
        number=row.number,
        version=row.version,
        status=row.status,
        customs_number=row.customs_number,
        declaration=content,
    )


async def _answer(command: Command, row: DeclarationRow, status: int = 200) -> Response:
    location = f"/v1/declarations/{row.id}" if status == 201 else None
    content, written = await shown(command.session, row), declaration_written(command.session, row)
    return await command.answer(content, status=status, version=row.version, location=location, written=written)


@router.post("/v1/declarations", status_code=201, response_model=DeclarationOut)
async def draft_a_declaration(body: DeclarationIn, command: Commanded) -> Response:
    """Draft a declaration over sealed packing lists; nothing is taken yet."""
    drafted = Drafted(
        packing_list_ids=tuple(body.packing_list_ids),
        customs_office=body.customs_office,
        port=body.port,
        price_term=body.price_term,
        currency=body.currency,
        freight=body.freight,
        insurance=body.insurance,
        inland=body.inland,
        simplified=body.simplified,
        differences=tuple(EnteredDifference(**dict(each)) for each in body.differences),
        declarant_id=body.declarant_id,
        expected_arrival=body.expected_arrival,
    )
    return await _answer(command, await draft_declaration(command.session, drafted, act=command.act), 201)


@router.get("/v1/declarations")
async def list_declarations(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedDeclarations
) -> Page[DeclarationSummary]:
    """The declarations the caller may see, newest first, each in short."""
    query = declarations_seen_by(scope)
    query = declarations_like(query, **asdict(asked))
    rows = await wanted.rows(session, query, DeclarationRow.id)
    return wanted.page(rows, [model_from(DeclarationSummary, row) for row in rows], "id")


@router.get("/v1/declarations/{declaration_id}")
async def read_declaration(declaration_id: UUID, session: Reading, scope: Scoped, response: Response) -> DeclarationOut:
    """One declaration with its items, portions and open cases."""
    query = declarations_seen_by(scope)
    row = await row_seen(session, query, declaration_id, pilot=scope.pilot, what="declaration")
    response.headers["etag"] = f'"{row.version}"'
    return await shown(session, row)


@router.get("/v1/declarations/{declaration_id}/preflight", operation_id="preflight_declaration")
async def preflight(declaration_id: UUID, session: Reading, caller: Authorised, request: Request) -> PreflightOut:
    """The result that submission would have now, with every breach; nothing is changed."""
    act = act_of(request, caller)
    row = await own_declaration(session, declaration_id, None, act)
    currency = row.currency
    assessed = await assess_declaration(session, row, act=act)
    await session.rollback()
    catalogue = request.app.state.catalogue
    texts = [(breach, *catalogue.texts(breach)) for breach in assessed.breaches]
    return PreflightOut(
        breaches=[
            BreachShown(code=b.code, rule=b.rule, pointer=b.pointer, message=english, message_zh=chinese)
            for b, english, chinese in texts
        ],
        total_value=sum((share.valued.declared for share in assessed.shares), Decimal(0)),
        currency=currency,
        items=len(assessed.items),
    )


@router.post(
    "/v1/declarations/{declaration_id}/submissions", operation_id="submit_declaration", response_model=DeclarationOut
)
async def submit(declaration_id: UUID, command: Commanded) -> Response:
    """Submit to customs."""
    version = command.expected_version()
    return await _answer(
        command, await submit_declaration(command.session, declaration_id, version=version, act=command.act)
    )


@router.post(
    "/v1/declarations/{declaration_id}/withdrawals", operation_id="withdraw_declaration", response_model=DeclarationOut
)
async def withdraw(declaration_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Withdraw before acceptance."""
    row = await withdraw_declaration(
        command.session,
        declaration_id,
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, row)


@router.post("/v1/declarations/{declaration_id}/receipts", operation_id="record_receipt", response_model=DeclarationOut)
async def receive(declaration_id: UUID, body: ReceiptIn, command: Commanded) -> Response:
    """Record a message of customs: a fact, whatever the order (so it needs no If-Match)."""
    row = await record_receipt(
        command.session,
        declaration_id,
        receipt_id=body.receipt_id,
        kind=body.kind,
        issued_at=body.issued_at,
        message=ReceiptMessage.model_validate(body, from_attributes=True),
        act=command.act,
    )
    return await _answer(command, row)
