"""Subjects with their filings, stalls, claims and amendments; agreements and delegations between them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.documents import AmendedParts
from registry.store.tables.row import Row
from shared.database import CONSUMER_ONLY, MONEY
from shared.documents import Document
from shared.events.registry import Qualification, Sealed, Stall, SubjectState


class SubjectRow(Row):
    """One identity (R-FILE-4); stalls and qualifications are part of its versioned state.

    `account` speaks for it without naming it yet: it made the subject for itself, or commerce approved its claim. None
    where others filed it and nobody came for it.
    """

    __tablename__ = "subjects"
    __table_args__ = (
        UniqueConstraint("pilot", "identity_index"),
        Index("ix_subjects_account", "account"),
        Index(
            "ix_subjects_qualifications",
            "qualifications",
            postgresql_using="gin",
            postgresql_ops={"qualifications": "jsonb_path_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str | None]
    identity_kind: Mapped[str]
    identity_index: Mapped[str]
    identity: Mapped[Sealed] = mapped_column(Document(Sealed))
    country: Mapped[str]
    natural_person: Mapped[bool]
    display_name: Mapped[str]
    name: Mapped[Sealed] = mapped_column(Document(Sealed))
    stalls: Mapped[tuple[Stall, ...]] = mapped_column(Document(tuple[Stall, ...]))
    qualifications: Mapped[tuple[Qualification, ...]] = mapped_column(Document(tuple[Qualification, ...]))
    data_key: Mapped[str | None]
    version: Mapped[int]


class RoleFilingRow(Row):
    """The filing of one role of a subject (备案).

    `stated_name` is the name by which another filed it, as callers see it: it stays with the filing.
    """

    __tablename__ = "role_filings"
    __table_args__ = (
        UniqueConstraint("subject_id", "role"),
        Index("ix_role_filings_filed_by", "filed_by"),
        Index("ix_role_filings_status", "status", "role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"))
    pilot: Mapped[str]
    role: Mapped[str]
    filing_number: Mapped[str] = mapped_column("number", unique=True)
    status: Mapped[str]
    filed_by: Mapped[UUID | None]
    stated_name: Mapped[str | None]
    submitted_by: Mapped[str | None]
    effective_from: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    exited_at: Mapped[datetime | None]
    stop_order: Mapped[bool]
    reason: Mapped[str]
    version: Mapped[int]


class StallTermRow(Row):
    """The days on which a filed stall is one holder's (R-FILE-2).

    No two holders have a stall of a pilot on one day. What two had when the rule came stays `contested` with the later.
    The constraint compares hashes of 64 bits, since PostgreSQL's own operator classes for GiST have no text.
    """

    __tablename__ = "stall_terms"
    __table_args__ = (
        ExcludeConstraint(
            (literal_column("int8range(hashtextextended(pilot || ' ' || stall_number, 0),"
                            " hashtextextended(pilot || ' ' || stall_number, 0), '[]')"), "&&"),
            (literal_column("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_stall_terms_holder",
            using="gist",
            where="NOT contested",
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"), index=True)
    stall_number: Mapped[str] = mapped_column(index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    contested: Mapped[bool]


class SubjectClaimRow(Row):
    """An account that says it is a subject which is on file already; commerce decides (R-FILE-4)."""

    __tablename__ = "subject_claims"
    __table_args__ = (
        Index("uq_subject_claims_open", "subject_id", "claimant", unique=True, postgresql_where="status = 'open'"),
        Index("ix_subject_claims_subject_id", "subject_id"),
        Index("ix_subject_claims_status", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"))
    claimant: Mapped[str] = mapped_column(index=True)
    contested: Mapped[bool]
    status: Mapped[str]
    reason: Mapped[str]
    claimed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str]
    version: Mapped[int]


class SubjectAmendmentRow(Row):
    """A change of what commerce reviewed of a subject, which counts once commerce approves it (R-FILE-3).

    `subject_version` is what it was made against; `role` the filing through which it was made, None for a
    qualification. What is sealed in `parts` is sealed for the subject's row.
    """

    __tablename__ = "subject_amendments"
    __table_args__ = (Index("ix_subject_amendments_status", "status", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"), index=True)
    subject_version: Mapped[int]
    role: Mapped[str | None]
    parts: Mapped[AmendedParts] = mapped_column(Document(AmendedParts))
    status: Mapped[str]
    reason: Mapped[str]
    proposed_by: Mapped[str] = mapped_column(index=True)
    proposing_party: Mapped[UUID | None] = mapped_column(index=True)
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str]
    version: Mapped[int]


class SubjectVersionRow(Row):
    """Every state a subject had: who made it, when and why (R-FILE-3, V64), by which dated rules (V6)."""

    __tablename__ = "subject_versions"

    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    role: Mapped[str | None]
    actor: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]
    state: Mapped[SubjectState] = mapped_column(Document(SubjectState))
    rule_version: Mapped[str | None]


class AgreementRow(Row):
    """A procurement or an export agency (R-FILE-6)."""

    __tablename__ = "agreements"
    __table_args__ = (Index("ix_agreements_principal_id", "principal_id"), Index("ix_agreements_agent_id", "agent_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    principal_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"))
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"))
    status: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    entrusted_goods: Mapped[str]
    collector: Mapped[str | None]
    exemption_filer: Mapped[str | None]
    principal_confirmed_at: Mapped[datetime | None]
    agent_confirmed_at: Mapped[datetime | None]
    terminated_at: Mapped[datetime | None]
    version: Mapped[int]


class DelegationRow(Row):
    """Named acts that a party lets another one, or an account of its own, do for it (V65)."""

    __tablename__ = "delegations"
    __table_args__ = (
        Index("ix_delegations_grantor_id", "grantor_id"),
        Index("ix_delegations_delegate_id", "delegate_id"),
        Index("ix_delegations_told_account", "told_account"),
        CheckConstraint("(delegate_id IS NULL) <> (told_account IS NULL)", name="one_delegate"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    version: Mapped[int]
    role: Mapped[str]
    grantor_id: Mapped[UUID] = mapped_column(ForeignKey("subjects.id"))
    delegate_id: Mapped[UUID | None] = mapped_column(ForeignKey("subjects.id"))
    account: Mapped[str | None]
    told_account: Mapped[str | None]
    acts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    limit_usd: Mapped[Decimal | None] = mapped_column(MONEY)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    status: Mapped[str]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class EntrustedGoodsRow(Row):
    """Goods that were traded under an agreement, with the first trade date (R-FILE-5); a correction adds its own."""

    __tablename__ = "entrusted_goods"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    goods_name: Mapped[str] = mapped_column(primary_key=True)
    hs_code: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    first_traded_on: Mapped[date]
