"""Questions about what personal accounts hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.parties import Clients
from fx_settlement.store.tables import ClaimRow, CollectionRow, ConversionRow, PassOnRow, PersonalBalanceRow
from shared.rows import narrowed


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


async def personal_at_bank(session: AsyncSession, holder_id: UUID, currency: str, bank_id: UUID, pilot: str) -> Decimal:
    """What of a personal balance lies at a bank; the balance's lock guards it.

    A bank's part has no counter of its own: it is read off what the bank took in, gave back, passed on and converted.
    """
    claimed = (
        select(func.coalesce(func.sum(ClaimRow.amount), 0))
        .where(ClaimRow.collection_id == CollectionRow.id, ClaimRow.creditor_id == CollectionRow.bank_id)
        .correlate(CollectionRow)
        .scalar_subquery()
    )
    kept = CollectionRow.amount - CollectionRow.bank_charges - CollectionRow.refunded + claimed
    booked = select(func.coalesce(func.sum(func.greatest(kept, 0)), 0)).where(
        CollectionRow.collector_id == holder_id,
        CollectionRow.account_kind == "personal",
        func.jsonb_array_length(CollectionRow.blocked_by) == 0,
    )
    arrived = select(func.coalesce(func.sum(PassOnRow.amount), 0)).where(
        PassOnRow.principal_id == holder_id, PassOnRow.paid_as == "fx", PassOnRow.currency != "CNY"
    )
    converted = select(func.coalesce(func.sum(ConversionRow.amount), 0)).where(ConversionRow.holder_id == holder_id)
    parts = [
        query.where(table.bank_id == bank_id, table.currency == currency, table.pilot == pilot).scalar_subquery()
        for query, table in ((booked, CollectionRow), (arrived, PassOnRow), (converted, ConversionRow))
    ]
    return await session.scalar(select(parts[0] + parts[1] - parts[2])) or Decimal(0)


def balances_seen_by(
    pilot: str, *, subject_id: UUID | None, clients: Clients | None, **columns: Any
) -> Select[PersonalBalanceRow]:
    """The balances of a pilot, of a bank's clients, or of a holder."""
    query = select(PersonalBalanceRow).where(PersonalBalanceRow.pilot == pilot)
    if clients is not None:
        query = query.where(PersonalBalanceRow.holder_id.in_(clients))
    if subject_id is not None:
        query = query.where(PersonalBalanceRow.holder_id == subject_id)
    return narrowed(query, PersonalBalanceRow, columns)
