"""What callers send and get."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.trade_ledger import ExportMode, PriceTerm, SettlementMethod, TradeKind
from shared.wire import (
    CountryCode,
    CurrencyCode,
    HsCodeText,
    MoneyAmount,
    PositiveMoney,
    PositiveQuantity,
    PositiveWeight,
    QuantityText,
    RateText,
)

_LINE = {
    "goods_name": "活动扳手",
    "hs_code": "8204120000",
    "quantity": "120",
    "unit": "把",
    "statutory_quantity": "50.4",
    "statutory_unit": "千克",
    "unit_price": "2.55",
    "amount": "306.00",
    "packages": 6,
    "package_unit": "箱",
    "net_weight_kg": "50.4",
    "origin_place": "重庆大足",
}


class Input(BaseModel):
    """What a caller sends: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


class LineIn(Input):
    """A goods line (R-TRADE-2)."""

    goods_name: str = Field(min_length=1, max_length=200)
    specification: str = Field("", max_length=300)
    brand: str = Field("", max_length=100)
    item_mark: str = Field("", max_length=100)
    hs_code: HsCodeText
    quantity: PositiveQuantity
    unit: str = Field(min_length=1, max_length=20)
    statutory_quantity: PositiveQuantity
    statutory_unit: str = Field(min_length=1, max_length=20)
    second_statutory_quantity: PositiveQuantity | None = None
    second_statutory_unit: str | None = Field(None, max_length=20)
    unit_price: MoneyAmount
    amount: MoneyAmount
    packages: int = Field(ge=0, le=1_000_000)
    package_unit: str = Field("箱", max_length=20)
    net_weight_kg: PositiveWeight
    origin_place: str = Field(min_length=1, max_length=100)
    producer: str = Field("", max_length=200)


class DomesticLegIn(Input):
    """The domestic RMB leg (境内人民币结算, R-TRADE-6)."""

    amount: PositiveMoney
    paid_on: date
    payer: str = Field(min_length=1, max_length=200)
    payee: str = Field(min_length=1, max_length=200)
    reference: str = Field(min_length=1, max_length=100)


class TradeIn(Input):
    """A trade (交易单)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "seller_id": "019a0000-0000-7000-8000-000000000001",
                    "consignor_id": "019a0000-0000-7000-8000-000000000002",
                    "buyer_id": "019a0000-0000-7000-8000-000000000003",
                    "export_mode": "agency",
                    "export_agency_id": "019a0000-0000-7000-8000-000000000011",
                    "settlement_method": "fx",
                    "trade_date": "2026-05-13",
                    "currency": "USD",
                    "total": "306.00",
                    "lines": [_LINE],
                }
            ]
        },
    )

    seller_id: UUID
    consignor_id: UUID
    buyer_id: UUID | None = None
    stall_number: str = Field("", max_length=30)
    kind: TradeKind = "goods"
    procurement: Literal["self", "entrusted"] = "self"
    export_mode: ExportMode
    procurement_agency_id: UUID | None = None
    export_agency_id: UUID | None = None
    settlement_method: SettlementMethod
    channel: Literal["market", "cross_border_ecommerce", "comprehensive_service"] = "market"
    trade_date: date
    price_term: PriceTerm = "FOB"
    currency: CurrencyCode
    total: MoneyAmount
    domestic_leg: DomesticLegIn | None = None
    document_hashes: list[str] = Field(default_factory=list, max_length=20)
    external_ref: str = Field("", max_length=60)
    lines: list[LineIn] = Field(min_length=1, max_length=500)


class CorrectionIn(TradeIn):
    """The trade as it should be, and why."""

    reason: str = Field(min_length=1, max_length=500)


class ReasonIn(Input):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "entered twice"}]})

    reason: str = Field(min_length=1, max_length=500)


class TradeOut(BaseModel):
    """A trade at its newest version."""

    id: UUID
    number: str
    version: int
    status: str
    eligible: bool
    trade: dict[str, Any]


class LineCounters(BaseModel):
    """Where a line's quantity is (cumulative)."""

    line_id: UUID
    line_no: int
    registered: QuantityText
    void: QuantityText
    packed: QuantityText
    declared: QuantityText
    released: QuantityText
    departed: QuantityText
    returned: QuantityText


class TradeDetail(TradeOut):
    counters: list[LineCounters]


class RowProblem(BaseModel):
    """One thing wrong in one cell."""

    sheet: str = ""
    row: int
    column: str = ""
    code: str
    rule: str = ""
    message: str
    message_zh: str


class RowResult(BaseModel):
    """What became of one row or slip."""

    row: int
    reference: str
    id: UUID | None = None
    number: str | None = None
    problems: list[RowProblem] = Field(default_factory=list)


class BulkReport(BaseModel):
    """One report of everything, by row and column; each trade is registered whole or not at all."""

    registered: int
    refused: int
    results: list[RowResult]


class HandoverIn(Input):
    """Trades of one stall holder handed over to the operator."""

    model_config = ConfigDict(
        extra="forbid",
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

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"container_number": "CSQU3054383"}]})

    container_number: str | None = Field(None, max_length=20)
    vehicle: str | None = Field(None, max_length=20)


class LoadSealIn(Input):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"seal_number": "SL0000123"}]})

    seal_number: str = Field(min_length=1, max_length=40)


class ArrivalIn(Input):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"arrived_at": "2026-05-13T15:00:00+08:00"}]}
    )

    arrived_at: AwareDatetime


class LoadOut(BaseModel):
    id: UUID
    version: int
    load: dict[str, Any]


class PackingListIn(Input):
    model_config = ConfigDict(
        extra="forbid",
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
        extra="forbid",
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
        extra="forbid",
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
        extra="forbid",
        json_schema_extra={
            "examples": [{"month": "2026-05-01", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}]
        },
    )

    month: date
    currency: CurrencyCode
    cny_per_unit: RateText
    source: str = Field(min_length=1, max_length=200)


class CustomsRateOut(BaseModel):
    id: str
    month: date
    currency: str
    cny_per_unit: RateText
    source: str


class CustomsRates(BaseModel):
    items: list[CustomsRateOut]


class DeclarationIn(Input):
    """A draft over sealed packing lists; charges in the declaration's currency (V28)."""

    model_config = ConfigDict(
        extra="forbid",
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
    customs_office: str = Field(min_length=1, max_length=10)
    port: str = Field(min_length=1, max_length=10)
    price_term: PriceTerm
    currency: CurrencyCode
    freight: MoneyAmount = Field("0")  # type: ignore[assignment]  # parsed like any wire value
    insurance: MoneyAmount = Field("0")  # type: ignore[assignment]  # parsed like any wire value
    inland: MoneyAmount = Field("0")  # type: ignore[assignment]  # parsed like any wire value
    simplified: bool = False
    declarant_id: UUID | None = None


class DeclarationOut(BaseModel):
    id: UUID
    number: str
    version: int
    status: str
    customs_number: str | None
    declaration: dict[str, Any]


class PreflightOut(BaseModel):
    """What submission would say now."""

    breaches: list[dict[str, Any]]
    total_value: MoneyAmount
    currency: str
    items: int


class PortionQuantity(Input):
    """A part that a receipt concerns; an amendment says what the portion declares from then on."""

    portion_id: UUID
    quantity: QuantityText
    declared_value: MoneyAmount | None = None


class ReceiptIn(Input):
    """A message of customs (R-DECL-4)."""

    model_config = ConfigDict(
        extra="forbid",
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

    receipt_id: str = Field(min_length=1, max_length=80)
    kind: Literal[
        "accepted", "rejected", "inspected", "released", "departed", "amended", "shut_out", "returned", "deleted"
    ]
    issued_at: AwareDatetime
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
