"""Request and response bodies for trades."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from shared.events.base import Part
from shared.events.trade_ledger import TradeState
from shared.sealing import Mask
from shared.wire import CurrencyCode, MoneyAmount, QuantityText
from trade_ledger.domain.originals import Lack
from trade_ledger.store.entries import CorrectionEntry, TradeEntry

LINE_EXAMPLE: JsonDict = {
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

TRADE_EXAMPLE: JsonDict = {
    "seller_id": "019a0000-0000-7000-8000-000000000001",
    "consignor_id": "019a0000-0000-7000-8000-000000000002",
    "buyer_id": "019a0000-0000-7000-8000-000000000003",
    "export_mode": "agency",
    "export_agency_id": "019a0000-0000-7000-8000-000000000011",
    "settlement_method": "fx",
    "trade_date": "2026-05-13",
    "currency": "USD",
    "total": "306.00",
    "lines": [LINE_EXAMPLE],
}


class TradeIn(TradeEntry):
    """A trade (交易单)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [TRADE_EXAMPLE]},
    )


class CorrectionIn(CorrectionEntry):
    """The trade as it should be, and why; lines that name their `line_id` keep it wherever they stand now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**TRADE_EXAMPLE, "reason": "price of a piece was misread"}]}
    )


class DomesticLegShown(Part):
    """The domestic RMB leg (境内人民币结算, R-TRADE-6) with payer and payee masked."""

    amount: MoneyAmount
    paid_on: date
    payer: Mask
    payee: Mask
    reference: str


class TradeShown(TradeState):
    """A trade (交易单) with its lines as its parties see it."""

    domestic_leg: DomesticLegShown | None = None  # type: ignore[assignment]  # what is sealed there is masked here


def trade_shown(state: TradeState) -> TradeShown:
    """A trade as its parties see it."""
    return TradeShown.model_validate(state, from_attributes=True)


class TradeOut(BaseModel):
    """A trade at its newest version."""

    id: UUID
    number: str
    version: int
    status: str
    eligible: bool
    lacks: list[Lack]
    trade: TradeShown


class TradeSummary(BaseModel):
    """A trade in short; its lines are read by its id."""

    id: UUID
    number: str
    version: int
    status: str
    eligible: bool
    lacks: list[Lack]
    seller_id: UUID
    owner_id: UUID
    consignor_id: UUID
    buyer_id: UUID | None
    external_ref: str
    trade_date: date
    currency: CurrencyCode
    total: MoneyAmount
    registered_at: datetime
    handed_over_at: datetime | None


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


class DocumentFlag(BaseModel):
    """Another trade with the same original document; `other_method` where it is settled in another way (V15, V19).

    The number is told to those who may see that trade.
    """

    number: str | None
    other_method: bool


class TradeDetail(TradeOut):
    """A trade with where its quantities are, and whose documents it shares."""

    counters: list[LineCounters]
    same_document: list[DocumentFlag]


class RowProblem(BaseModel):
    """One thing wrong in one cell; `cell` is its address in the sheet, such as F3."""

    sheet: str = ""
    row: int
    column: str = ""
    cell: str = ""
    code: str
    rule: str = ""
    rule_version: str = ""
    message: str
    message_zh: str
    fix: str
    fix_zh: str


class RowResult(BaseModel):
    """What became of one row or slip."""

    row: int
    reference: str
    id: UUID | None = None
    number: str | None = None
    lacks: list[Lack] = Field(default_factory=list)
    problems: list[RowProblem] = Field(default_factory=list)


class HiddenCells(BaseModel):
    """What a sheet holds and doesn't show: the whole sheet, filled rows, filled columns. It was read like the rest."""

    sheet: str
    whole: bool
    rows: list[int]
    columns: list[str]


class BulkReport(BaseModel):
    """One report of everything, by row and column; each trade is registered whole or not at all."""

    registered: int
    refused: int
    results: list[RowResult]
    hidden: list[HiddenCells] = Field(default_factory=list)


class JobProblem(BaseModel):
    """Why a job failed, and what to do."""

    code: str
    message: str
    message_zh: str
    fix: str
    fix_zh: str


class TradeJob(BaseModel):
    """A file of trades that is registered after its request was answered, and how far it is.

    A row is counted in the transaction that registers or refuses it. `report` is where the report is, once it ended.
    """

    id: UUID
    operation: str
    state: Literal["waiting", "running", "done", "failed"]
    rows: int
    rows_done: int
    registered: int
    refused: int
    sent_at: datetime
    began_at: datetime | None
    moved_at: datetime
    ended_at: datetime | None
    problem: JobProblem | None
    report: str | None
