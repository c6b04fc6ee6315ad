"""Money that was booked where the collector kept no account lies on the one that was filed since (R-FX-2)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.parties import accounts_at, subject
from fx_settlement.store.tables import CollectionRow


async def place_receipt(session: AsyncSession, row: CollectionRow) -> None:
    """Put blocked money on the collector's one account of its day, where its own isn't one.

    The caller holds the collection's lock, and judges it afterwards.
    """
    if "account_not_at_bank" not in row.blocked_by:
        return
    collector = await subject(session, row.collector_id, row.pilot)
    usable = accounts_at(collector, row.bank_id, kind=row.account_kind, on=row.received_on)
    if len(usable) == 1:
        row.account_id = usable[0]
