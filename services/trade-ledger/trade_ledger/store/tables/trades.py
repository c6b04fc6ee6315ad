"""Trades, their lines, versions, counters and movements."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY, QUANTITY, digits_checks
from shared.documents import Document
from shared.events.trade_ledger import TradeLine, TradeState
from trade_ledger.store.tables.row import Row

# Columns that are asked for or checked say what the document says. Containment reads the document once.
_TRADE_IS_ITS_STATE = (
    "(state @> jsonb_build_object('version', version, 'status', status, 'eligible', eligible, 'currency', currency,"
    " 'external_ref', external_ref, 'trade_date', trade_date, 'seller_id', seller_id, 'owner_id', owner_id,"
    " 'consignor_id', consignor_id, 'buyer_id', buyer_id) AND (state->>'total')::numeric = total) IS TRUE"
)


class TradeRow(Row):
    """A trade (交易单) at its newest version; `state` is its whole public state."""

    __tablename__ = "trades"
    __table_args__ = (
        *digits_checks("currency", "total"),
        CheckConstraint(_TRADE_IS_ITS_STATE, name="state"),
        # The slip number first: people look for it without knowing who registered it.
        Index(
            "uq_trades_slip",
            "external_ref",
            "registered_by",
            "pilot",
            unique=True,
            postgresql_where=text("external_ref <> ''"),
        ),
        Index("ix_trades_seller_id", "seller_id"),
        Index("ix_trades_consignor_id", "consignor_id"),
        Index("ix_trades_buyer_id", "buyer_id"),
        Index(
            "ix_trades_without_buyer",
            text("(state ->> 'procurement_agency_id')"),
            postgresql_where=text("buyer_id IS NULL AND (state ->> 'procurement_agency_id') IS NOT NULL"),
        ),
        # Nearly all are registered by one of the two.
        Index(
            "ix_trades_registered_by",
            "registered_by",
            postgresql_where=text("registered_by <> seller_id AND registered_by <> consignor_id"),
        ),
        Index("ix_trades_status", "status", "id", postgresql_where=text("status <> 'registered'")),
        Index("ix_trades_trade_date", "trade_date", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[str]
    registered_by: Mapped[UUID]
    seller_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    consignor_id: Mapped[UUID]
    buyer_id: Mapped[UUID | None]
    eligible: Mapped[bool]
    external_ref: Mapped[str]
    trade_date: Mapped[date]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(MONEY)
    registered_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    state: Mapped[TradeState] = mapped_column(Document(TradeState))
    data_key: Mapped[str | None]


class TradeVersionRow(Row):
    """Every version of a trade as it was (V17, V64)."""

    __tablename__ = "trade_versions"
    __table_args__ = (CheckConstraint("((state->>'version')::integer = version) IS TRUE", name="state"),)

    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trades.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]
    state: Mapped[TradeState] = mapped_column(Document(TradeState))


class TradeDocumentRow(Row):
    """An original document of a trade by its content's SHA-256; the same one on two trades is flagged (V19)."""

    __tablename__ = "trade_documents"
    __table_args__ = (Index("ix_trade_documents_trade_id", "trade_id"),)

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trades.id"), primary_key=True)
    pilot: Mapped[str]


class TradeLineRow(Row):
    """A line of a trade's newest version."""

    __tablename__ = "trade_lines"
    __table_args__ = (
        CheckConstraint("((content->>'line_no')::integer = line_no) IS TRUE", name="content"),
        Index("ix_trade_lines_trade_id", "trade_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trades.id"))
    pilot: Mapped[str]
    line_no: Mapped[int]
    content: Mapped[TradeLine] = mapped_column(Document(TradeLine))


class LineCounterRow(Row):
    """Where a line's quantity is, cumulative: packed means packed or further (docs/workflow.md, V20, V21, V31)."""

    __tablename__ = "trade_line_counters"
    __table_args__ = (
        CheckConstraint("registered >= 0 AND void >= 0 AND void <= registered", name="registered"),
        CheckConstraint("packed >= 0 AND packed <= registered - void", name="packed"),
        CheckConstraint("declared >= 0 AND declared <= packed", name="declared"),
        CheckConstraint("released >= 0 AND released <= declared", name="released"),
        CheckConstraint("departed >= 0 AND departed <= released", name="departed"),
        CheckConstraint("returned >= 0 AND returned <= departed", name="returned"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("trade_lines.id"), primary_key=True)
    pilot: Mapped[str]
    registered: Mapped[Decimal] = mapped_column(QUANTITY)
    void: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")
    packed: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")
    declared: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")
    released: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")
    departed: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")
    returned: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")


class MovementRow(Row):
    """A move of a line's quantity, append-only; their sum per kind is the counter (verify I3)."""

    __tablename__ = "movements"
    __table_args__ = (Index("ix_movements_line_id", "line_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("trade_lines.id"))
    pilot: Mapped[str]
    kind: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    reference: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
