"""Request and response bodies of tax-exemption."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.events.tax_exemption import (
    CertificateStatus,
    FilingKind,
    ItemOutcome,
    RateChoice,
    ReturnState,
    ReturnStatus,
)
from shared.wire import (
    Chosen,
    FilledText,
    Input,
    MoneyAmount,
    MonthText,
    Reference,
    fields_exclusive,
    one_of_missing,
)

_ID = "019a0000-0000-7000-8000-0000000000{:02d}"


class ReturnIn(Input):
    """An exemption return of a month (免税申报); it holds every open item, so none are listed here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"stall_holder_id": _ID.format(1), "month": "2026-05", "rate_choice": "month_first_day"}]
        },
    )

    stall_holder_id: UUID
    month: MonthText
    rate_choice: Annotated[RateChoice, Chosen("rate_choice")]
    outside_reference: Reference | None = Field(None, max_length=80)


class ReasonIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "invoice copy please"}]})

    reason: FilledText = Field(max_length=500)


class DecisionIn(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "no_fault", "reason": "customs data came late"}]}
    )

    outcome: Annotated[ItemOutcome, Chosen("item_outcome")]
    reason: FilledText = Field(max_length=500)


class CertificateIn(Input):
    """A declaration, by its id or customs' number, and the principal in it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"customs_number": "801220260000000001", "principal_id": _ID.format(1)}]},
    )

    declaration_id: UUID | None = None
    customs_number: Reference | None = Field(None, max_length=80)
    principal_id: UUID

    @model_validator(mode="after")
    def _names_one(self) -> CertificateIn:
        if self.declaration_id is None and self.customs_number is None:
            raise one_of_missing("declaration_id, customs_number")
        if self.declaration_id is not None and self.customs_number is not None:
            raise fields_exclusive("declaration_id, customs_number")
        return self


class IssueIn(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"issued_number": "DL50010000000000001"}]})

    issued_number: Reference = Field(max_length=30)


class ReturnOut(BaseModel):
    """A return as its events carry it."""

    id: UUID
    number: str
    version: int
    status: ReturnStatus
    exemption_return: ReturnState


class ReturnSummary(BaseModel):
    """A return in a list: all but its lines."""

    id: UUID
    number: str
    version: int
    status: ReturnStatus
    stall_holder_id: UUID
    filer_id: UUID
    month: str
    filing_kind: FilingKind
    rate_choice: RateChoice
    total_rmb: MoneyAmount
    filed_at: datetime
    accepted_at: datetime | None
    outside_reference: str | None


class ItemOut(BaseModel):
    """A departed portion of a stall holder."""

    portion_id: UUID
    stall_holder_id: UUID | None
    declaration_id: UUID
    customs_number: str
    export_date: date
    month: str
    currency: str
    departed_fob: MoneyAmount
    returned_fob: MoneyAmount
    open_fob: MoneyAmount
    """Neither in a return nor settled by a decision."""
    frozen: bool
    """Held back by an open conflict case (R-DECL-7)."""


class DecisionOut(BaseModel):
    portion_id: UUID
    decision_no: int
    outcome: ItemOutcome
    fob_value: MoneyAmount
    reason: str


class WindowOut(BaseModel):
    """The days on which a month's exports are declared; provisional while the year's calendar isn't published."""

    month: str
    first: date
    last: date
    calendar_version: str
    provisional: bool


class CertificateOut(BaseModel):
    """A certificate of agency export; a void one stays readable."""

    id: UUID
    number: str
    version: int
    status: CertificateStatus
    operator_id: UUID
    principal_id: UUID
    declaration_id: UUID
    customs_number: str
    export_date: date | None
    value: MoneyAmount
    currency: str
    issued_number: str | None
    issued_at: datetime | None
