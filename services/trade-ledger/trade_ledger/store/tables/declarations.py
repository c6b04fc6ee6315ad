"""Declarations, their portions, customs' receipts, conflict cases and customs rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY, QUANTITY, RATE, digits_checks
from shared.documents import Document
from trade_ledger.store.documents import DeclarationContent, PortionContent, ReceiptMessage
from trade_ledger.store.tables.row import Row


class CustomsRateRow(Row):
    """A customs monthly rate as published (R-FX-10): CNY per unit of a currency.

    Its id names pilot, month, currency and version. A correction is the next version; it counts once a second person
    has confirmed it. Rates of before pilots had their own are everybody's (`*`).
    """

    __tablename__ = "customs_rates"
    __table_args__ = (CheckConstraint("cny_per_unit > 0", name="positive"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(server_default="*")
    version: Mapped[int] = mapped_column(server_default="1")
    month: Mapped[date]
    currency: Mapped[str]
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


class DeclarationRow(Row):
    """A declaration (报关单); its totals are those of its portions, and a draft has none yet."""

    __tablename__ = "declarations"
    __table_args__ = (
        *digits_checks("currency", "total_value", "total_fob"),
        *digits_checks("'USD'", "total_fob_usd"),
        Index("ix_declarations_consignor_id", "consignor_id"),
        Index("ix_declarations_declarant_id", "declarant_id"),
        Index("ix_declarations_status", "status", "id"),
        Index("ix_declarations_export_date", "export_date"),
        Index("ix_declarations_customs_number", "customs_number"),
        Index("ix_declarations_rate_id", text("(content -> 'assessed' ->> 'rate_id')")),
        Index("ix_declarations_usd_rate_id", text("(content -> 'assessed' ->> 'usd_rate_id')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[str]
    attempt: Mapped[int]
    consignor_id: Mapped[UUID]
    declarant_id: Mapped[UUID]
    customs_number: Mapped[str | None]
    export_date: Mapped[date | None]
    created_at: Mapped[datetime]
    currency: Mapped[str]
    total_value: Mapped[Decimal | None] = mapped_column(MONEY)
    total_fob: Mapped[Decimal | None] = mapped_column(MONEY)
    total_fob_usd: Mapped[Decimal | None] = mapped_column(MONEY)
    content: Mapped[DeclarationContent] = mapped_column(Document(DeclarationContent))


_STAGES = ("released", "departed", "shut_out", "returned")


class PortionRow(Row):
    """One trade line's share of one declared item: the key under which the services agree (V68).

    Its numbers follow from what it declared when it was submitted and from customs' receipts (`domain.portions`).
    """

    __tablename__ = "portions"
    __table_args__ = (
        UniqueConstraint("declaration_id", "line_id"),
        *digits_checks(
            "declared_currency",
            "declared_value",
            "fob_value",
            *(f"{stage}_{what}" for stage in _STAGES for what in ("value", "fob")),
        ),
        *digits_checks("slip_currency", "slip_value"),
        *digits_checks("'USD'", "fob_usd", "released_fob_usd"),
        Index("ix_portions_line_id", "line_id"),
        Index("ix_portions_trade_id", "trade_id"),
        Index("ix_portions_slip_rate_id", text("(content ->> 'slip_rate_id')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declarations.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("trade_lines.id"))
    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trades.id"))
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    slip_currency: Mapped[str]
    slip_value: Mapped[Decimal] = mapped_column(MONEY)
    declared_currency: Mapped[str]
    declared_value: Mapped[Decimal] = mapped_column(MONEY)
    fob_value: Mapped[Decimal] = mapped_column(MONEY)
    fob_usd: Mapped[Decimal] = mapped_column(MONEY)
    released_quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    released_value: Mapped[Decimal] = mapped_column(MONEY)
    released_fob: Mapped[Decimal] = mapped_column(MONEY)
    released_fob_usd: Mapped[Decimal] = mapped_column(MONEY)
    departed_quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    departed_value: Mapped[Decimal] = mapped_column(MONEY)
    departed_fob: Mapped[Decimal] = mapped_column(MONEY)
    shut_out_quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    shut_out_value: Mapped[Decimal] = mapped_column(MONEY)
    shut_out_fob: Mapped[Decimal] = mapped_column(MONEY)
    returned_quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    returned_value: Mapped[Decimal] = mapped_column(MONEY)
    returned_fob: Mapped[Decimal] = mapped_column(MONEY)
    content: Mapped[PortionContent] = mapped_column(Document(PortionContent))


class ReceiptRow(Row):
    """A message of customs, kept as it came; the declaration's state is a function of all of them (R-DECL-4)."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("declaration_id", "receipt_id"),
        Index("ix_receipts_receipt_id", "receipt_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declarations.id"))
    pilot: Mapped[str]
    receipt_id: Mapped[str]
    kind: Mapped[str]
    attempt: Mapped[int]
    issued_at: Mapped[datetime]
    content: Mapped[ReceiptMessage] = mapped_column(Document(ReceiptMessage))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class ConflictRow(Row):
    """What no longer agrees after an authority's fact, and who must act (R-DECL-7)."""

    __tablename__ = "conflicts"
    __table_args__ = (
        UniqueConstraint("declaration_id", "code", "receipt_id"),
        Index("ix_conflicts_is_open", "declaration_id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_conflicts_waiting", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_conflicts_must_act", "must_act", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declarations.id"))
    pilot: Mapped[str]
    code: Mapped[str]
    receipt_id: Mapped[str]
    detail: Mapped[str]
    must_act: Mapped[str]
    portion_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]), server_default=text("'[]'"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closing_reason: Mapped[str | None]
    closing_evidence_hash: Mapped[str | None]
