"""The columns of what a service keeps of delegations: its copy of each, what was done, and what of its value is used.

A service that takes `On-Behalf-Of` makes tables of them among its own.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY


class DelegationColumns:
    """Who may do what for a party, up to which value, until when (V65), as registry told it."""

    delegation_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    role: Mapped[str]
    grantor_id: Mapped[UUID]
    delegate_id: Mapped[UUID | None]
    account: Mapped[str | None]
    acts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    limit_usd: Mapped[Decimal | None] = mapped_column(MONEY)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    status: Mapped[str]
    sequence: Mapped[int]


class DelegatedActColumns:
    """One act under a delegation; `value_usd` where it counts against the delegation's limit."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    delegation_id: Mapped[UUID] = mapped_column(index=True)
    operation: Mapped[str]
    target: Mapped[str | None]
    actor: Mapped[str]
    done_at: Mapped[datetime]
    value_usd: Mapped[Decimal | None] = mapped_column(MONEY)


class DelegationUseColumns:
    """How much of its limit a delegation has used; only ever added to, under its condition."""

    delegation_id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    used_usd: Mapped[Decimal] = mapped_column(MONEY)
