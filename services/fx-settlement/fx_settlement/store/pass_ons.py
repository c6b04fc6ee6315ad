"""Questions about pass-ons."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from fx_settlement.store.tables import PassOnRow, messaging
from shared.events.fx_settlement import COLLECTIONS
from shared.rows import announced_since, narrowed, of_month


def pass_ons_seen_by(pilot: str, *, subject_id: UUID | None, bank_id: UUID | None) -> Select[PassOnRow]:
    """The pass-ons of a pilot, of a bank that made them, or where a party is agent or principal."""
    query = select(PassOnRow).where(PassOnRow.pilot == pilot)
    if bank_id is not None:
        return query.where(PassOnRow.bank_id == bank_id)
    if subject_id is None:
        return query
    return query.where(or_(PassOnRow.agent_id == subject_id, PassOnRow.principal_id == subject_id))


def pass_ons_like(
    query: Select[PassOnRow], *, month: str | None, updated_since: datetime | None, **columns: Any
) -> Select[PassOnRow]:
    """Those of a query's pass-ons that are asked for."""
    query = of_month(narrowed(query, PassOnRow, columns), PassOnRow.paid_on, month)
    return announced_since(query, messaging.outbox, COLLECTIONS.name, PassOnRow.id, updated_since)
