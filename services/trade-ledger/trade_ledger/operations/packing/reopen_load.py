"""Open a sealed load again, for a reason: its seal is kept, and it needs a new one (R-PACK-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadReopened, Seal
from shared.vocabulary.errors import Refused
from trade_ledger.domain.loads import breaches_of_reopened_load
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.packing import lists_in_load, load_to_change
from trade_ledger.store.tables.packing import LoadRow


async def reopen_load(session: AsyncSession, load_id: UUID, *, reason: str, version: int, act: Act) -> LoadRow:
    """The open load; refused while customs may act on what is in it. Its arrival belongs to the seal that it had."""
    # Same lock order as customs' receipts: the lists before their load.
    lists = await lists_in_load(session, load_id)
    row = await load_to_change(session, load_id, version, act)
    if breaches := breaches_of_reopened_load(row.status, lists):
        raise Refused(breaches)
    seal = Seal(
        seal_number=row.seal_number or "",
        sealed_at=row.sealed_at,
        opened_at=act.now,
        reason=reason,
        site_id=row.site_id,
        arrived_at=row.arrived_at,
    )
    row.earlier_seals = (*row.earlier_seals, seal)
    row.status, row.seal_number, row.sealed_at, row.site_id, row.arrived_at = "open", None, None, None, None
    await announce_load(session, row, LoadReopened, act=act, reason=reason)
    return row
