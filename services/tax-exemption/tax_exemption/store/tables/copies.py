"""Copies of other services' facts that this service needs for its decisions; only consumers write them (V63)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import CONSUMER_ONLY, MONEY, digits_checks
from shared.documents import Document
from shared.events.registry import HeldQualification, RoleFiling
from shared.events.trade_ledger import PortionMove
from shared.http.delegation_tables import DelegationColumns
from tax_exemption.store.tables.row import Row

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


class DelegationCopy(DelegationColumns, Row):
    __tablename__ = "delegation_copies"
    __table_args__ = (Index("ix_delegation_copies_grantor", "grantor_id"), {"info": CONSUMER_ONLY})


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
        Index("ix_exemption_items_exemption_filer_id", "exemption_filer_id"),
        Index("ix_exemption_items_consignor_id", "consignor_id"),
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
