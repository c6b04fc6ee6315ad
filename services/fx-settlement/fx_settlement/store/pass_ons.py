"""Questions about pass-ons."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from fx_settlement.store.tables import PassOnRow, messaging
from shared.events.fx_settlement import COLLECTIONS
from shared.rows import announced_since, narrowed, of_month
from shared.scope import Scope, within


def pass_ons_seen_by(scope: Scope) -> Select[PassOnRow]:
    """The pass-ons of a pilot, of a bank that made them, or where a party is agent or principal."""
    row = PassOnRow

    def own(party: UUID) -> ColumnElement[bool]:
        return or_(row.agent_id == party, row.principal_id == party)

    return within(select(row), row, scope, subject=own, bank=lambda bank: row.bank_id == bank)


def pass_ons_like(
    query: Select[PassOnRow], *, month: str | None, updated_since: datetime | None, **columns: Any
) -> Select[PassOnRow]:
    """Those of a query's pass-ons that are asked for."""
    query = of_month(narrowed(query, PassOnRow, columns), PassOnRow.paid_on, month)
    return announced_since(query, messaging.outbox, COLLECTIONS.name, PassOnRow.id, updated_since)
