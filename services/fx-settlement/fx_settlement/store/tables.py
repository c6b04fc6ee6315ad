"""Rows of fx-settlement, without behaviour."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import CONSUMER_ONLY, MONEY, RATE, digits_check, new_metadata
from shared.http.tables import add_http_tables
from shared.messaging.tables import add_messaging_tables
from shared.policy import add_policy_table

metadata = new_metadata()
http_tables = add_http_tables(metadata)
messaging = add_messaging_tables(metadata)
policy = add_policy_table(metadata)

numbers = {kind: Sequence(f"{kind}_numbers", metadata=metadata) for kind in ("collection", "pass_on", "conversion")}


class Row(DeclarativeBase):
    """A row of this service."""

    metadata = metadata
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class SubjectCopy(Row):
    """Who may collect, pass on and convert; written by consumers only."""

    __tablename__ = "subject_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    natural_person: Mapped[bool]
    display_name: Mapped[str]
    roles: Mapped[list[Any]]
    qualifications: Mapped[list[Any]]
    sequence: Mapped[int]


class BankCopy(Row):
    """A handling bank; written by consumers only."""

    __tablename__ = "bank_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    name: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class GradeCopy(Row):
    """Credit grades on SAFE's scale set the tolerance; written by consumers only."""

    __tablename__ = "grade_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    grade: Mapped[str]


class EntitlementPortion(Row):
    """What a released portion entitles to collect; written by consumers only (V63)."""

    __tablename__ = "entitlement_portions"
    __table_args__ = (Index("ix_entitlement_portions_declaration_id", "declaration_id"), {"info": CONSUMER_ONLY})

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID]
    pilot: Mapped[str]
    trade_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    consignor_id: Mapped[UUID]
    collector_id: Mapped[UUID]
    buyer_id: Mapped[UUID | None]
    customs_number: Mapped[str | None]
    currency: Mapped[str]
    released: Mapped[Decimal] = mapped_column(MONEY)
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    released_fob_usd: Mapped[Decimal] = mapped_column(MONEY)
    sequence: Mapped[int]


class EntitlementRow(Row):
    """The room of a declaration: the counter under which matches win or lose (V37, V38)."""

    __tablename__ = "entitlements"
    __table_args__ = (
        CheckConstraint("matched >= 0", name="matched"),
        CheckConstraint("frozen OR matched <= collectable + tolerance", name="room"),
        digits_check("matched", "currency"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    currency: Mapped[str]
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    tolerance: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    frozen: Mapped[bool]
    version: Mapped[int]


class PortionRoomRow(Row):
    """What is matched per portion, in the declaration's currency and in US dollars by share."""

    __tablename__ = "portion_rooms"
    __table_args__ = (CheckConstraint("matched >= 0", name="matched"),)

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(index=True)
    pilot: Mapped[str]
    collector_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    matched_usd: Mapped[Decimal] = mapped_column(MONEY)


class CollectionRow(Row):
    """A collection (收汇): one bank receipt (V39)."""

    __tablename__ = "collections"
    __table_args__ = (
        UniqueConstraint("bank_id", "bank_reference"),
        CheckConstraint("matched >= 0 AND refunded >= 0 AND matched + refunded <= amount", name="parts"),
        digits_check("amount", "currency"),
        Index("ix_collections_collector_id", "collector_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    collector_id: Mapped[UUID]
    account_kind: Mapped[str]
    method: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    bank_charges: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    refunded: Mapped[Decimal] = mapped_column(MONEY)
    received_on: Mapped[date]
    payer: Mapped[dict[str, Any]]
    buyer_id: Mapped[UUID | None]


class MatchRow(Row):
    """A part of a collection used for a portion; undone, never deleted."""

    __tablename__ = "matches"
    __table_args__ = (
        CheckConstraint("amount > 0 AND value > 0", name="positive"),
        Index("ix_matches_collection_id", "collection_id"),
        Index("ix_matches_portion_id", "portion_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"))
    portion_id: Mapped[UUID] = mapped_column(ForeignKey("portion_rooms.portion_id"))
    declaration_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY)
    value_usd: Mapped[Decimal] = mapped_column(MONEY)
    declared_currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    matched_at: Mapped[datetime]
    unmatched_at: Mapped[datetime | None]


class PayableRow(Row):
    """What an agent collected for a principal and passed on, per currency (R-FX-4, V42)."""

    __tablename__ = "payables"
    __table_args__ = (
        CheckConstraint("passed_on >= 0 AND passed_on <= collected + claims", name="passed_on"),
        CheckConstraint("collected >= 0 AND claims >= 0", name="collected"),
    )

    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    collected: Mapped[Decimal] = mapped_column(MONEY)
    passed_on: Mapped[Decimal] = mapped_column(MONEY)
    claims: Mapped[Decimal] = mapped_column(MONEY)


class PassOnRow(Row):
    """A transfer from agent to principal (划转)."""

    __tablename__ = "pass_ons"
    __table_args__ = (UniqueConstraint("bank_id", "bank_reference"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    agent_id: Mapped[UUID]
    principal_id: Mapped[UUID]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    paid_as: Mapped[str]
    rmb_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    rate: Mapped[Decimal | None] = mapped_column(RATE)
    rate_id: Mapped[str | None]
    paid_on: Mapped[date]


class ConversionRow(Row):
    """A conversion from a personal account (结汇, R-FX-5)."""

    __tablename__ = "conversions"
    __table_args__ = (UniqueConstraint("bank_id", "bank_reference"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    bank_id: Mapped[UUID]
    bank_reference: Mapped[str]
    holder_id: Mapped[UUID]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    rmb_amount: Mapped[Decimal] = mapped_column(MONEY)
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    uses_quota: Mapped[bool]
    proof_portion_ids: Mapped[list[Any]]
    quota_statement: Mapped[dict[str, Any] | None]
    converted_on: Mapped[date]


class PersonalBalanceRow(Row):
    """What a personal account holds of a currency."""

    __tablename__ = "personal_balances"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance"),)

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    balance: Mapped[Decimal] = mapped_column(MONEY)


class JournalRow(Row):
    """A double entry's line, append-only; each entry sums to zero per currency (R-FX-7)."""

    __tablename__ = "journal"
    __table_args__ = (digits_check("amount", "currency"), Index("ix_journal_entry_id", "entry_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[UUID]
    pilot: Mapped[str]
    account: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    reference: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class ConflictRow(Row):
    """Facts that no longer agree here (R-DECL-7): money used up that a declaration no longer carries."""

    __tablename__ = "conflicts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    declaration_id: Mapped[UUID] = mapped_column(index=True)
    code: Mapped[str]
    detail: Mapped[str]
    must_act: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def service_ddl() -> list[str]:
    """What the migration runs besides the tables: entries balance at commit, and the journal is append-only."""
    return [
        """CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF EXISTS (SELECT 1 FROM journal WHERE entry_id = NEW.entry_id
                        GROUP BY currency HAVING sum(amount) <> 0) THEN
               RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id;
             END IF;
             RETURN NULL;
           END $$""",
        """CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journal
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances()""",
        """CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    ]
