"""Request and response bodies for subjects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from registry.api.qualification_schemas import QualificationIn
from registry.store.parameters import MeasuresOfGrade
from shared.events.registry import FilingStatus, Grade, QualificationKind, Role, Stall
from shared.rows import model_from
from shared.sealing import Mask
from shared.vocabulary.identifiers import IdentityKind
from shared.wire import (
    Chosen,
    CoordinateText,
    CountryCode,
    DateText,
    FilledText,
    Input,
    Name,
    Reference,
    Text,
    YesNo,
    one_of_missing,
)

STALL: JsonDict = {
    "stall_number": "02-000018",
    "longitude": "105.744000",
    "latitude": "29.541000",
    "valid_from": "2026-01-01",
}


class IdentityIn(Input):
    """An identity document; its kind decides how the number is checked (V4)."""

    kind: Annotated[IdentityKind, Chosen("identity_kind")]
    number: Reference = Field(min_length=3, max_length=40)
    country: CountryCode = "CN"


class StallIn(Input):
    """A stall (摊位) with its place in degrees and its dates."""

    stall_number: Reference = Field(max_length=30)
    longitude: CoordinateText
    latitude: CoordinateText
    valid_from: DateText
    valid_to: DateText | None = None


ChosenRole = Annotated[Role, Chosen("role")]


def stall_of(stated: StallIn) -> Stall:
    """A stall as it is kept."""
    return model_from(Stall, stated)


class SubjectIn(Input):
    """A filing of one role of an identity (备案)."""

    model_config = ConfigDict(
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
    name: Name = Field(max_length=200)
    role: ChosenRole
    stalls: list[StallIn] = Field(default_factory=list, max_length=20)
    qualifications: list[QualificationIn] = Field(default_factory=list, max_length=20)


class StepIn(Input):
    """Why a party takes a step."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "as agreed"}]})

    reason: Text = Field("", max_length=500)


class DecisionIn(Input):
    """Why an authority decides so, or a party ends its filing: no decision without a reason (V6)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "documents complete"}]})

    reason: FilledText = Field(max_length=500)


class SuspensionIn(DecisionIn):
    """A suspension; with a stop order what was registered before stops too (R-FILE-3)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "quality case 2026-3", "stop_order": True}]})

    stop_order: YesNo = False


class AmendmentIn(Input):
    """What changes: the stalls, the name, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stalls": [STALL], "reason": "moved to hall 2"}]})

    stalls: list[StallIn] | None = Field(None, max_length=20)
    name: Name | None = Field(None, max_length=200)
    reason: FilledText = Field(max_length=500)

    @model_validator(mode="after")
    def _says_something(self) -> AmendmentIn:
        if self.stalls is None and self.name is None:
            raise one_of_missing("stalls, name")
        return self


ViewPurpose = Literal["filing_review", "inspection", "tax_review", "fx_review", "investigation", "request_of_person"]


class PurposeIn(Input):
    """Why somebody needs the whole identity number."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "inspection"}]})

    purpose: Annotated[ViewPurpose, Chosen("view_purpose")]


class GradeIn(Input):
    """A credit grade on the caller's own scale."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"grade": "B", "effective_from": "2026-05-01", "reason": "base rating"}]},
    )

    grade: Annotated[Grade, Chosen("grade")]
    effective_from: DateText
    reason: FilledText = Field(max_length=500)


class QualificationOut(BaseModel):
    """A qualification, its account masked."""

    model_config = ConfigDict(from_attributes=True)

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None
    source: str
    bank_id: UUID | None
    account: Mask | None
    account_id: UUID | None
    confirmed: bool


class FilingOut(BaseModel):
    """The filing of one role."""

    model_config = ConfigDict(from_attributes=True)

    role: Role
    filing_number: str
    status: FilingStatus
    filed_by: UUID | None
    effective_from: datetime | None
    suspended_at: datetime | None
    exited_at: datetime | None
    stop_order: bool
    reason: str
    version: int


class SubjectSummary(BaseModel):
    """A subject in a list: all but its stalls and qualifications."""

    id: UUID
    number: str
    identity_kind: IdentityKind
    identity_mask: str
    country: str
    natural_person: bool
    display_name: str
    filings: list[FilingOut]
    version: int


class SubjectOut(SubjectSummary):
    """A subject; its identity is masked here, whole only through an identity view."""

    stalls: list[Stall]
    qualifications: list[QualificationOut]
    open_claims: int
    open_amendments: int


class SubjectStateOut(BaseModel):
    """The public state of a subject, what is sealed as its mask."""

    model_config = ConfigDict(from_attributes=True)

    subject_id: UUID
    pilot: str
    number: str
    identity_kind: IdentityKind
    identity: Mask
    country: str
    natural_person: bool
    display_name: str
    name: Mask
    roles: list[FilingOut]
    stalls: list[Stall]
    qualifications: list[QualificationOut]


class SubjectVersionSummary(BaseModel):
    """One state a subject had, in short; the state itself is read by its version.

    Which step made it, who, when and why, and the dated rules it was held against.
    """

    version: int
    step: str
    role: Role | None
    actor: str
    at: datetime
    reason: str
    rule_version: str | None


class SubjectVersion(SubjectVersionSummary):
    """One state a subject had, and what made it."""

    state: SubjectStateOut


class IdentityOut(BaseModel):
    """A whole identity; the view is in the audit trail."""

    id: UUID
    identity_number: str
    name: str


class GradeOut(BaseModel):
    """A grade on one authority's scale, with the measures that follow."""

    subject_id: UUID
    authority: str
    sequence: int
    grade: Grade
    effective_from: date
    reason: str
    measures: MeasuresOfGrade
    rule_version: str | None
    decided_at: datetime
