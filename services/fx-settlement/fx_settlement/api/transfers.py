"""Pass-ons, conversions, what is owed and held, and the books."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Select, or_, select

from fx_settlement.api.scope import bank_of, scope_of
from fx_settlement.api.transfer_schemas import (
    Balance,
    Balances,
    ConversionIn,
    ConversionOut,
    JournalLine,
    JournalLines,
    PassOnIn,
    PassOnOut,
    Payable,
    Payables,
)
from fx_settlement.operations.money.convert_currency import Document, ToConvert, convert_currency
from fx_settlement.operations.money.pass_on import ToPassOn, pass_on
from fx_settlement.store.documents import QuotaStatement
from fx_settlement.store.parties import clients_of
from fx_settlement.store.tables import ConversionRow, JournalRow, PassOnRow, PayableRow, PersonalBalanceRow
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.rows import model_from, row_seen

router = APIRouter(tags=["transfers"])


@router.post("/v1/pass-ons", status_code=201, response_model=PassOnOut)
async def pass_money_on(body: PassOnIn, command: Commanded) -> Response:
    """Transfer collected money from agent to principal."""
    wanted = ToPassOn(**body.model_dump())
    row = await pass_on(command.session, wanted, bank_id=bank_of(command.caller), act=command.act)
    return await command.answer(model_from(PassOnOut, row), status=201, version=1, location=f"/v1/pass-ons/{row.id}")


@router.post("/v1/conversions", status_code=201, response_model=ConversionOut)
async def convert(body: ConversionIn, command: Commanded) -> Response:
    """Convert foreign exchange from a personal account."""
    fields = body.model_dump(exclude={"proof_portion_ids", "proof_document", "quota_statement"})
    statement = None if body.quota_statement is None else model_from(QuotaStatement, body.quota_statement)
    document = None if body.proof_document is None else Document(**body.proof_document.model_dump())
    wanted = ToConvert(
        **fields,
        proof_portion_ids=tuple(body.proof_portion_ids),
        proof_document=document,
        quota_statement=statement,
    )
    row = await convert_currency(command.session, wanted, bank_id=bank_of(command.caller), act=command.act)
    answer = model_from(ConversionOut, row)
    return await command.answer(answer, status=201, version=1, location=f"/v1/conversions/{row.id}")


def _pass_ons(caller: Caller) -> Select[PassOnRow]:
    subject_id, bank_id = scope_of(caller)
    query = select(PassOnRow).where(PassOnRow.pilot == caller.pilot)
    if bank_id is not None:
        return query.where(PassOnRow.bank_id == bank_id)
    if subject_id is None:
        return query
    return query.where(or_(PassOnRow.agent_id == subject_id, PassOnRow.principal_id == subject_id))


def _conversions(caller: Caller) -> Select[ConversionRow]:
    subject_id, bank_id = scope_of(caller)
    query = select(ConversionRow).where(ConversionRow.pilot == caller.pilot)
    if bank_id is not None:
        return query.where(ConversionRow.bank_id == bank_id)
    return query if subject_id is None else query.where(ConversionRow.holder_id == subject_id)


@router.get("/v1/pass-ons")
async def list_pass_ons(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[PassOnOut]:
    """The transfers the caller may see, newest first."""
    rows = list((await session.execute(wanted.of(_pass_ons(caller), PassOnRow.id))).scalars())
    return wanted.page(rows, [model_from(PassOnOut, row) for row in rows], "id")


@router.get("/v1/pass-ons/{pass_on_id}")
async def read_pass_on(pass_on_id: UUID, session: Reading, caller: Authorised, response: Response) -> PassOnOut:
    """One transfer; it never changes."""
    row = await row_seen(session, _pass_ons(caller), pass_on_id, pilot=caller.pilot, what="pass-on")
    response.headers["etag"] = '"1"'
    return model_from(PassOnOut, row)


@router.get("/v1/conversions")
async def list_conversions(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[ConversionOut]:
    """The conversions the caller may see, newest first."""
    rows = list((await session.execute(wanted.of(_conversions(caller), ConversionRow.id))).scalars())
    return wanted.page(rows, [model_from(ConversionOut, row) for row in rows], "id")


@router.get("/v1/conversions/{conversion_id}")
async def read_conversion(
    conversion_id: UUID, session: Reading, caller: Authorised, response: Response
) -> ConversionOut:
    """One conversion; it never changes."""
    row = await row_seen(session, _conversions(caller), conversion_id, pilot=caller.pilot, what="conversion")
    response.headers["etag"] = '"1"'
    return model_from(ConversionOut, row)


@router.get("/v1/payables")
async def list_payables(session: Reading, caller: Authorised) -> Payables:
    """What agents still owe their principals, every day anew."""
    query = select(PayableRow).where(PayableRow.pilot == caller.pilot)
    subject_id, bank_id = scope_of(caller)
    if bank_id is not None:
        query = query.where(PayableRow.agent_id.in_(clients_of(bank_id)))
    if subject_id is not None:
        query = query.where(or_(PayableRow.agent_id == subject_id, PayableRow.principal_id == subject_id))
    ordered = query.order_by(PayableRow.agent_id, PayableRow.principal_id, PayableRow.currency)
    names = set(Payable.model_fields) - {"owed"}
    rows = (await session.execute(ordered)).scalars()
    return Payables(items=[Payable.model_validate({name: getattr(row, name) for name in names}) for row in rows])


@router.get("/v1/balances")
async def list_balances(session: Reading, caller: Authorised) -> Balances:
    """What personal accounts hold."""
    query = select(PersonalBalanceRow).where(PersonalBalanceRow.pilot == caller.pilot)
    subject_id, bank_id = scope_of(caller)
    if bank_id is not None:
        query = query.where(PersonalBalanceRow.holder_id.in_(clients_of(bank_id)))
    if subject_id is not None:
        query = query.where(PersonalBalanceRow.holder_id == subject_id)
    rows = (await session.execute(query.order_by(PersonalBalanceRow.holder_id))).scalars()
    return Balances(items=[model_from(Balance, row) for row in rows])


@router.get("/v1/journal")
async def list_journal(session: Reading, caller: Authorised, after: int = 0) -> JournalLines:
    """The journal, 500 lines at a time; each entry sums to zero per currency."""
    query = select(JournalRow).where(JournalRow.pilot == caller.pilot, JournalRow.id > after)
    rows = (await session.execute(query.order_by(JournalRow.id).limit(500))).scalars()
    return JournalLines(items=[model_from(JournalLine, row) for row in rows])
