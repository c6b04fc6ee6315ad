"""Events that tax-exemption publishes: exemption returns and certificates of agency export."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event, Part, Topic
from shared.wire import CurrencyCode, MoneyAmount, RateText

# A return names every portion of a stall holder's month.
RETURNS = Topic(
    "tax-exemption.returns",
    "tax-exemption",
    max_bytes=4 * 1024 * 1024,
    key="the exemption return, or the portion whose item is decided on",
)
CERTIFICATES = Topic("tax-exemption.certificates", "tax-exemption", key="the certificate")


ReturnStatus = Literal["filed", "filed_outside", "accepted", "queried"]
FilingKind = Literal["in_window", "late"]
RateChoice = Literal["sale_day", "month_first_day"]
ItemOutcome = Literal["late_exemption", "no_fault", "taxed_as_domestic", "waived"]
CertificateStatus = Literal["applied", "issued", "void"]


class ReturnLine(Part):
    """One portion's exempt amount in a return; an adjustment line carries the difference, often negative."""

    line_no: int
    item_id: UUID
    portion_id: UUID
    declaration_id: UUID
    customs_number: str
    item_no: int
    export_date: date
    fob_value: MoneyAmount
    currency: CurrencyCode
    rate: RateText
    rate_id: str
    exempt_rmb: MoneyAmount
    adjustment: bool = False


class ReturnState(Part):
    """An exemption return (免税申报) of one stall holder for one export month (R-TAX-2, R-TAX-3)."""

    return_id: UUID
    pilot: str
    number: str
    version: int
    stall_holder_id: UUID
    filer_id: UUID
    month: str
    status: ReturnStatus
    filing_kind: FilingKind
    window_from: date
    window_to: date
    calendar_version: str
    rate_choice: RateChoice
    total_rmb: MoneyAmount
    filed_at: datetime
    accepted_at: datetime | None = None
    outside_reference: str | None = None
    lines: tuple[ReturnLine, ...]


class ReturnEvent(Event):
    TOPIC: ClassVar[str] = RETURNS.name
    exemption_return: ReturnState
    reason: str = ""


class ReturnFiled(ReturnEvent):
    TYPE: ClassVar[str] = "tax_exemption.return_filed.v1"


class ReturnQueried(ReturnEvent):
    TYPE: ClassVar[str] = "tax_exemption.return_queried.v1"


class ReturnAccepted(ReturnEvent):
    TYPE: ClassVar[str] = "tax_exemption.return_accepted.v1"


class ItemEvent(Event):
    """What tax says of an exemption item changed."""

    TOPIC: ClassVar[str] = RETURNS.name
    item_id: UUID
    portion_id: UUID
    declaration_id: UUID
    stall_holder_id: UUID
    pilot: str
    outcome: ItemOutcome
    reason: str


class ItemDecided(ItemEvent):
    """The tax officer's outcome for a portion that was not declared in time (R-TAX-7)."""

    TYPE: ClassVar[str] = "tax_exemption.item_decided.v1"


class CertificateState(Part):
    """A certificate of agency export (代理出口货物证明): one per declaration and principal (R-TAX-5, V52)."""

    certificate_id: UUID
    pilot: str
    number: str
    version: int
    operator_id: UUID
    principal_id: UUID
    declaration_id: UUID
    customs_number: str
    export_date: date | None
    status: CertificateStatus
    value: MoneyAmount
    currency: CurrencyCode
    portion_ids: tuple[UUID, ...]
    issued_number: str | None = None
    issued_at: datetime | None = None
    voided_at: datetime | None = None


class CertificateEvent(Event):
    TOPIC: ClassVar[str] = CERTIFICATES.name
    certificate: CertificateState
    reason: str = ""


class CertificateApplied(CertificateEvent):
    TYPE: ClassVar[str] = "tax_exemption.certificate_applied.v1"


class CertificateIssued(CertificateEvent):
    TYPE: ClassVar[str] = "tax_exemption.certificate_issued.v1"


class CertificateVoided(CertificateEvent):
    TYPE: ClassVar[str] = "tax_exemption.certificate_voided.v1"
