"""Entitlements, collections, pass-ons, conversions and the books."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.api.schemas import (
    Balance,
    Balances,
    CollectionIn,
    CollectionOut,
    ConversionIn,
    ConversionOut,
    EntitlementOut,
    JournalLine,
    JournalLines,
    MatchesIn,
    PassOnIn,
    PassOnOut,
    Payable,
    Payables,
    RefundIn,
    UnmatchIn,
)
from fx_settlement.operations.book_collection import Booked, book_collection
from fx_settlement.operations.convert_currency import ToConvert, convert_currency
from fx_settlement.operations.match_collection import ToMatch, match_collection
from fx_settlement.operations.pass_on import ToPassOn, pass_on
from fx_settlement.operations.refund_collection import refund_collection
from fx_settlement.operations.unmatch_collection import unmatch_collection
from fx_settlement.publishers.money import collection_state, entitlement_state
from fx_settlement.store.money import collections_seen_by
from fx_settlement.store.tables import (
    CollectionRow,
    EntitlementPortion,
    EntitlementRow,
    JournalRow,
    PayableRow,
    PersonalBalanceRow,
)
from shared.http.access import Authorised
from shared.http.command import Command, Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.vocabulary.errors import Forbidden, Hidden, NotFound

router = APIRouter(tags=["money"])


def _bank(caller: Caller) -> UUID:
    if caller.bank_id is None:
        raise Forbidden("the token names no bank")
    return caller.bank_id


async def _shown(session: AsyncSession, row: CollectionRow) -> CollectionOut:
    state = (await collection_state(session, row)).model_dump(mode="json")
    return CollectionOut(id=row.id, version=row.version, collection={**state, "payer": state["payer"]["mask"]})


async def _answer(command: Command, row: CollectionRow, status: int = 200) -> Response:
    location = f"/v1/collections/{row.id}" if status == 201 else None
    content = await _shown(command.session, row)
    return await command.answer(content, status=status, version=row.version, location=location)


@router.post("/v1/collections", status_code=201, response_model=CollectionOut)
async def book_a_collection(body: CollectionIn, command: Commanded, request: Request) -> Response:
    """Book a receipt at the caller's bank."""
    row = await book_collection(
        command.session,
        Booked(**body.model_dump()),
        bank_id=_bank(command.caller),
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    return await _answer(command, row, 201)


def _seen(caller: Caller) -> Any:
    everything = not caller.is_party and caller.role != "bank"
    return collections_seen_by(
        caller.pilot, subject_id=caller.subject_id, bank_id=caller.bank_id, all_of_them=everything
    )


@router.get("/v1/collections")
async def list_collections(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[CollectionOut]:
    """The collections the caller may see, newest first."""
    rows = list((await session.execute(wanted.of(_seen(caller), CollectionRow.id))).scalars())  # type: ignore[arg-type]  # column
    return wanted.page(rows, [await _shown(session, row) for row in rows], "id")


@router.get("/v1/collections/{collection_id}")
async def read_collection(
    collection_id: UUID, session: Reading, caller: Authorised, response: Response
) -> CollectionOut:
    """One collection with its matches."""
    found = (await session.execute(_seen(caller).where(CollectionRow.id == collection_id))).scalar_one_or_none()
    if found is None:
        exists = await session.get(CollectionRow, collection_id)
        if exists is not None and exists.pilot == caller.pilot:
            raise Hidden(f"collection {collection_id} is somebody else's")
        raise NotFound(f"no collection {collection_id}")
    response.headers["etag"] = f'"{found.version}"'
    return await _shown(session, found)


@router.post("/v1/collections/{collection_id}/matches", response_model=CollectionOut)
async def match_a_collection(collection_id: UUID, body: MatchesIn, command: Commanded) -> Response:
    """Use the collection for released portions."""
    wanted = [ToMatch(**each.model_dump()) for each in body.matches]
    version = command.expected_version()
    bank_id = _bank(command.caller)
    row = await match_collection(
        command.session, collection_id, wanted, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/unmatchings", response_model=CollectionOut)
async def unmatch_a_collection(collection_id: UUID, body: UnmatchIn, command: Commanded) -> Response:
    """Undo matches whose money was not passed on."""
    row = await unmatch_collection(
        command.session,
        collection_id,
        body.match_ids,
        version=command.expected_version(),
        bank_id=_bank(command.caller),
        act=command.act,
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/refunds", response_model=CollectionOut)
async def refund_a_collection(collection_id: UUID, body: RefundIn, command: Commanded) -> Response:
    """Refund what is not matched."""
    row = await refund_collection(
        command.session,
        collection_id,
        amount=body.amount,
        refunded_on=body.refunded_on,
        evidence_hash=body.evidence_hash,
        version=command.expected_version(),
        bank_id=_bank(command.caller),
        act=command.act,
    )
    return await _answer(command, row)


@router.get("/v1/entitlements")
async def list_entitlements(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[EntitlementOut]:
    """The rooms of released declarations the caller may see, newest first."""
    query = select(EntitlementRow).where(EntitlementRow.pilot == caller.pilot)
    if caller.is_party:
        query = query.where(EntitlementRow.declaration_id.in_(_own_declarations(caller)))
    rows = list((await session.execute(wanted.of(query, EntitlementRow.declaration_id))).scalars())  # type: ignore[arg-type]  # column
    return wanted.page(rows, [await _entitlement(session, row) for row in rows], "declaration_id")


def _own_declarations(caller: Caller) -> Any:
    portion = EntitlementPortion
    own = or_(
        portion.collector_id == caller.subject_id,
        portion.owner_id == caller.subject_id,
        portion.consignor_id == caller.subject_id,
    )
    return select(portion.declaration_id).where(own)


async def _entitlement(session: AsyncSession, row: EntitlementRow) -> EntitlementOut:
    state = await entitlement_state(session, row)
    return EntitlementOut(
        declaration_id=row.declaration_id,
        version=row.version,
        left=row.collectable - row.matched,
        entitlement=state.model_dump(mode="json"),
    )


@router.get("/v1/entitlements/{declaration_id}")
async def read_entitlement(declaration_id: UUID, session: Reading, caller: Authorised) -> EntitlementOut:
    """The room of one declaration."""
    row = await session.get(EntitlementRow, declaration_id)
    if row is None or row.pilot != caller.pilot:
        raise NotFound(f"no entitlement {declaration_id}")
    if caller.is_party:
        own = _own_declarations(caller).where(EntitlementPortion.declaration_id == declaration_id)
        if (await session.execute(own)).first() is None:
            raise Hidden(f"declaration {declaration_id} is somebody else's")
    return await _entitlement(session, row)


@router.post("/v1/pass-ons", status_code=201, response_model=PassOnOut)
async def pass_money_on(body: PassOnIn, command: Commanded) -> Response:
    """Transfer collected money from agent to principal."""
    row = await pass_on(command.session, ToPassOn(**body.model_dump()), bank_id=_bank(command.caller), act=command.act)
    answer = PassOnOut.model_validate({name: getattr(row, name) for name in PassOnOut.model_fields})
    return await command.answer(answer, status=201, location=f"/v1/pass-ons/{row.id}")


@router.post("/v1/conversions", status_code=201, response_model=ConversionOut)
async def convert(body: ConversionIn, command: Commanded) -> Response:
    """Convert foreign exchange from a personal account."""
    fields = body.model_dump(exclude={"proof_portion_ids", "quota_statement"})
    statement = None if body.quota_statement is None else body.quota_statement.model_dump(mode="json")
    wanted = ToConvert(**fields, proof_portion_ids=tuple(body.proof_portion_ids), quota_statement=statement)
    row = await convert_currency(command.session, wanted, bank_id=_bank(command.caller), act=command.act)
    answer = ConversionOut.model_validate({name: getattr(row, name) for name in ConversionOut.model_fields})
    return await command.answer(answer, status=201, location=f"/v1/conversions/{row.id}")


@router.get("/v1/payables")
async def list_payables(session: Reading, caller: Authorised) -> Payables:
    """What agents still owe their principals, every day anew."""
    query = select(PayableRow).where(PayableRow.pilot == caller.pilot)
    if caller.is_party:
        query = query.where(or_(PayableRow.agent_id == caller.subject_id, PayableRow.principal_id == caller.subject_id))
    rows = (await session.execute(query.order_by(PayableRow.agent_id, PayableRow.principal_id))).scalars()
    names = set(Payable.model_fields) - {"owed"}
    return Payables(
        items=[
            Payable(owed=row.collected + row.claims - row.passed_on, **{name: getattr(row, name) for name in names})
            for row in rows
        ]
    )


@router.get("/v1/balances")
async def list_balances(session: Reading, caller: Authorised) -> Balances:
    """What personal accounts hold."""
    query = select(PersonalBalanceRow).where(PersonalBalanceRow.pilot == caller.pilot)
    if caller.is_party:
        query = query.where(PersonalBalanceRow.holder_id == caller.subject_id)
    rows = (await session.execute(query.order_by(PersonalBalanceRow.holder_id))).scalars()
    return Balances(
        items=[Balance(holder_id=row.holder_id, currency=row.currency, balance=row.balance) for row in rows]
    )


@router.get("/v1/journal")
async def list_journal(session: Reading, caller: Authorised, after: int = 0) -> JournalLines:
    """The journal, 500 lines at a time; each entry sums to zero per currency."""
    query = select(JournalRow).where(JournalRow.pilot == caller.pilot, JournalRow.id > after)
    rows = (await session.execute(query.order_by(JournalRow.id).limit(500))).scalars()
    names = JournalLine.model_fields
    return JournalLines(
        items=[JournalLine.model_validate({name: getattr(row, name) for name in names}) for row in rows]
    )
