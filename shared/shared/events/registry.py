"""Events that registry publishes: subjects, agreements, commodities, supervision, places."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from shared.events.base import Event, Part, ToldName, ToldReference, Topic
from shared.vocabulary.choices import known_value
from shared.wire import CountryCode

SUBJECTS = Topic("registry.subjects", "registry", key="the subject")
DELEGATIONS = Topic("registry.delegations", "registry", key="the delegation")
AGREEMENTS = Topic("registry.agreements", "registry", key="the agreement")
COMMODITIES = Topic("registry.commodities", "registry", key="the commodity list, with its entries, or the decision")
SUPERVISION = Topic(
    "registry.supervision", "registry", key="`<subject>:<authority>`: each authority has a sequence of its own"
)
PLACES = Topic("registry.places", "registry", key="the place: `pilot:<code>`, or the id of the bank, site or port")

Role = Literal["stall_holder", "operator", "buyer", "supplier", "agent", "broker", "carrier"]
FilingStatus = Literal[
    "draft",
    "submitted",
    "under_review",
    "approved",
    "effective",
    "returned",
    "rejected",
    "suspended",
    "exited",
]
QualificationKind = Literal[
    "customs_filing",
    "fx_directory",
    "taxpayer_kind",
    "filing_frequency",
    "tax_authority",
    "fx_account",
    "personal_fx_account",
    "quality_undertaking",
]
Grade = Literal["A", "B", "C", "D"]


class Sealed(Part):
    """A protected value: mask for people, keyed blind index for equality, ciphertext for key holders (V66)."""

    mask: str
    blind_index: str
    ciphertext: str


class RoleFiling(Part):
    """One role's filing of a subject (备案); `effective` is a buyer's filing before review (R-FILE-8)."""

    role: Role
    filing_number: str
    status: FilingStatus
    filed_by: UUID | None = None
    effective_from: datetime | None = None
    suspended_at: datetime | None = None
    exited_at: datetime | None = None
    stop_order: bool = False
    reason: str = ""
    version: int


class Stall(Part):
    """A stall (摊位) with its dates and position in degrees (decimal text)."""

    stall_number: ToldReference
    longitude: str
    latitude: str
    valid_from: date
    valid_to: date | None = None


class HeldQualification(Part):
    """A dated qualification without its account, as services that need none keep it (R-FILE-7).

    A word that an earlier release took for a coded `value` is read as its code; one that nobody knows stays.
    An account that somebody else recorded is not `confirmed` until its owner states it, too. Accounts of 0.1.0
    count as confirmed: only the owner, commerce, or who spoke for the owner recorded them. One without `account_id`
    is the party's first account at the bank (`first_account`).
    """

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    bank_id: UUID | None = None
    # Said only where it isn't: what a copy of 0.1.0 holds stays equal to one that is rebuilt (V63).
    confirmed: bool = Field(True, exclude_if=lambda confirmed: confirmed is True)
    account_id: UUID | None = Field(None, exclude_if=lambda account_id: account_id is None)

    @field_validator("value")
    @classmethod
    def _as_its_code(cls, value: str, info: ValidationInfo) -> str:
        return known_value(info.data.get("kind", ""), value) or value

    @property
    def is_known(self) -> bool:
        """Whether the value is one of its kind's choices, where it has any."""
        return known_value(self.kind, self.value) is not None


class Qualification(HeldQualification):
    """A dated qualification (R-FILE-7); `value` is the class, kind or frequency; accounts travel sealed."""

    account: Sealed | None = None


class SubjectState(Part):
    """A subject (主体): one identity, whatever roles it has (R-FILE-4)."""

    subject_id: UUID
    pilot: str
    number: str
    identity_kind: str
    identity: Sealed
    country: CountryCode
    natural_person: bool
    display_name: ToldName
    name: Sealed
    roles: tuple[RoleFiling, ...]
    stalls: tuple[Stall, ...] = ()
    qualifications: tuple[Qualification, ...] = ()


class SubjectEvent(Event):
    """A subject changed; `role` names the filing that did, where one did."""

    TOPIC: ClassVar[str] = SUBJECTS.name
    subject: SubjectState
    role: Role | None = None
    reason: str = ""


class SubjectFiled(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_filed.v1"


class SubjectSubmitted(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_submitted.v1"


class SubjectReviewStarted(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_review_started.v1"


class FilingEffective(SubjectEvent):
    TYPE: ClassVar[str] = "registry.filing_effective.v1"


class SubjectApproved(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_approved.v1"


class SubjectReturned(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_returned.v1"


class SubjectRejected(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_rejected.v1"


class SubjectAmended(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_amended.v1"


class SubjectSuspended(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_suspended.v1"


class SubjectReinstated(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_reinstated.v1"


class SubjectExited(SubjectEvent):
    TYPE: ClassVar[str] = "registry.subject_exited.v1"


class QualificationRecorded(SubjectEvent):
    TYPE: ClassVar[str] = "registry.qualification_recorded.v1"


class SubjectErased(SubjectEvent):
    """The person's data was erased: sealed values are empty, and nobody opens those that were said before (R-DATA-1).

    Who keeps papers of the subject up to the day destroys their data keys, too.
    """

    TYPE: ClassVar[str] = "registry.subject_erased.v1"
    papers_until: date


class AgreementState(Part):
    """An agency agreement; for an export agency collector and exemption filer are fixed at confirmation (R-FILE-6)."""

    agreement_id: UUID
    pilot: str
    number: str
    kind: Literal["procurement_agency", "export_agency"]
    principal_id: UUID
    agent_id: UUID
    status: Literal["proposed", "confirmed", "terminated"]
    valid_from: date
    valid_to: date
    entrusted_goods: str = ""
    collector: Literal["agent", "principal"] | None = None
    exemption_filer: Literal["agent", "principal"] | None = None
    principal_confirmed_at: datetime | None = None
    agent_confirmed_at: datetime | None = None
    terminated_at: datetime | None = None


class AgreementEvent(Event):
    """An agency agreement changed."""

    TOPIC: ClassVar[str] = AGREEMENTS.name
    agreement: AgreementState
    reason: str = ""


class AgencyProposed(AgreementEvent):
    TYPE: ClassVar[str] = "registry.agency_proposed.v1"


class AgencyConfirmed(AgreementEvent):
    TYPE: ClassVar[str] = "registry.agency_confirmed.v1"


class AgencyTerminated(AgreementEvent):
    TYPE: ClassVar[str] = "registry.agency_terminated.v1"


DelegatedAct = Literal[
    "read", "register_trades", "pack", "read_money", "read_tax", "file_returns", "apply_for_certificates"
]
DelegationStatus = Literal["granted", "in_force", "ended"]


class DelegationState(Part):
    """Named acts that one party lets another, or an account of its own, do for it up to a value until a date (V65)."""

    delegation_id: UUID
    pilot: str
    role: Literal["stall_holder", "operator"]
    grantor_id: UUID
    delegate_id: UUID | None = None
    account: str | None = None
    acts: tuple[DelegatedAct, ...]
    limit_usd: str | None = None
    valid_from: date
    valid_to: date
    status: DelegationStatus
    granted_at: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None


class DelegationEvent(Event):
    """A delegation changed."""

    TOPIC: ClassVar[str] = DELEGATIONS.name
    delegation: DelegationState
    reason: str = ""


class DelegationGranted(DelegationEvent):
    """An account of the grantor's own acts at once; another party once it has accepted."""

    TYPE: ClassVar[str] = "registry.delegation_granted.v1"


class DelegationAccepted(DelegationEvent):
    TYPE: ClassVar[str] = "registry.delegation_accepted.v1"


class DelegationEnded(DelegationEvent):
    TYPE: ClassVar[str] = "registry.delegation_ended.v1"


class CommodityListEvent(Event):
    """A version of a list changed."""

    TOPIC: ClassVar[str] = COMMODITIES.name
    list_id: UUID
    pilot: str
    kind: Literal["positive", "negative"]
    version: int
    effective_from: date
    entry_count: int
    source: str


class CommodityListPublished(CommodityListEvent):
    """A version of a list: this header, then `entry_count` entries; readers use it once it is complete."""

    TYPE: ClassVar[str] = "registry.commodity_list_published.v1"


class CommodityEntryEvent(Event):
    """An entry of a list version changed."""

    TOPIC: ClassVar[str] = COMMODITIES.name
    list_id: UUID
    version: int
    entry_no: int
    hs_prefix: str
    keywords: tuple[str, ...] = ()
    verdict: Literal["eligible", "not_eligible"]
    reason: str
    reason_zh: str
    barred_from_simplification: bool = False
    effective_from: date
    effective_to: date | None = None


class CommodityEntryPublished(CommodityEntryEvent):
    """One entry of a list version, keyed like its header (the list)."""

    TYPE: ClassVar[str] = "registry.commodity_entry_published.v1"


class CommodityDecisionEvent(Event):
    """A person's decision on goods changed."""

    TOPIC: ClassVar[str] = COMMODITIES.name
    decision_id: UUID
    pilot: str
    goods_name: ToldName
    hs_code: str
    verdict: Literal["eligible", "not_eligible"]
    reason: str
    authority: str
    effective_from: date
    expires_on: date | None = None


class CommodityDecided(CommodityDecisionEvent):
    """A person's decision on a name and code, remembered for the next time (R-GOODS-2, V10)."""

    TYPE: ClassVar[str] = "registry.commodity_decided.v1"


class GradeEvent(Event):
    """A credit grade changed."""

    TOPIC: ClassVar[str] = SUPERVISION.name
    subject_id: UUID
    pilot: str
    authority: str
    grade: Grade
    effective_from: date
    reason: str
    automatic_release: bool
    inspection_rate_percent: str
    review_depth: Literal["normal", "deep"]


class GradeChanged(GradeEvent):
    """A credit grade of a subject on one authority's scale with its measures (R-CREDIT-1, R-CREDIT-2)."""

    TYPE: ClassVar[str] = "registry.grade_changed.v1"


class PilotEvent(Event):
    """A pilot's own data changed.

    `number_prefix` stands in every number of the pilot (V60); None in events from before 0.2:
    the prefix stays as it was.
    """

    TOPIC: ClassVar[str] = PLACES.name
    pilot: str
    name: str
    name_zh: str
    bounds: tuple[tuple[str, str], ...]
    bounds_source: str
    acceptance_gate_open_from: date | None = None
    customs_offices: tuple[str, ...]
    number_prefix: str | None = None


class PilotChanged(PilotEvent):
    """A pilot's own data (R-FILE-2): code, names, bounds (longitude, latitude), since when tax files through us."""

    TYPE: ClassVar[str] = "registry.pilot_changed.v1"


class BankEvent(Event):
    """A handling bank changed."""

    TOPIC: ClassVar[str] = PLACES.name
    bank_id: UUID
    pilot: str
    name: str
    connection: Literal["interface", "web"]
    valid_from: date
    valid_to: date | None = None


class BankFiled(BankEvent):
    """A handling bank (经办银行) and how it checks (R-FILE-9)."""

    TYPE: ClassVar[str] = "registry.bank_filed.v1"


class SiteEvent(Event):
    """A supervised site or warehouse changed."""

    TOPIC: ClassVar[str] = PLACES.name
    site_id: UUID
    pilot: str
    name: str
    kind: Literal["supervised_site", "consolidation_warehouse"]
    operator_name: str
    valid_from: date
    valid_to: date | None = None


class SiteFiled(SiteEvent):
    """A supervised site or consolidation warehouse (监管场所) and its operator."""

    TYPE: ClassVar[str] = "registry.site_filed.v1"


class PortEvent(Event):
    """A port of exit changed."""

    TOPIC: ClassVar[str] = PLACES.name
    port_code: str
    pilot: str
    name: str
    valid_from: date
    valid_to: date | None = None


class PortDesignated(PortEvent):
    """A designated port of exit (指定口岸)."""

    TYPE: ClassVar[str] = "registry.port_designated.v1"
