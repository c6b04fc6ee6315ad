"""Pass-ons, conversions, what is owed and held, and the books."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import Response

from fx_settlement.api.filters import WantedBalances, WantedConversions, WantedPassOns, WantedPayables
from fx_settlement.api.transfer_schemas import (
    Balance,
    ConversionIn,
    ConversionOut,
    ConversionSummary,
    JournalLine,
    PassOnIn,
    PassOnOut,
    Payable,
)
from fx_settlement.domain.payables import lying_here, owed_on
from fx_settlement.domain.spreading import Number
from fx_settlement.operations.money.convert_currency import Document, ToConvert, convert_currency
from fx_settlement.operations.money.pass_on import ToPassOn, pass_on
from fx_settlement.store.at_bank import PayableKey, balances_at_bank, payables_at_bank
from fx_settlement.store.conversions import conversions_like, conversions_seen_by
from fx_settlement.store.documents import QuotaStatement
from fx_settlement.store.journal import journal_after
from fx_settlement.store.pass_ons import pass_ons_like, pass_ons_seen_by
from fx_settlement.store.payables import payables_seen_by
from fx_settlement.store.personal_balances import balances_seen_by
from fx_settlement.store.tables import ConversionRow, PassOnRow, PayableRow, PersonalBalanceRow
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage, WantedPageByKeys
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import OfBank, bank_of

router = service_router("transfers")


@router.post("/v1/pass-ons", status_code=201, response_model=PassOnOut)
async def pass_money_on(body: PassOnIn, command: Commanded) -> Response:
    """Transfer collected money from agent to principal."""
    wanted = ToPassOn(**body.model_dump())
    row = await pass_on(command.session, wanted, bank_id=bank_of(command.scope), act=command.act)
    return await command.answer(model_from(PassOnOut, row), status=201, version=1, location=f"/v1/pass-ons/{row.id}")


@router.post("/v1/conversions", operation_id="convert_currency", status_code=201, response_model=ConversionOut)
async def convert(body: ConversionIn, command: Commanded) -> Response:
    """Convert foreign exchange from a personal account."""
    fields = body.model_dump(include=_AS_SENT)
    statement = None if body.quota_statement is None else model_from(QuotaStatement, body.quota_statement)
    document = None if body.proof_document is None else Document(**body.proof_document.model_dump())
    wanted = ToConvert(
        **fields,
        proof_portion_ids=tuple(body.proof_portion_ids),
        proof_numbers=(
            *(Number("customs_number", each) for each in body.proof_customs_numbers),
            *(Number("trade_number", each) for each in body.proof_trade_numbers),
        ),
        proof_document=document,
        quota_statement=statement,
    )
    row = await convert_currency(command.session, wanted, bank_id=bank_of(command.scope), act=command.act)
    answer = model_from(ConversionOut, row)
    return await command.answer(answer, status=201, version=1, location=f"/v1/conversions/{row.id}")


_AS_SENT = {"holder_id", "currency", "amount", "rate", "converted_on", "bank_reference"}


@router.get("/v1/pass-ons")
async def list_pass_ons(session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedPassOns) -> Page[PassOnOut]:
    """The transfers the caller may see, newest first."""
    rows = await wanted.rows(session, pass_ons_like(pass_ons_seen_by(scope), **asdict(asked)), PassOnRow.id)
    return wanted.page(rows, [model_from(PassOnOut, row) for row in rows], "id")


@router.get("/v1/pass-ons/{pass_on_id}")
async def read_pass_on(pass_on_id: UUID, session: Reading, scope: Scoped, response: Response) -> PassOnOut:
    """One transfer; it never changes."""
    row = await row_seen(session, pass_ons_seen_by(scope), pass_on_id, pilot=scope.pilot, what="pass-on")
    response.headers["etag"] = '"1"'
    return model_from(PassOnOut, row)


@router.get("/v1/conversions")
async def list_conversions(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedConversions
) -> Page[ConversionSummary]:
    """The conversions the caller may see, newest first, each in short."""
    rows = await wanted.rows(session, conversions_like(conversions_seen_by(scope), **asdict(asked)), ConversionRow.id)
    return wanted.page(rows, [model_from(ConversionSummary, row) for row in rows], "id")


@router.get("/v1/conversions/{conversion_id}")
async def read_conversion(conversion_id: UUID, session: Reading, scope: Scoped, response: Response) -> ConversionOut:
    """One conversion; it never changes."""
    row = await row_seen(session, conversions_seen_by(scope), conversion_id, pilot=scope.pilot, what="conversion")
    response.headers["etag"] = '"1"'
    return model_from(ConversionOut, row)


@router.get("/v1/payables")
async def list_payables(
    session: Reading, scope: Scoped, wanted: WantedPageByKeys, asked: WantedPayables
) -> Page[Payable]:
    """What agents still owe their principals, every day anew; to a bank, of the money that lies there."""
    query = payables_seen_by(scope, **asdict(asked))
    keys = (PayableRow.agent_id, PayableRow.principal_id, PayableRow.currency)
    rows = await wanted.rows(session, query, *keys)
    owed = {_key(row): row for row in rows}
    here = await payables_at_bank(session, owed, scope.party, scope.pilot) if isinstance(scope, OfBank) else owed
    shown = [
        model_from(Payable, here[key], owed=lying_here(owed_on(row), owed_on(here[key]))) for key, row in owed.items()
    ]
    return wanted.page(rows, shown, *keys)


def _key(row: PayableRow) -> PayableKey:
    return row.agent_id, row.principal_id, row.currency


@router.get("/v1/balances")
async def list_balances(
    session: Reading, scope: Scoped, wanted: WantedPageByKeys, asked: WantedBalances
) -> Page[Balance]:
    """What personal accounts hold; to a bank, of the money that lies there."""
    query = balances_seen_by(scope, **asdict(asked))
    keys = (PersonalBalanceRow.holder_id, PersonalBalanceRow.currency)
    rows = await wanted.rows(session, query, *keys)
    held = {(row.holder_id, row.currency): row.balance for row in rows}
    here = await balances_at_bank(session, held, scope.party, scope.pilot) if isinstance(scope, OfBank) else held
    shown = [
        Balance(holder_id=holder_id, currency=currency, balance=lying_here(whole, here[holder_id, currency]))
        for (holder_id, currency), whole in held.items()
    ]
    return wanted.page(rows, shown, *keys)


@router.get("/v1/journal")
async def list_journal(session: Reading, scope: Scoped, wanted: WantedPage) -> Page[JournalLine]:
    """The journal, oldest first; each entry sums to zero per currency."""
    rows = await journal_after(session, scope, wanted.serial or 0, most=wanted.limit + 1)
    return wanted.page(rows, [model_from(JournalLine, row) for row in rows], "id")
