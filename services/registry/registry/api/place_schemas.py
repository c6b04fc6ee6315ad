"""Request and response bodies for places and commodities."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from registry.store.documents import ListEntry, ListKind, Verdict
from shared.events.registry import BankFiled, PilotChanged, PortDesignated, SiteFiled
from shared.wire import (
    Chosen,
    Coded,
    CoordinateText,
    DateText,
    FilledText,
    HsCodeText,
    HsPrefixText,
    Input,
    Name,
    YesNo,
    one_of_missing,
)

CodeText = Annotated[str, Coded(r"^[0-9A-Z]{2,10}$")]
"""A customs code of an office or port."""


C = TypeVar("C")


class PlaceOut(BaseModel, Generic[C]):
    """A place as everybody sees it: its data as last published, and its version."""

    id: str
    kind: str
    content: C
    version: int


class PilotOut(PlaceOut[PilotChanged]):
    """A pilot's own data."""


class BankOut(PlaceOut[BankFiled]):
    """A handling bank."""


class SiteOut(PlaceOut[SiteFiled]):
    """A supervised site or warehouse."""


class PortOut(PlaceOut[PortDesignated]):
    """A designated port."""


_PILOT: JsonDict = {
    "name": "Longshui hardware market",
    "name_zh": "大足龙水五金市场集聚区",
    "bounds": [
        ["105.730000", "29.520000"],
        ["105.770000", "29.520000"],
        ["105.770000", "29.553000"],
        ["105.730000", "29.553000"],
    ],
    "bounds_source": "sample",
    "acceptance_gate_open_from": "2026-01-01",
    "customs_offices": ["8012"],
    "number_prefix": "LS",
}

PrefixText = Annotated[str, Coded(r"^[A-Z0-9]{2,4}$")]
"""What a pilot's numbers begin with (V60)."""


class PilotChangeIn(Input):
    """A pilot's own data from now on; without `number_prefix` its numbers begin as they did."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PILOT]})

    name: Name = Field(max_length=120)
    name_zh: Name = Field(max_length=120)
    bounds: list[tuple[CoordinateText, CoordinateText]] = Field(min_length=3, max_length=500)
    bounds_source: Name = Field(max_length=120)
    acceptance_gate_open_from: DateText | None = None
    customs_offices: list[CodeText] = Field(min_length=1, max_length=20)
    number_prefix: PrefixText | None = None


class PilotIn(PilotChangeIn):
    """A pilot's own data: a second pilot is a row, not a release (R-FILE-2)."""

    number_prefix: PrefixText


class BankIn(Input):
    """A handling bank (经办银行)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "样例银行", "connection": "interface", "valid_from": "2026-01-01"}]},
    )

    name: Name = Field(max_length=120)
    connection: Annotated[Literal["interface", "web"], Chosen("bank_connection")]
    valid_from: DateText
    valid_to: DateText | None = None


class SiteIn(Input):
    """A supervised site or consolidation warehouse."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "龙水监管场所",
                    "kind": "supervised_site",
                    "operator_name": "样例场所经营人",
                    "valid_from": "2026-01-01",
                }
            ]
        },
    )

    name: Name = Field(max_length=120)
    kind: Annotated[Literal["supervised_site", "consolidation_warehouse"], Chosen("site_kind")]
    operator_name: Name = Field(max_length=120)
    valid_from: DateText
    valid_to: DateText | None = None


class PortDatesIn(Input):
    """A designated port's name and dates."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "样例口岸", "valid_from": "2026-01-01"}]})

    name: Name = Field(max_length=120)
    valid_from: DateText
    valid_to: DateText | None = None


class PortIn(PortDatesIn):
    """A designated port of exit."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"port_code": "8011", "name": "样例口岸", "valid_from": "2026-01-01"}]},
    )

    port_code: CodeText


class CommodityEntryIn(Input):
    """An entry by code prefix, keywords, or both (R-GOODS-1)."""

    hs_prefix: HsPrefixText = ""
    keywords: list[Annotated[Name, Field(max_length=80)]] = Field(default_factory=list, max_length=50)
    verdict: Annotated[Verdict, Chosen("verdict")]
    reason: FilledText = Field(max_length=300)
    reason_zh: FilledText = Field(max_length=300)
    barred_from_simplification: YesNo = False

    @model_validator(mode="after")
    def _fits_something(self) -> CommodityEntryIn:
        if not self.hs_prefix and not self.keywords:
            raise one_of_missing("hs_prefix, keywords")
        return self


class CommodityListIn(Input):
    """A list version, published as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "positive",
                    "effective_from": "2026-01-01",
                    "source": "sample",
                    "entries": [
                        {
                            "hs_prefix": "82",
                            "verdict": "eligible",
                            "reason": "hand tools",
                            "reason_zh": "手工具",
                        }
                    ],
                }
            ]
        },
    )

    kind: Annotated[ListKind, Chosen("list_kind")]
    effective_from: DateText
    source: Name = Field(max_length=200)
    entries: list[CommodityEntryIn] = Field(min_length=1, max_length=5000)


class CommodityListOut(BaseModel):
    id: UUID
    kind: str
    version: int
    effective_from: date
    entry_count: int


class CommodityListContent(CommodityListOut):
    """A list version with its source and entries."""

    source: str
    published_at: datetime
    entries: list[ListEntry]


class CandidateOut(BaseModel):
    entry: str
    verdict: str
    score: int
    reason: str
    reason_zh: str


class RecognitionOut(BaseModel):
    """The decision and what it rests on, best first (R-GOODS-2)."""

    decision: str
    candidates: list[CandidateOut]


class CommodityDecisionIn(Input):
    """A person's decision on a name and code; one that overrides a list names its last day (V10)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "goods_name": "竹制刀架",
                    "hs_code": "4421999090",
                    "verdict": "eligible",
                    "reason": "ordinary household goods",
                }
            ]
        },
    )

    goods_name: Name = Field(max_length=200)
    hs_code: HsCodeText
    verdict: Annotated[Verdict, Chosen("verdict")]
    reason: FilledText = Field(max_length=500)
    expires_on: DateText | None = None


class CommodityDecisionOut(BaseModel):
    id: UUID
    goods_name: str
    hs_code: str
    verdict: str
    reason: str
    authority: str
    effective_from: date
    expires_on: date | None
    rule_version: str | None
    decided_at: datetime


class TaskOut(BaseModel):
    line_id: UUID
    trade_id: UUID
    trade_number: str
    goods_name: str
    hs_code: str
    opened_at: datetime
