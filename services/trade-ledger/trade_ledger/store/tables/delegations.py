"""What was done under delegations (V65)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY
from trade_ledger.store.tables.row import Row


class DelegatedActRow(Row):
    """One act under a delegation; `value_usd` where it counts against the delegation's limit."""

    __tablename__ = "delegated_acts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    delegation_id: Mapped[UUID] = mapped_column(index=True)
    operation: Mapped[str]
    target: Mapped[str | None]
    actor: Mapped[str]
    done_at: Mapped[datetime]
    value_usd: Mapped[Decimal | None] = mapped_column(MONEY)


class DelegationUseRow(Row):
    """How much of its limit a delegation has used; only ever added to, under its condition."""

    __tablename__ = "delegation_uses"
    __table_args__ = (CheckConstraint("used_usd >= 0", name="used"),)

    delegation_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    used_usd: Mapped[Decimal] = mapped_column(MONEY)
