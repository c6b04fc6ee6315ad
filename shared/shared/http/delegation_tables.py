"""The columns of what a service keeps of delegations: its copy of each, what was done, and what of its value is used.

A service that takes `On-Behalf-Of` makes tables of them among its own, and its consumer writes the copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import MONEY
from shared.events.base import Received
from shared.events.registry import DelegationEvent
from shared.row_sets import put_all
from shared.rows import columns_from


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


async def put_delegations(
    session: AsyncSession, table: type[Any], received: Sequence[Received[DelegationEvent]]
) -> None:
    """Copy the delegations; whoever acts under one at this moment is waited for, and nobody acts under an ended one."""
    await put_all(session, table, [_row(table, each) for each in received])


def _row(table: type[Any], received: Received[DelegationEvent]) -> dict[str, Any]:
    state = received.event.delegation
    limit = None if state.limit_usd is None else Decimal(state.limit_usd)
    return columns_from(table, state, acts=list(state.acts), limit_usd=limit, sequence=received.sequence)
