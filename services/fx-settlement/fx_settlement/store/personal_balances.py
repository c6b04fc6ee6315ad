"""Questions about what personal accounts hold."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.at_bank import balance_keys_at
from fx_settlement.store.tables import PersonalBalanceRow
from shared.rows import narrowed
from shared.scope import Scope, within


async def personal_balance_for_update(
    session: AsyncSession, holder_id: UUID, currency: str, pilot: str
) -> PersonalBalanceRow:
    """A personal account's balance, locked; opened at zero where there is none."""
    opening = insert(PersonalBalanceRow).values(holder_id=holder_id, currency=currency, pilot=pilot, balance=0)
    await session.execute(opening.on_conflict_do_nothing())
    key = {"holder_id": holder_id, "currency": currency}
    row = await session.get(PersonalBalanceRow, key, with_for_update=True, populate_existing=True)
    assert row is not None  # noqa: S101 - it was made above, and nothing deletes it
    return row


def balances_seen_by(scope: Scope, **columns: Any) -> Select[PersonalBalanceRow]:
    """The balances of a pilot, of what came in at a bank, or of a holder."""
    row = PersonalBalanceRow

    def at_bank(bank: UUID) -> ColumnElement[bool]:
        return tuple_(row.holder_id, row.currency).in_(balance_keys_at(bank, scope.pilot))

    query = within(select(row), row, scope, subject=lambda party: row.holder_id == party, bank=at_bank)
    return narrowed(query, row, columns)
