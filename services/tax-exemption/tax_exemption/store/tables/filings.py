"""Returns with their lines, decisions on items, and certificates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY, RATE, digits_checks
from shared.documents import Document
from tax_exemption.store.tables.row import Row


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
        Index("ix_exemption_returns_filer_id", "filer_id"),
        Index("ix_exemption_returns_outside_reference", "outside_reference"),
        Index("ix_exemption_returns_window_from", "window_from"),
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
        Index("ix_return_lines_rate_id", "rate_id"),
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
        Index("ix_certificates_operator_id", "operator_id"),
        Index("ix_certificates_principal_id", "principal_id"),
        Index("ix_certificates_customs_number", "customs_number"),
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
