"""Pass-ons, conversions, what is owed and held, and the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from fastapi import Response

from fx_settlement.api.filters import WantedBalances, WantedConversions, WantedPassOns, WantedPayables
from fx_settlement.api.transfer_schemas import (
    Balance,
    BalanceOnAccount,
    ConversionIn,
    ConversionOut,
    ConversionSummary,
    JournalLine,
    OwedOnAccount,
    PassOnIn,
    PassOnOut,
    Payable,
)
from fx_settlement.domain.payables import owed_on
from fx_settlement.domain.places import lying_on
from fx_settlement.domain.spreading import Number
from fx_settlement.operations.money.convert_currency import Document, ToConvert, convert_currency
from fx_settlement.operations.money.pass_on import ToPassOn, pass_on
from fx_settlement.store.accounts import account_of
from fx_settlement.store.at_bank import (
    Account,
    PayableKey,
    PayableOnAccount,
    balances_on_accounts,
    payables_on_accounts,
)
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
from shared.scope import OfBank, Scope, bank_of

router = service_router("transfers")
T = TypeVar("T", PassOnOut, ConversionOut, ConversionSummary)


def _shown(answer: type[T], row: PassOnRow | ConversionRow) -> T:
    """A transfer or a conversion with its account, which a row of 0.1.0 doesn't name."""
    return model_from(answer, row, account_id=account_of(row))


@router.post("/v1/pass-ons", status_code=201, response_model=PassOnOut)
async def pass_money_on(body: PassOnIn, command: Commanded) -> Response:
    """Transfer collected money from agent to principal."""
    wanted = ToPassOn(**body.model_dump())
    row = await pass_on(command.session, wanted, bank_id=bank_of(command.scope), act=command.act)
    return await command.answer(_shown(PassOnOut, row), status=201, version=1, location=f"/v1/pass-ons/{row.id}")


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
    answer = _shown(ConversionOut, row)
    return await command.answer(answer, status=201, version=1, location=f"/v1/conversions/{row.id}")


_AS_SENT = {"holder_id", "account_id", "currency", "amount", "rate", "converted_on", "bank_reference"}


@router.get("/v1/pass-ons")
async def list_pass_ons(session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedPassOns) -> Page[PassOnOut]:
    """The transfers the caller may see, newest first."""
    rows = await wanted.rows(session, pass_ons_like(pass_ons_seen_by(scope), **asdict(asked)), PassOnRow.id)
    return wanted.page(rows, [_shown(PassOnOut, row) for row in rows], "id")


@router.get("/v1/pass-ons/{pass_on_id}")
async def read_pass_on(pass_on_id: UUID, session: Reading, scope: Scoped, response: Response) -> PassOnOut:
    """One transfer; it never changes."""
    row = await row_seen(session, pass_ons_seen_by(scope), pass_on_id, pilot=scope.pilot, what="pass-on")
    response.headers["etag"] = '"1"'
    return _shown(PassOnOut, row)


@router.get("/v1/conversions")
async def list_conversions(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedConversions
) -> Page[ConversionSummary]:
    """The conversions the caller may see, newest first, each in short."""
    rows = await wanted.rows(session, conversions_like(conversions_seen_by(scope), **asdict(asked)), ConversionRow.id)
    return wanted.page(rows, [_shown(ConversionSummary, row) for row in rows], "id")


@router.get("/v1/conversions/{conversion_id}")
async def read_conversion(conversion_id: UUID, session: Reading, scope: Scoped, response: Response) -> ConversionOut:
    """One conversion; it never changes."""
    row = await row_seen(session, conversions_seen_by(scope), conversion_id, pilot=scope.pilot, what="conversion")
    response.headers["etag"] = '"1"'
    return _shown(ConversionOut, row)


@router.get("/v1/payables")
async def list_payables(
    session: Reading, scope: Scoped, wanted: WantedPageByKeys, asked: WantedPayables
) -> Page[Payable]:
    """What agents still owe their principals, every day anew; to a bank, of the money that lies there."""
    query = payables_seen_by(scope, **asdict(asked))
    keys = (PayableRow.agent_id, PayableRow.principal_id, PayableRow.currency)
    rows = await wanted.rows(session, query, *keys)
    lying = await payables_on_accounts(session, map(_key, rows), scope.pilot, bank_id=_bank(scope))
    return wanted.page(rows, [_payable(row, lying[_key(row)], scope) for row in rows], *keys)


def _key(row: PayableRow) -> PayableKey:
    return row.agent_id, row.principal_id, row.currency


def _bank(scope: Scope) -> UUID | None:
    return scope.party if isinstance(scope, OfBank) else None


def _payable(row: PayableRow, lying: Mapping[Account, PayableOnAccount], scope: Scope) -> Payable:
    owed = lying_on(owed_on(row), {account: owed_on(part) for account, part in lying.items()})
    accounts = [OwedOnAccount(bank_id=bank, account_id=each, owed=left) for (bank, each), left in owed.items()]
    if not isinstance(scope, OfBank):
        return model_from(Payable, row, owed=owed_on(row), accounts=accounts)
    sums = {name: sum((getattr(part, name) for part in lying.values()), Decimal(0)) for name in _SUMS}
    return model_from(Payable, row, **sums, owed=sum(owed.values(), Decimal(0)), accounts=accounts)


_SUMS = ("collected", "charges", "claims", "passed_on")


@router.get("/v1/balances")
async def list_balances(
    session: Reading, scope: Scoped, wanted: WantedPageByKeys, asked: WantedBalances
) -> Page[Balance]:
    """What personal accounts hold; to a bank, of the money that lies there."""
    query = balances_seen_by(scope, **asdict(asked))
    keys = (PersonalBalanceRow.holder_id, PersonalBalanceRow.currency)
    rows = await wanted.rows(session, query, *keys)
    held = [(row.holder_id, row.currency) for row in rows]
    lying = await balances_on_accounts(session, held, scope.pilot, bank_id=_bank(scope))
    shown = [_balance(row, lying[row.holder_id, row.currency], scope) for row in rows]
    return wanted.page(rows, shown, *keys)


def _balance(row: PersonalBalanceRow, lying: Mapping[Account, Decimal], scope: Scope) -> Balance:
    held = lying_on(row.balance, lying)
    accounts = [BalanceOnAccount(bank_id=bank, account_id=each, balance=part) for (bank, each), part in held.items()]
    whole = sum(held.values(), Decimal(0)) if isinstance(scope, OfBank) else row.balance
    return model_from(Balance, row, balance=whole, accounts=accounts)


@router.get("/v1/journal")
async def list_journal(session: Reading, scope: Scoped, wanted: WantedPage) -> Page[JournalLine]:
    """The journal, oldest first; each entry sums to zero per currency."""
    rows = await journal_after(session, scope, wanted.serial or 0, most=wanted.limit + 1)
    return wanted.page(rows, [model_from(JournalLine, row) for row in rows], "id")
