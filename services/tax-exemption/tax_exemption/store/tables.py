"""Rows of tax-exemption, without behaviour."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import CONSUMER_ONLY, MONEY, RATE, digits_checks
from shared.documents import Document
from shared.events.registry import HeldQualification, RoleFiling
from shared.events.trade_ledger import PortionMove
from shared.policy import EVERY_PILOT
from shared.rows import COLUMN_TYPES
from shared.tables import service_tables

metadata, http_tables, messaging, policy = service_tables("return", "certificate")


class Row(DeclarativeBase):
    """A row of this service."""

    metadata = metadata
    type_annotation_map = COLUMN_TYPES


_MOVES: Document[tuple[PortionMove, ...]] = Document(tuple[PortionMove, ...])


class SubjectCopy(Row):
    """Stall holders and operators; written by consumers only."""

    __tablename__ = "subject_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    display_name: Mapped[str]
    roles: Mapped[tuple[RoleFiling, ...]] = mapped_column(Document(tuple[RoleFiling, ...]))
    qualifications: Mapped[tuple[HeldQualification, ...]] = mapped_column(Document(tuple[HeldQualification, ...]))
    sequence: Mapped[int]


class PilotCopy(Row):
    """What a pilot's numbers begin with (V60), and since when tax files through this system (R-TAX-4)."""

    __tablename__ = "pilot_copies"
    __table_args__ = ({"info": CONSUMER_ONLY},)

    pilot: Mapped[str] = mapped_column(primary_key=True)
    acceptance_gate_open_from: Mapped[date | None]
    number_prefix: Mapped[str | None]


class ExemptionItem(Row):
    """A stall holder's portion that left: what is to be exempted in all, departed less returned (V48)."""

    __tablename__ = "exemption_items"
    __table_args__ = (
        *digits_checks("currency", "departed_fob", "returned_fob"),
        Index("ix_exemption_items_holder", "stall_holder_id", "export_date"),
        Index("ix_exemption_items_customs_number", "customs_number"),
        {"info": CONSUMER_ONLY},
    )

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    declaration_id: Mapped[UUID]
    customs_number: Mapped[str]
    item_no: Mapped[int]
    trade_id: Mapped[UUID]
    stall_holder_id: Mapped[UUID | None]
    consignor_id: Mapped[UUID]
    exemption_filer_id: Mapped[UUID | None]
    sale_date: Mapped[date]
    export_date: Mapped[date]
    currency: Mapped[str]
    departed_fob: Mapped[Decimal] = mapped_column(MONEY)
    returned_fob: Mapped[Decimal] = mapped_column(MONEY)
    departures: Mapped[tuple[PortionMove, ...]] = mapped_column(_MOVES, server_default=text("'[]'"))
    returns: Mapped[tuple[PortionMove, ...]] = mapped_column(_MOVES, server_default=text("'[]'"))
    amended_on: Mapped[date | None]
    frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    sequence: Mapped[int]


class PrincipalRelease(Row):
    """What was released per declaration and principal: the room for a certificate; written by consumers only."""

    __tablename__ = "principal_releases"
    __table_args__ = (*digits_checks("currency", "value"), {"info": CONSUMER_ONLY})

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    consignor_id: Mapped[UUID]
    customs_number: Mapped[str]
    export_date: Mapped[date | None]
    currency: Mapped[str]
    value: Mapped[Decimal] = mapped_column(MONEY)
    portion_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]))
    frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    sequence: Mapped[int]


class MiddleRateRow(Row):
    """The RMB middle rate of a day as published (R-FX-10): CNY per unit of a currency.

    A correction is the next version; it counts once a second person has confirmed it. Rates of before pilots had their
    own are everybody's (`*`).
    """

    __tablename__ = "middle_rates"
    __table_args__ = (CheckConstraint("cny_per_unit > 0", name="positive"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(primary_key=True, server_default=EVERY_PILOT)
    version: Mapped[int] = mapped_column(primary_key=True, server_default="1", autoincrement=False)
    cny_per_unit: Mapped[Decimal] = mapped_column(RATE)
    source: Mapped[str]
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    corrects: Mapped[str | None]
    reason: Mapped[str | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    by_two_persons: Mapped[bool] = mapped_column(server_default=text("false"))

    @property
    def counts(self) -> bool:
        """Whether it is in force: a second person confirmed it, or it was imported when one person sufficed."""
        return self.confirmed_at is not None or (self.version == 1 and not self.by_two_persons)

    @property
    def id(self) -> str:
        """What returns name it by: pilot (but everybody's), day, currency, and a correction's version."""
        own = [] if self.pilot == EVERY_PILOT else [self.pilot]
        correction = [] if self.version == 1 else [str(self.version)]
        return ":".join(["middle", *own, self.day.isoformat(), self.currency, *correction])


class CalendarDayRow(Row):
    """A working or free day as one person published it for everybody, before two were needed; only read."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    source: Mapped[str]


class CalendarEntryRow(Row):
    """A working or free day as a pilot's tax office, or the national one (`*`), publishes it.

    It goes before the built-in calendar. A correction is the next version; each version counts once a second person has
    confirmed it.
    """

    __tablename__ = "calendar_entries"
    __table_args__ = (UniqueConstraint("pilot", "day", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    day: Mapped[date]
    version: Mapped[int]
    working: Mapped[bool]
    source: Mapped[str]
    reason: Mapped[str | None]
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]


class RateChoiceRow(Row):
    """A holder's choice of rate, kept for twelve months (R-TAX-6)."""

    __tablename__ = "rate_choices"

    stall_holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    chosen_for: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    choice: Mapped[str]


class ReturnRow(Row):
    """An exemption return (免税申报)."""

    __tablename__ = "exemption_returns"
    __table_args__ = (
        *digits_checks("'CNY'", "total_rmb"),
        Index("ix_exemption_returns_holder", "stall_holder_id", "month"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    stall_holder_id: Mapped[UUID]
    filer_id: Mapped[UUID]
    filed_by: Mapped[str]
    month: Mapped[str]
    status: Mapped[str]
    filing_kind: Mapped[str]
    window_from: Mapped[date]
    window_to: Mapped[date]
    calendar_version: Mapped[str]
    rate_choice: Mapped[str]
    total_rmb: Mapped[Decimal] = mapped_column(MONEY)
    filed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    outside_reference: Mapped[str | None]


class ReturnLineRow(Row):
    """A portion's amount in a return: once for each day on which parts of it left, else an adjustment (V48, V53)."""

    __tablename__ = "return_lines"
    __table_args__ = (
        UniqueConstraint("return_id", "line_no"),
        *digits_checks("currency", "fob_value"),
        *digits_checks("'CNY'", "exempt_rmb"),
        Index(
            "uq_return_lines_departure",
            "portion_id",
            "export_date",
            unique=True,
            postgresql_where=text("NOT adjustment"),
        ),
        Index("ix_return_lines_portion_id", "portion_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    return_id: Mapped[UUID] = mapped_column(ForeignKey("exemption_returns.id"))
    line_no: Mapped[int]
    portion_id: Mapped[UUID]
    declaration_id: Mapped[UUID]
    customs_number: Mapped[str]
    item_no: Mapped[int]
    export_date: Mapped[date]
    fob_value: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(RATE)
    rate_id: Mapped[str]
    exempt_rmb: Mapped[Decimal] = mapped_column(MONEY)
    adjustment: Mapped[bool]


class ItemDecisionRow(Row):
    """An outcome of the tax officer for what was open of a portion after its window (R-TAX-7); later ones add up."""

    __tablename__ = "item_decisions"

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_no: Mapped[int] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    outcome: Mapped[str]
    fob_value: Mapped[Decimal] = mapped_column(MONEY)
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]


class CertificateRow(Row):
    """A certificate of agency export (代理出口货物证明): one live per declaration and principal (V52)."""

    __tablename__ = "certificates"
    __table_args__ = (
        *digits_checks("currency", "value"),
        Index(
            "uq_certificates_live",
            "declaration_id",
            "principal_id",
            unique=True,
            postgresql_where=text("status <> 'void'"),
        ),
        Index("uq_certificates_issued_number", "issued_number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    operator_id: Mapped[UUID]
    principal_id: Mapped[UUID]
    declaration_id: Mapped[UUID]
    customs_number: Mapped[str]
    export_date: Mapped[date | None]
    status: Mapped[str]
    value: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str]
    portion_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]))
    issued_number: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
