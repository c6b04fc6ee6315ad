"""Say who may open packing lists in a load: its consolidator's consent, given and taken back by the list (R-PACK-4)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadAdmissionsChanged
from shared.vocabulary.errors import Conflict
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.packing import load_to_change
from trade_ledger.store.tables.packing import LoadRow


async def admit_to_load(
    session: AsyncSession, load_id: UUID, admitted_ids: Sequence[UUID], *, version: int, act: Act
) -> LoadRow:
    """The load with these and no others admitted; the lists that others opened before stay in it."""
    row = await load_to_change(session, load_id, version, act)
    if row.status != "open":
        raise Conflict("load_not_open", f"the load is {row.status}")
    row.admitted_ids = tuple(dict.fromkeys(admitted_ids))
    await announce_load(session, row, LoadAdmissionsChanged, act=act)
    return row
