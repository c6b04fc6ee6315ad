"""Request and response bodies for pass-ons, conversions, balances and the books."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from fx_settlement.api.schemas import ID, BusinessDay, example
from shared.wire import Chosen, CurrencyCode, Input, MoneyAmount, PositiveMoney, PositiveRate, RateText, Reference


class PassOnIn(Input):
    """A transfer from agent to principal (划转)."""

    model_config = example(
        agent_id=ID.format(2),
        principal_id=ID.format(1),
        currency="USD",
        amount="300.00",
        paid_as="fx",
        paid_on="2026-05-13",
        bank_reference="PO2026051300001",
    )

    agent_id: UUID
    account_id: UUID | None = None
    principal_id: UUID
    principal_account_id: UUID | None = None
    currency: CurrencyCode
    amount: PositiveMoney
    paid_as: Annotated[Literal["fx", "rmb"], Chosen("paid_in")]
    rate: PositiveRate | None = None
    paid_on: BusinessDay
    bank_reference: Reference = Field(max_length=80)


class QuotaStatementIn(Input):
    """What the bank states to be left of the yearly quota, in the converted currency."""

    reference: Reference = Field(max_length=80)
    remaining: MoneyAmount = Field(ge=0)


class ProofDocument(Input):
    """A proof of trade by its hash, and what it is made out for in the converted currency."""

    hash: Reference = Field(min_length=32, max_length=128)
    total: PositiveMoney


class ConversionIn(Input):
    """A conversion from a personal account (结汇): with proof, or within the quota that the bank states."""

    model_config = example(
        holder_id=ID.format(4),
        currency="USD",
        amount="100.00",
        rate="6.98",
        quota_statement={"reference": "Q-1", "remaining": "50000.00"},
        converted_on="2026-05-13",
        bank_reference="CV2026051300001",
    )

    holder_id: UUID
    account_id: UUID | None = None
    currency: CurrencyCode
    amount: PositiveMoney
    rate: PositiveRate
    proof_portion_ids: list[UUID] = Field(default_factory=list, max_length=2000)
    proof_customs_numbers: list[Annotated[Reference, Field(max_length=80)]] = Field(
        default_factory=list, max_length=100
    )
    proof_trade_numbers: list[Annotated[Reference, Field(max_length=80)]] = Field(default_factory=list, max_length=100)
    proof_document: ProofDocument | None = None
    quota_statement: QuotaStatementIn | None = None
    converted_on: BusinessDay
    bank_reference: Reference = Field(max_length=80)


class PassOnOut(BaseModel):
    id: UUID
    number: str
    bank_id: UUID
    agent_id: UUID
    account_id: UUID
    principal_id: UUID
    principal_account_id: UUID | None
    currency: str
    amount: MoneyAmount
    paid_as: str
    rmb_amount: MoneyAmount | None
    rate: RateText | None
    rate_id: str | None
    paid_on: date
    bank_reference: str


class ConversionSummary(BaseModel):
    """A conversion in a list."""

    id: UUID
    number: str
    bank_id: UUID
    holder_id: UUID
    account_id: UUID
    currency: str
    amount: MoneyAmount
    rmb_amount: MoneyAmount
    rate: RateText
    rate_id: str
    uses_quota: bool
    proof_document_hash: str | None
    converted_on: date
    bank_reference: str


class ConversionOut(ConversionSummary):
    """A conversion with the portions that proved it."""

    proof_portion_ids: list[UUID]


class OwedOnAccount(BaseModel):
    """What an agent still owes of the money on one of its accounts."""

    bank_id: UUID
    account_id: UUID
    owed: MoneyAmount


class Payable(BaseModel):
    """What an agent still owes a principal: collected and claimed back, less charges and pass-ons; by account, too."""

    agent_id: UUID
    principal_id: UUID
    currency: str
    collected: MoneyAmount
    charges: MoneyAmount
    passed_on: MoneyAmount
    claims: MoneyAmount
    owed: MoneyAmount
    accounts: list[OwedOnAccount]


class BalanceOnAccount(BaseModel):
    """What one of the holder's personal accounts holds."""

    bank_id: UUID
    account_id: UUID
    balance: MoneyAmount


class Balance(BaseModel):
    """What a holder's personal accounts hold of a currency, in all and account by account."""

    holder_id: UUID
    currency: str
    balance: MoneyAmount
    accounts: list[BalanceOnAccount]


class JournalLine(BaseModel):
    id: int
    entry_id: UUID
    account: str
    currency: str
    amount: MoneyAmount
    reference: str
    at: datetime
