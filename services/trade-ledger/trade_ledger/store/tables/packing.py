"""Loads, packing lists and what they hold."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import QUANTITY
from shared.documents import Document
from shared.events.trade_ledger import Seal
from trade_ledger.store.tables.row import Row


class LoadRow(Row):
    """A physical load: one container or vehicle, on one open load at a time (R-PACK-3, V23)."""

    __tablename__ = "loads"
    __table_args__ = (
        Index(
            "uq_loads_open_container",
            "pilot",
            "container_number",
            unique=True,
            postgresql_where=text("status <> 'closed' AND container_number IS NOT NULL"),
        ),
        Index("ix_loads_consolidator_id", "consolidator_id"),
        Index("ix_loads_container_number", "container_number"),
        Index("ix_loads_vehicle", "vehicle"),
        Index("ix_loads_seal_number", "seal_number"),
        Index(
            "ix_loads_earlier_seals",
            "earlier_seals",
            postgresql_using="gin",
            postgresql_ops={"earlier_seals": "jsonb_path_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[str]
    consolidator_id: Mapped[UUID]
    container_number: Mapped[str | None]
    vehicle: Mapped[str | None]
    seal_number: Mapped[str | None]
    sealed_at: Mapped[datetime | None]
    earlier_seals: Mapped[tuple[Seal, ...]] = mapped_column(Document(tuple[Seal, ...]), server_default=text("'[]'"))
    site_id: Mapped[UUID | None]
    arrived_at: Mapped[datetime | None]
    admitted_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]), server_default=text("'[]'"))


class PackingListRow(Row):
    """A packing list (装箱清单) of one consignor in one load."""

    __tablename__ = "packing_lists"
    __table_args__ = (
        Index("ix_packing_lists_load_id", "load_id"),
        Index("ix_packing_lists_consignor_id", "consignor_id"),
        Index("ix_packing_lists_declaration_id", "declaration_id"),
        Index("ix_packing_lists_status", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[str]
    load_id: Mapped[UUID] = mapped_column(ForeignKey("loads.id"))
    consignor_id: Mapped[UUID]
    destination: Mapped[str]
    declaration_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]


class PackedLineRow(Row):
    """How much of a trade line a packing list holds; `shut_out` of it went back to the line before it was deleted."""

    __tablename__ = "packed_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND packages >= 0", name="positive"),
        CheckConstraint("net_weight_kg > 0 AND gross_weight_kg >= net_weight_kg", name="weights"),
        Index("ix_packed_lines_packing_list_id", "packing_list_id"),
        Index("ix_packed_lines_line_id", "line_id"),
        Index("ix_packed_lines_trade_id", "trade_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    packing_list_id: Mapped[UUID] = mapped_column(ForeignKey("packing_lists.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("trade_lines.id"))
    trade_id: Mapped[UUID] = mapped_column(ForeignKey("trades.id"))
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    packages: Mapped[int]
    gross_weight_kg: Mapped[Decimal] = mapped_column(QUANTITY)
    net_weight_kg: Mapped[Decimal] = mapped_column(QUANTITY)
    volume_m3: Mapped[Decimal] = mapped_column(QUANTITY)
    shut_out: Mapped[Decimal] = mapped_column(QUANTITY, server_default="0")


class HandoverRow(Row):
    """Goods went from the stall holder to the operator (R-PACK-1)."""

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_trade_ids", "trade_ids", postgresql_using="gin"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    from_subject_id: Mapped[UUID]
    to_subject_id: Mapped[UUID]
    handed_over_at: Mapped[datetime]
    trade_ids: Mapped[tuple[UUID, ...]] = mapped_column(Document(tuple[UUID, ...]))
