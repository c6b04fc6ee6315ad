"""What callers send and get."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.trade_ledger import DeclarationState, DifferenceName, PriceTerm
from shared.wire import (
    CountryCode,
    CurrencyCode,
    FilledText,
    HsCodeText,
    Input,
    Instant,
    MoneyAmount,
    PositiveQuantity,
    PositiveWeight,
    QuantityText,
    RateText,
    UnsignedMoney,
)
from trade_ledger.store.documents import Entered


class ReasonIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "entered twice"}]})

    reason: FilledText = Field(max_length=500)


class HandoverIn(Input):
    """Trades of one stall holder handed over to the operator."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"trade_ids": ["019a0000-0000-7000-8000-000000000021"]}]},
    )

    trade_ids: list[UUID] = Field(min_length=1, max_length=200)


class HandoverOut(BaseModel):
    id: UUID
    number: str
    from_subject_id: UUID
    to_subject_id: UUID
    handed_over_at: datetime
    trade_ids: list[UUID]


class LoadIn(Input):
    """A load: one container or one vehicle."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"container_number": "CSQU3054383"}]})

    container_number: str | None = Field(None, max_length=20)
    vehicle: FilledText | None = Field(None, max_length=20)


class LoadSealIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"seal_number": "SL0000123"}]})

    seal_number: FilledText = Field(max_length=40)


class ArrivalIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"arrived_at": "2026-05-13T15:00:00+08:00"}]})

    arrived_at: Instant


class LoadOut(BaseModel):
    id: UUID
    version: int
    load: dict[str, Any]


class PackingListIn(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"load_id": "019a0000-0000-7000-8000-000000000031", "destination": "RU"}]},
    )

    load_id: UUID
    destination: CountryCode


class PackLineIn(Input):
    trade_line_id: UUID
    quantity: PositiveQuantity
    packages: int = Field(ge=0, le=1_000_000)
    gross_weight_kg: PositiveWeight
    net_weight_kg: PositiveWeight
    volume_m3: QuantityText


class PackIn(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [
                        {
                            "trade_line_id": "019a0000-0000-7000-8000-000000000041",
                            "quantity": "120",
                            "packages": 6,
                            "gross_weight_kg": "55",
                            "net_weight_kg": "50.4",
                            "volume_m3": "0.6",
                        }
                    ]
                }
            ]
        },
    )

    lines: list[PackLineIn] = Field(min_length=1, max_length=1000)


class UnpackIn(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"packed_line_ids": ["019a0000-0000-7000-8000-000000000051"]}]},
    )

    packed_line_ids: list[UUID] = Field(min_length=1, max_length=1000)


class PackingListOut(BaseModel):
    id: UUID
    version: int
    packing_list: dict[str, Any]


class CustomsRateIn(Input):
    """A customs monthly rate as published: CNY per unit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"month": "2026-05-01", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}]
        },
    )

    month: date
    currency: CurrencyCode
    cny_per_unit: RateText
    source: FilledText = Field(max_length=200)


class CustomsRateOut(BaseModel):
    id: str
    month: date
    currency: str
    cny_per_unit: RateText
    source: str


class CustomsRates(BaseModel):
    items: list[CustomsRateOut]


class DifferenceIn(Input):
    """What a trade's goods are declared for above (or below) their slip, in the declaration's currency (R-DECL-10)."""

    trade_id: UUID
    name: DifferenceName
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
    customs_office: FilledText = Field(max_length=10)
    port: FilledText = Field(max_length=10)
    price_term: PriceTerm
    currency: CurrencyCode
    freight: UnsignedMoney = Decimal(0)
    insurance: UnsignedMoney = Decimal(0)
    inland: UnsignedMoney = Decimal(0)
    simplified: bool = False
    differences: list[DifferenceIn] = Field(default_factory=list, max_length=2000)
    declarant_id: UUID | None = None
    expected_arrival: date | None = None


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


class BreachShown(BaseModel):
    """One reason why not, and the rule behind it."""

    code: str
    rule: str
    pointer: str
    message: str
    message_zh: str


class PreflightOut(BaseModel):
    """What submission would say now."""

    breaches: list[BreachShown]
    total_value: MoneyAmount
    currency: str
    items: int


class PortionQuantity(Input):
    """A part that a receipt concerns; an amendment says what the portion declares from then on."""

    portion_id: UUID
    quantity: QuantityText
    declared_value: UnsignedMoney | None = None
    # Left out where it isn't told, so that a message kept before this field was known repeats itself.
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

    receipt_id: FilledText = Field(max_length=80)
    kind: Literal[
        "accepted", "rejected", "inspected", "released", "departed", "amended", "shut_out", "returned", "deleted"
    ]
    issued_at: Instant
    customs_number: str | None = Field(None, min_length=1, max_length=30)
    export_date: date | None = None
    portions: list[PortionQuantity] = Field(default_factory=list, max_length=2000)
    note: str = Field("", max_length=500)


class TraceStep(BaseModel):
    """One event of the whole flow."""

    at: datetime
    type: str
    key: str
    sequence: int
    actor: str
    shown: dict[str, Any]


class TraceOut(BaseModel):
    """Everything before and after an id, as one timeline (R-DECL-5)."""

    asked: str
    kind: str
    trades: list[UUID]
    declarations: list[UUID]
    portions: list[UUID]
    timeline: list[TraceStep]
