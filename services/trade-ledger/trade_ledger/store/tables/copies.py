"""Copies of facts from registry, fx-settlement and tax-exemption; only consumers write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import CONSUMER_ONLY, QUANTITY
from shared.documents import Document
from shared.events.registry import BankEvent, HeldQualification, PilotEvent, PortEvent, RoleFiling, SiteEvent, Stall
from shared.http.delegation_tables import DelegationColumns
from shared.vocabulary.recognition import Decision
from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.row import Row

Place = PilotEvent | BankEvent | SiteEvent | PortEvent


class SubjectCopy(Row):
    __tablename__ = "subject_copies"
    __table_args__ = (
        Index("ix_subject_copies_identity", "pilot", "identity_index"),
        Index("ix_subject_copies_stall_numbers", "stall_numbers", postgresql_using="gin"),
        Index("ix_subject_copies_roles", "roles", postgresql_using="gin", postgresql_ops={"roles": "jsonb_path_ops"}),
        {"info": CONSUMER_ONLY},
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(index=True)
    identity_index: Mapped[str]
    natural_person: Mapped[bool]
    display_name: Mapped[str]
    roles: Mapped[tuple[RoleFiling, ...]] = mapped_column(Document(tuple[RoleFiling, ...]))
    stalls: Mapped[tuple[Stall, ...]] = mapped_column(Document(tuple[Stall, ...]))
    stall_numbers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    qualifications: Mapped[tuple[HeldQualification, ...]] = mapped_column(Document(tuple[HeldQualification, ...]))
    sequence: Mapped[int]


class AgreementCopy(Row):
    __tablename__ = "agreement_copies"
    __table_args__ = (
        Index("ix_agreement_copies_parties", "principal_id", "agent_id"),
        Index("ix_agreement_copies_agent_id", "agent_id"),
        Index("ix_agreement_copies_number", "number"),
        {"info": CONSUMER_ONLY},
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str]
    kind: Mapped[str]
    principal_id: Mapped[UUID]
    agent_id: Mapped[UUID]
    status: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    collector: Mapped[str | None]
    exemption_filer: Mapped[str | None]
    terminated_at: Mapped[datetime | None]
    sequence: Mapped[int]


class DelegationCopy(DelegationColumns, Row):
    __tablename__ = "delegation_copies"
    __table_args__ = (Index("ix_delegation_copies_grantor", "grantor_id"), {"info": CONSUMER_ONLY})


class CommodityListCopy(Row):
    __tablename__ = "commodity_list_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    list_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    kind: Mapped[str]
    version: Mapped[int]
    effective_from: Mapped[date]
    entry_count: Mapped[int]


class CommodityEntryCopy(Row):
    __tablename__ = "commodity_entry_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    list_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_no: Mapped[int] = mapped_column(primary_key=True)
    hs_prefix: Mapped[str]
    keywords: Mapped[tuple[str, ...]] = mapped_column(Document(tuple[str, ...]))
    verdict: Mapped[Decision] = mapped_column(Text)
    reason: Mapped[str]
    reason_zh: Mapped[str]
    barred_from_simplification: Mapped[bool]


class CommodityDecisionCopy(Row):
    __tablename__ = "commodity_decision_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    goods_name: Mapped[str]
    hs_code: Mapped[str]
    verdict: Mapped[Decision] = mapped_column(Text)
    reason: Mapped[str]
    effective_from: Mapped[date]
    expires_on: Mapped[date | None]
    decided_at: Mapped[datetime]


class GradeCopy(Row):
    """The grade on each authority's scale from its date on; customs' own decides the route."""

    __tablename__ = "grade_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[date] = mapped_column(primary_key=True)
    grade: Mapped[str]
    automatic_release: Mapped[bool]
    review_depth: Mapped[str]
    # None: heard by a version that didn't keep it.
    inspection_rate_percent: Mapped[Decimal | None] = mapped_column(QUANTITY)


class CopyVersion(Row):
    """How many events a kind of copy has applied; a decision on cached copies checks that it is unchanged."""

    __tablename__ = "copy_versions"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    pilot: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class PlaceCopy(Row):
    """Pilot, bank, site and port data by kind and id."""

    __tablename__ = "place_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    kind: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    content: Mapped[Place] = mapped_column(Document(Place))


class TraceLink(Row):
    """An event of another service that names something of ours (R-DECL-5)."""

    __tablename__ = "trace_links"
    __table_args__ = (
        Index("ix_trace_links_refs", "refs", postgresql_using="gin"),
        Index("ix_trace_links_key", "key"),
        # What an earlier release heard has its numbers nowhere else.
        Index("ix_trace_links_number", text("(shown ->> 'number')")),
        Index("ix_trace_links_issued_number", text("(shown ->> 'issued_number')")),
        {"info": CONSUMER_ONLY},
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    type: Mapped[str]
    key: Mapped[str]
    sequence: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    delegation_id: Mapped[UUID | None]
    refs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    shown: Mapped[Shown] = mapped_column(Document(Shown))
