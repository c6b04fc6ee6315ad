"""The room of an export: counters under their conditions, the moves behind them, holds, conflicts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fx_settlement.store.tables.row import Row
from shared.database import MONEY, digits_checks


class EntitlementRow(Row):
    """The room of a declaration: the counter under which matches and holds win or lose (V37, V38)."""

    __tablename__ = "entitlements"
    __table_args__ = (
        CheckConstraint("matched >= 0 AND held >= 0", name="not_negative"),
        CheckConstraint("frozen OR held + matched <= collectable + tolerance", name="room"),
        *digits_checks("currency", "collectable", "tolerance", "held", "matched"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    declaration_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    currency: Mapped[str]
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    tolerance: Mapped[Decimal] = mapped_column(MONEY)
    held: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    frozen: Mapped[bool]
    version: Mapped[int]


class PortionRoomRow(Row):
    """The room of a portion, in the declaration's currency; `matched_usd` by its share of the released FOB."""

    __tablename__ = "portion_rooms"
    __table_args__ = (
        CheckConstraint("matched >= 0 AND held >= 0", name="not_negative"),
        CheckConstraint("frozen OR held + matched <= collectable + tolerance", name="room"),
        *digits_checks("'USD'", "matched_usd"),
    )

    portion_id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(index=True)
    pilot: Mapped[str]
    collector_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    tolerance: Mapped[Decimal] = mapped_column(MONEY)
    held: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    matched_usd: Mapped[Decimal] = mapped_column(MONEY)
    frozen: Mapped[bool]


class RoomMoveRow(Row):
    """A move of a portion's room, append-only: the counters are the sums of their moves (verify I5)."""

    __tablename__ = "room_moves"
    __table_args__ = (Index("ix_room_moves_portion_id", "portion_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    portion_id: Mapped[UUID]
    declaration_id: Mapped[UUID]
    pilot: Mapped[str]
    collectable: Mapped[Decimal] = mapped_column(MONEY)
    held: Mapped[Decimal] = mapped_column(MONEY)
    matched: Mapped[Decimal] = mapped_column(MONEY)
    reference: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class HoldRow(Row):
    """Room that a bank reserves before the money is there; committed or voided exactly once (V38)."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("status IN ('held', 'committed', 'void')", name="status"),
        Index("ix_holds_collector_id", "collector_id"),
        Index("ix_holds_bank_id", "bank_id"),
        Index("ix_holds_status", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    bank_id: Mapped[UUID]
    collector_id: Mapped[UUID]
    status: Mapped[str]
    collection_id: Mapped[UUID | None]
    reason: Mapped[str]
    held_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HoldLineRow(Row):
    """What a hold reserves of a portion, in the declaration's currency."""

    __tablename__ = "hold_lines"
    __table_args__ = (
        CheckConstraint("value > 0", name="positive"),
        Index("ix_hold_lines_portion_id", "portion_id"),
    )

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), primary_key=True)
    portion_id: Mapped[UUID] = mapped_column(ForeignKey("portion_rooms.portion_id"), primary_key=True)
    declaration_id: Mapped[UUID]
    pilot: Mapped[str]
    value: Mapped[Decimal] = mapped_column(MONEY)


class TradeRoomRow(Row):
    """How much of a trade's registered value advances are linked to, in the trade's currency (R-FX-8)."""

    __tablename__ = "trade_rooms"
    __table_args__ = (
        CheckConstraint("linked >= 0 AND linked <= registered", name="linked"),
        *digits_checks("currency", "registered", "linked"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    currency: Mapped[str]
    registered: Mapped[Decimal] = mapped_column(MONEY)
    linked: Mapped[Decimal] = mapped_column(MONEY)


class ConflictRow(Row):
    """Facts that don't agree here (R-DECL-7): a declaration whose money is more than it carries, or blocked money."""

    __tablename__ = "conflicts"
    __table_args__ = (
        CheckConstraint("(declaration_id IS NULL) <> (collection_id IS NULL)", name="concerns"),
        Index("ix_conflicts_open", "declaration_id", "code", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_conflicts_collection_id", "collection_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_conflicts_waiting", "id", postgresql_where=text("closed_at IS NULL")),
        # The closed ones too.
        Index("ix_conflicts_of_declaration", "declaration_id"),
        Index("ix_conflicts_of_collection", "collection_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    declaration_id: Mapped[UUID | None]
    collection_id: Mapped[UUID | None]
    code: Mapped[str]
    detail: Mapped[str]
    must_act: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closing_reason: Mapped[str | None]
    closing_evidence_hash: Mapped[str | None]
    accepted_excess: Mapped[Decimal | None] = mapped_column(MONEY)
