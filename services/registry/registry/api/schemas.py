"""What callers send and get."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from shared.events.registry import Grade, QualificationKind, Role
from shared.vocabulary.identifiers import IdentityKind
from shared.wire import CoordinateText, CountryCode

STALL: JsonDict = {
    "stall_number": "02-000018",
    "longitude": "105.744000",
    "latitude": "29.541000",
    "valid_from": "2026-01-01",
}


class Input(BaseModel):
    """What a caller sends: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


class IdentityIn(Input):
    """An identity document; its kind decides how the number is checked (V4)."""

    kind: IdentityKind
    number: str = Field(min_length=3, max_length=40)
    country: CountryCode = "CN"


class StallIn(Input):
    """A stall (摊位) with its place in degrees and its dates."""

    stall_number: str = Field(min_length=1, max_length=30)
    longitude: CoordinateText
    latitude: CoordinateText
    valid_from: date
    valid_to: date | None = None


class QualificationIn(Input):
    """A dated qualification (R-FILE-7)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "fx_directory", "value": "A", "valid_from": "2026-01-01"}]},
    )

    kind: QualificationKind
    value: str = Field(min_length=1, max_length=80)
    valid_from: date
    valid_to: date | None = None
    source: str = Field("", max_length=120)
    bank_id: UUID | None = None
    account: str | None = Field(None, min_length=4, max_length=40)


class SubjectIn(Input):
    """A filing of one role of an identity (备案)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "identity": {"kind": "passport", "number": "RU7654321", "country": "RU"},
                    "name": "Dmitri Sokolov",
                    "role": "buyer",
                }
            ]
        },
    )

    identity: IdentityIn
    name: str = Field(min_length=1, max_length=200)
    role: Role
    stalls: list[StallIn] = Field(default_factory=list, max_length=20)
    qualifications: list[QualificationIn] = Field(default_factory=list, max_length=20)


class StepIn(Input):
    """Why a filing takes a step."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "documents complete"}]})

    reason: str = Field("", max_length=500)


class SuspensionIn(StepIn):
    """A suspension; with a stop order what was registered before stops too (R-FILE-3)."""

    stop_order: bool = False


class AmendmentIn(Input):
    """The stalls from now on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"stalls": [STALL], "reason": "moved to hall 2"}]}
    )

    stalls: list[StallIn] = Field(max_length=20)
    reason: str = Field("", max_length=500)


class PurposeIn(Input):
    """Why somebody needs the whole identity number."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"purpose": "inspection 2026-14"}]})

    purpose: str = Field(min_length=5, max_length=300)


class GradeIn(Input):
    """A credit grade on the caller's own scale."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"grade": "B", "effective_from": "2026-05-01", "reason": "base rating"}]},
    )

    grade: Grade
    effective_from: date
    reason: str = Field(min_length=1, max_length=500)


class FilingOut(BaseModel):
    role: str
    filing_number: str
    status: str
    filed_by: UUID | None
    effective_from: datetime | None
    suspended_at: datetime | None
    reason: str
    version: int


class SubjectOut(BaseModel):
    """A subject; its identity is masked here, whole only through an identity view."""

    id: UUID
    number: str
    identity_kind: str
    identity_mask: str
    country: str
    natural_person: bool
    display_name: str
    filings: list[FilingOut]
    stalls: list[dict[str, Any]]
    qualifications: list[dict[str, Any]]
    version: int


class SubjectVersion(BaseModel):
    """One state a subject had: which step made it, who, when and why."""

    version: int
    step: str
    role: str | None
    actor: str
    at: datetime
    reason: str
    state: dict[str, Any]


class SubjectVersions(BaseModel):
    items: list[SubjectVersion]


class IdentityOut(BaseModel):
    """A whole identity; the view is in the audit trail."""

    id: UUID
    identity_number: str
    name: str


class GradeOut(BaseModel):
    subject_id: UUID
    authority: str
    grade: str
    effective_from: date
    reason: str
    measures: dict[str, Any]


class ProcurementAgencyIn(Input):
    """A procurement agency (委托采购): who buys for whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "principal_id": "019a0000-0000-7000-8000-000000000003",
                    "agent_id": "019a0000-0000-7000-8000-000000000002",
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-12-31",
                    "entrusted_goods": "hand tools",
                }
            ]
        },
    )

    principal_id: UUID
    agent_id: UUID
    valid_from: date
    valid_to: date
    entrusted_goods: str = Field(min_length=1, max_length=500)


class ExportAgencyIn(Input):
    """An export agency (委托代理出口): who exports, who collects, who files the exemption (R-FILE-6)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "principal_id": "019a0000-0000-7000-8000-000000000001",
                    "agent_id": "019a0000-0000-7000-8000-000000000002",
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-12-31",
                    "collector": "agent",
                    "exemption_filer": "agent",
                }
            ]
        },
    )

    principal_id: UUID
    agent_id: UUID
    valid_from: date
    valid_to: date
    collector: Literal["agent", "principal"]
    exemption_filer: Literal["agent", "principal"]


class AgreementOut(BaseModel):
    id: UUID
    number: str
    kind: str
    principal_id: UUID
    agent_id: UUID
    status: str
    valid_from: date
    valid_to: date
    entrusted_goods: str
    collector: str | None
    exemption_filer: str | None
    version: int


class Places(BaseModel):
    items: list[dict[str, Any]]


class PlaceOut(BaseModel):
    id: str
    kind: str
    content: dict[str, Any]
    version: int


class PilotIn(Input):
    """A pilot's own data: a second pilot is a row, not a release (R-FILE-2)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
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
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=120)
    name_zh: str = Field(min_length=1, max_length=120)
    bounds: list[tuple[CoordinateText, CoordinateText]] = Field(min_length=3, max_length=500)
    bounds_source: str = Field(min_length=1, max_length=120)
    acceptance_gate_open_from: date | None = None
    customs_offices: list[str] = Field(min_length=1, max_length=20)


class BankIn(Input):
    """A handling bank (经办银行)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "样例银行", "connection": "interface", "valid_from": "2026-01-01"}]},
    )

    name: str = Field(min_length=1, max_length=120)
    connection: Literal["interface", "web"]
    valid_from: date
    valid_to: date | None = None


class SiteIn(Input):
    """A supervised site or consolidation warehouse."""

    model_config = ConfigDict(
        extra="forbid",
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

    name: str = Field(min_length=1, max_length=120)
    kind: Literal["supervised_site", "consolidation_warehouse"]
    operator_name: str = Field(min_length=1, max_length=120)
    valid_from: date
    valid_to: date | None = None


class PortIn(Input):
    """A designated port of exit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"port_code": "8011", "name": "样例口岸", "valid_from": "2026-01-01"}]},
    )

    port_code: str = Field(pattern=r"^[0-9A-Z]{2,10}$")
    name: str = Field(min_length=1, max_length=120)
    valid_from: date
    valid_to: date | None = None


class CommodityEntryIn(Input):
    """An entry by code prefix, keywords, or both (R-GOODS-1)."""

    hs_prefix: str = Field("", pattern=r"^[0-9]{0,10}$")
    keywords: list[str] = Field(default_factory=list, max_length=50)
    verdict: Literal["eligible", "not_eligible"]
    reason: str = Field(min_length=1, max_length=300)
    reason_zh: str = Field(min_length=1, max_length=300)
    barred_from_simplification: bool = False


class CommodityListIn(Input):
    """A list version, published as it is."""

    model_config = ConfigDict(
        extra="forbid",
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

    kind: Literal["positive", "negative"]
    effective_from: date
    source: str = Field(min_length=1, max_length=200)
    entries: list[CommodityEntryIn] = Field(min_length=1, max_length=5000)


class CommodityListOut(BaseModel):
    id: UUID
    kind: str
    version: int
    effective_from: date
    entry_count: int


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
    """A person's decision on a name and code."""

    model_config = ConfigDict(
        extra="forbid",
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

    goods_name: str = Field(min_length=1, max_length=200)
    hs_code: str = Field(pattern=r"^([0-9]{6}|[0-9]{8}|[0-9]{10})$")
    verdict: Literal["eligible", "not_eligible"]
    reason: str = Field(min_length=1, max_length=500)
    expires_on: date | None = None


class CommodityDecisionOut(BaseModel):
    id: UUID
    goods_name: str
    hs_code: str
    verdict: str
    reason: str
    authority: str
    effective_from: date
    expires_on: date | None


class TaskOut(BaseModel):
    line_id: UUID
    trade_id: UUID
    trade_number: str
    goods_name: str
    hs_code: str
    opened_at: datetime


class Tasks(BaseModel):
    items: list[TaskOut]
