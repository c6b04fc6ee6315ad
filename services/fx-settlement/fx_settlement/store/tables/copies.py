"""Copies of other services' facts that this service needs for its decisions; only consumers write them (V63)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from fx_settlement.store.tables.row import Row
from shared.database import CONSUMER_ONLY, MONEY, digits_checks
from shared.documents import Document
from shared.events.registry import HeldQualification, RoleFiling
from shared.http.delegation_tables import DelegationColumns


class SubjectCopy(Row):
    """Who may collect, pass on and convert."""

    __tablename__ = "subject_copies"
    __table_args__ = (
        Index(
            "ix_subject_copies_qualifications",
            "qualifications",
            postgresql_using="gin",
            postgresql_ops={"qualifications": "jsonb_path_ops"},
        ),
        {"info": CONSUMER_ONLY},
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    natural_person: Mapped[bool]
    display_name: Mapped[str]
    roles: Mapped[tuple[RoleFiling, ...]] = mapped_column(Document(tuple[RoleFiling, ...]))
    qualifications: Mapped[tuple[HeldQualification, ...]] = mapped_column(Document(tuple[HeldQualification, ...]))
    sequence: Mapped[int]


class DelegationCopy(DelegationColumns, Row):
    __tablename__ = "delegation_copies"
    __table_args__ = (Index("ix_delegation_copies_grantor", "grantor_id"), {"info": CONSUMER_ONLY})


class PilotCopy(Row):
    """What a pilot's numbers begin with (V60)."""

    __tablename__ = "pilot_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    pilot: Mapped[str] = mapped_column(primary_key=True)
    number_prefix: Mapped[str]


class BankCopy(Row):
    """A handling bank."""

    __tablename__ = "bank_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    name: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class GradeCopy(Row):
    """Credit grades from their dates on; the one on SAFE's scale sets the tolerance."""

    __tablename__ = "grade_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[date] = mapped_column(primary_key=True)
    grade: Mapped[str]


class TradeCopy(Row):
    """A trade's registered value: how far advances may be linked to it (R-FX-8)."""

    __tablename__ = "trade_copies"
    __table_args__ = (
        *digits_checks("currency", "total"),
        Index("ix_trade_copies_number", "number"),
        {"info": CONSUMER_ONLY},
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str]
    status: Mapped[str]
    kind: Mapped[str]
    settlement_method: Mapped[str]
    collector_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(MONEY)
    sequence: Mapped[int]


class EntitlementPortion(Row):
    """What a released portion entitles to collect.

    The declaration's number, the item and the day of departure are missing in rows that 0.1.0 heard.
    """

    __tablename__ = "entitlement_portions"
    __table_args__ = (
        *digits_checks("currency", "released", "collectable"),
        *digits_checks("'USD'", "released_fob_usd"),
        Index("ix_entitlement_portions_declaration_id", "declaration_id"),
        Index("ix_entitlement_portions_collector_id", "collector_id"),
        Index("ix_entitlement_portions_owner_id", "owner_id"),
        Index("ix_entitlement_portions_consignor_id", "consignor_id"),
        Index("ix_entitlement_portions_customs_number", "customs_number"),
        Index("ix_entitlement_portions_declaration_number", "declaration_number"),
        Index("ix_entitlement_portions_trade_id", "trade_id"),
        {"info": CONSUMER_ONLY},
    )

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID]
    pilot: Mapped[str]
    trade_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    consignor_id: Mapped[UUID]
    collector_id: Mapped[UUID]
    buyer_id: Mapped[UUID | None]
    settlement_method: Mapped[str]
    declaration_number: Mapped[str | None]
    customs_number: Mapped[str | None]
    item_no: Mapped[int | None]
    departed_on: Mapped[date | None]
    currency: Mapped[str]
    released: Mapped[Decimal] = mapped_column(MONEY)
    paid_at_home_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4), server_default=text("0"))
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    released_fob_usd: Mapped[Decimal] = mapped_column(MONEY)
    frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    sequence: Mapped[int]
