"""Request and response bodies for declarations, customs' receipts and rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.trade_ledger import DeclarationState, DeclarationStatus, DifferenceName, PriceTerm
from shared.wire import (
    Chosen,
    CurrencyCode,
    DateText,
    HsCodeText,
    Input,
    Instant,
    MoneyAmount,
    QuantityText,
    Reference,
    Text,
    UnsignedMoney,
    YesNo,
)
from trade_ledger.store.documents import Entered

ReceiptKind = Literal[
    "accepted", "rejected", "inspected", "released", "departed", "amended", "shut_out", "returned", "deleted"
]


class DifferenceIn(Input):
    """What a trade's goods are declared for above (or below) their slip, in the declaration's currency (R-DECL-10)."""

    trade_id: UUID
    name: Annotated[DifferenceName, Chosen("difference")]
    amount: MoneyAmount


class DeclarationIn(Input):
    """A draft over sealed packing lists; charges in the declaration's currency (V28)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "packing_list_ids": ["019a0000-0000-7000-8000-000000000061"],
                    "customs_office": "8012",
                    "port": "8011",
                    "price_term": "FOB",
                    "currency": "USD",
                    "simplified": False,
                }
            ]
        },
    )

    packing_list_ids: list[UUID] = Field(min_length=1, max_length=50)
    customs_office: Reference = Field(max_length=10)
    port: Reference = Field(max_length=10)
    price_term: Annotated[PriceTerm, Chosen("price_term")]
    currency: CurrencyCode
    freight: UnsignedMoney = Decimal(0)
    insurance: UnsignedMoney = Decimal(0)
    inland: UnsignedMoney = Decimal(0)
    simplified: YesNo = False
    differences: list[DifferenceIn] = Field(default_factory=list, max_length=2000)
    declarant_id: UUID | None = None
    expected_arrival: DateText | None = None


class DraftShown(Entered):
    """A draft: what was entered."""

    currency: CurrencyCode


class DeclarationOut(BaseModel):
    id: UUID
    number: str
    version: int
    status: str
    customs_number: str | None
    declaration: DeclarationState | DraftShown


class DeclarationSummary(BaseModel):
    """A declaration in short; its totals, in its currency, are those of the newest submission as amended."""

    id: UUID
    number: str
    version: int
    status: DeclarationStatus
    attempt: int
    customs_number: str | None
    consignor_id: UUID
    declarant_id: UUID
    currency: CurrencyCode
    total_value: MoneyAmount | None
    total_fob: MoneyAmount | None
    total_fob_usd: MoneyAmount | None
    export_date: date | None
    created_at: datetime


class BreachShown(BaseModel):
    """One breach, with the rule behind it."""

    code: str
    rule: str
    pointer: str
    message: str
    message_zh: str


class PreflightOut(BaseModel):
    """The result that submission would have now."""

    breaches: list[BreachShown]
    total_value: MoneyAmount
    currency: str
    items: int


class PortionQuantity(Input):
    """A part that a receipt concerns; an amendment says what the portion declares from then on."""

    portion_id: UUID
    quantity: QuantityText
    declared_value: UnsignedMoney | None = None
    # Omitted if absent, so that a message stored before this field existed still equals its repetition.
    hs_code: HsCodeText | None = Field(None, exclude_if=lambda code: code is None)


class ReceiptIn(Input):
    """A message of customs (R-DECL-4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "receipt_id": "R-2026-000001",
                    "kind": "accepted",
                    "issued_at": "2026-05-13T16:00:00+08:00",
                    "customs_number": "801220260000000001",
                }
            ]
        },
    )

    receipt_id: Reference = Field(max_length=80)
    kind: Annotated[ReceiptKind, Chosen("receipt_kind")]
    issued_at: Instant
    customs_number: Reference | None = Field(None, max_length=30)
    export_date: DateText | None = None
    portions: list[PortionQuantity] = Field(default_factory=list, max_length=2000)
    note: Text = Field("", max_length=500)
    corrects: Reference | None = Field(
        None,
        max_length=80,
        description="receipt_id of an earlier message that this one replaces: that one is kept and no longer counts",
        exclude_if=lambda corrected: corrected is None,
    )
