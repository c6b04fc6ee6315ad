"""What callers send and get."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.wire import CurrencyCode, MoneyAmount, PositiveMoney, RateText

_ID = "019a0000-0000-7000-8000-0000000000{:02d}"


class Input(BaseModel):
    """What a caller sends: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


class CollectionIn(Input):
    """A bank receipt (收汇), gross of the bank's charges."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "collector_id": _ID.format(2),
                    "bank_reference": "TT2026051300001",
                    "currency": "USD",
                    "amount": "1000.00",
                    "received_on": "2026-05-13",
                    "payer": "Vostok Instrument OOO",
                }
            ]
        },
    )

    collector_id: UUID
    bank_reference: str = Field(min_length=1, max_length=80)
    account_kind: Literal["trade", "personal"] = "trade"
    method: Literal["fx", "rmb"] = "fx"
    currency: CurrencyCode
    amount: PositiveMoney
    bank_charges: MoneyAmount = Decimal(0)
    received_on: date
    payer: str = Field(min_length=1, max_length=200)
    buyer_id: UUID | None = None


class MatchIn(Input):
    portion_id: UUID
    amount: PositiveMoney
    rate: RateText | None = None
    rate_source: str = Field("", max_length=120)


class MatchesIn(Input):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"matches": [{"portion_id": _ID.format(71), "amount": "306.00"}]}]},
    )

    matches: list[MatchIn] = Field(min_length=1, max_length=2000)


class UnmatchIn(Input):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"match_ids": [_ID.format(81)]}]})

    match_ids: list[UUID] = Field(min_length=1, max_length=2000)


class RefundIn(Input):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount": "10.00", "refunded_on": "2026-05-13"}]}
    )

    amount: PositiveMoney
    refunded_on: date
    evidence_hash: str = Field("", max_length=128)


class PassOnIn(Input):
    """A transfer from agent to principal (划转)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "agent_id": _ID.format(2),
                    "principal_id": _ID.format(1),
                    "currency": "USD",
                    "amount": "300.00",
                    "paid_as": "fx",
                    "paid_on": "2026-05-13",
                    "bank_reference": "PO2026051300001",
                }
            ]
        },
    )

    agent_id: UUID
    principal_id: UUID
    currency: CurrencyCode
    amount: PositiveMoney
    paid_as: Literal["fx", "rmb"]
    rate: RateText | None = None
    paid_on: date
    bank_reference: str = Field(min_length=1, max_length=80)


class QuotaStatement(Input):
    """What the bank states to be left of the yearly quota, in the converted currency."""

    reference: str = Field(min_length=1, max_length=80)
    remaining: MoneyAmount


class ConversionIn(Input):
    """A conversion from a personal account (结汇): with proof, or within the quota that the bank states."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "holder_id": _ID.format(4),
                    "currency": "USD",
                    "amount": "100.00",
                    "rate": "6.98",
                    "quota_statement": {"reference": "Q-1", "remaining": "50000.00"},
                    "converted_on": "2026-05-13",
                    "bank_reference": "CV2026051300001",
                }
            ]
        },
    )

    holder_id: UUID
    currency: CurrencyCode
    amount: PositiveMoney
    rate: RateText
    proof_portion_ids: list[UUID] = Field(default_factory=list, max_length=2000)
    quota_statement: QuotaStatement | None = None
    converted_on: date
    bank_reference: str = Field(min_length=1, max_length=80)


class CollectionOut(BaseModel):
    id: UUID
    version: int
    collection: dict[str, Any]


class EntitlementOut(BaseModel):
    """A declaration's room with its portions; `left` is what may still be matched."""

    declaration_id: UUID
    version: int
    left: MoneyAmount
    entitlement: dict[str, Any]


class PassOnOut(BaseModel):
    id: UUID
    number: str
    agent_id: UUID
    principal_id: UUID
    currency: str
    amount: MoneyAmount
    paid_as: str
    rmb_amount: MoneyAmount | None
    rate: RateText | None
    paid_on: date
    bank_reference: str


class ConversionOut(BaseModel):
    id: UUID
    number: str
    holder_id: UUID
    currency: str
    amount: MoneyAmount
    rmb_amount: MoneyAmount
    rate: RateText
    uses_quota: bool
    converted_on: date
    bank_reference: str


class Payable(BaseModel):
    """What an agent still owes a principal (R-FX-4)."""

    agent_id: UUID
    principal_id: UUID
    currency: str
    collected: MoneyAmount
    passed_on: MoneyAmount
    claims: MoneyAmount
    owed: MoneyAmount


class Payables(BaseModel):
    items: list[Payable]


class Balance(BaseModel):
    holder_id: UUID
    currency: str
    balance: MoneyAmount


class Balances(BaseModel):
    items: list[Balance]


class JournalLine(BaseModel):
    id: int
    entry_id: UUID
    account: str
    currency: str
    amount: MoneyAmount
    reference: str
    at: datetime


class JournalLines(BaseModel):
    items: list[JournalLine]
