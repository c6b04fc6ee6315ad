"""What a caller enters as a trade, from JSON, an NDJSON row or a slip of a workbook: one form for all three."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.trade_ledger import BrandStatement, ExportMode, PriceTerm, SettlementMethod, TradeKind
from shared.wire import (
    Chosen,
    ContentHash,
    CurrencyCode,
    DateText,
    FilledText,
    HsCodeText,
    Input,
    MoneyAmount,
    Name,
    OptionalName,
    OptionalReference,
    PositiveMoney,
    PositiveQuantity,
    PositiveWeight,
    Reference,
    WholeNumber,
)

Channel = Literal["market", "cross_border_ecommerce", "comprehensive_service"]


class LineEntry(Input):
    """A goods line (R-TRADE-2)."""

    goods_name: Name = Field(max_length=200)
    specification: OptionalName = Field("", max_length=300)
    brand: OptionalName = Field("", max_length=100)
    brand_statement: Annotated[BrandStatement, Chosen("brand_statement")] = ""
    brand_evidence_hash: ContentHash | None = None
    item_mark: OptionalName = Field("", max_length=100)
    hs_code: HsCodeText
    quantity: PositiveQuantity
    unit: Name = Field(max_length=20)
    statutory_quantity: PositiveQuantity
    statutory_unit: Name = Field(max_length=20)
    second_statutory_quantity: PositiveQuantity | None = None
    second_statutory_unit: OptionalName | None = Field(None, max_length=20)
    unit_price: MoneyAmount
    amount: MoneyAmount
    packages: WholeNumber = Field(ge=0, le=1_000_000)
    package_unit: OptionalName = Field("箱", max_length=20)
    net_weight_kg: PositiveWeight
    origin_place: Name = Field(max_length=100)
    producer: OptionalName = Field("", max_length=200)


class DomesticLegEntry(Input):
    """The domestic RMB leg (境内人民币结算, R-TRADE-6)."""

    amount: PositiveMoney
    paid_on: DateText
    payer: Name = Field(max_length=200)
    payee: Name = Field(max_length=200)
    reference: Reference = Field(max_length=100)


class TradeEntry(Input):
    """A trade (交易单)."""

    seller_id: UUID
    consignor_id: UUID
    buyer_id: UUID | None = None
    stall_number: OptionalReference = Field("", max_length=30)
    kind: Annotated[TradeKind, Chosen("trade_kind")] = "goods"
    procurement: Annotated[Literal["self", "entrusted"], Chosen("procurement")] = "self"
    export_mode: Annotated[ExportMode, Chosen("export_mode")]
    procurement_agency_id: UUID | None = None
    export_agency_id: UUID | None = None
    settlement_method: Annotated[SettlementMethod, Chosen("settlement_method")]
    channel: Annotated[Channel, Chosen("channel")] = "market"
    trade_date: DateText
    price_term: Annotated[PriceTerm, Chosen("price_term")] = "FOB"
    currency: CurrencyCode
    total: MoneyAmount
    domestic_leg: DomesticLegEntry | None = None
    document_hashes: list[ContentHash] = Field(default_factory=list, max_length=20)
    external_ref: OptionalReference = Field("", max_length=60)
    lines: list[LineEntry] = Field(min_length=1, max_length=500)


class CorrectedLineEntry(LineEntry):
    """A line of a correction; `line_id` says which line it was."""

    line_id: UUID | None = Field(None, exclude=True)


class CorrectionEntry(TradeEntry):
    """The trade as it should be, and why.

    Where a line names its id, all do that were there before, and one without is new; where none does, each is the line
    that stood in its place.
    """

    lines: list[CorrectedLineEntry] = Field(min_length=1, max_length=500)  # type: ignore[assignment]  # only read
    reason: FilledText = Field(max_length=500)
