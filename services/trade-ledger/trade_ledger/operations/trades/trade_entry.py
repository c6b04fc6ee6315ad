"""What a caller enters as a trade, from JSON, an NDJSON row or a slip of a workbook: one form for all three."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.events.trade_ledger import BrandStatement, ExportMode, PriceTerm, SettlementMethod, TradeKind
from shared.wire import CurrencyCode, HsCodeText, MoneyAmount, PositiveMoney, PositiveQuantity, PositiveWeight

ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Entry(BaseModel):
    """Nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


class LineEntry(Entry):
    """A goods line (R-TRADE-2)."""

    goods_name: str = Field(min_length=1, max_length=200)
    specification: str = Field("", max_length=300)
    brand: str = Field("", max_length=100)
    brand_statement: BrandStatement = ""
    brand_evidence_hash: ContentHash | None = None
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


class DomesticLegEntry(Entry):
    """The domestic RMB leg (境内人民币结算, R-TRADE-6)."""

    amount: PositiveMoney
    paid_on: date
    payer: str = Field(min_length=1, max_length=200)
    payee: str = Field(min_length=1, max_length=200)
    reference: str = Field(min_length=1, max_length=100)


class TradeEntry(Entry):
    """A trade (交易单)."""

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
    domestic_leg: DomesticLegEntry | None = None
    document_hashes: list[ContentHash] = Field(default_factory=list, max_length=20)
    external_ref: str = Field("", max_length=60)
    lines: list[LineEntry] = Field(min_length=1, max_length=500)
