"""Look up what the slips of a workbook name, for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from trade_ledger.domain.slips import Slip
from trade_ledger.store.slip_names import SlipNames, names_of_buyer, slip_names


async def look_up_names(
    session: AsyncSession, slips: Iterable[Slip], *, importer: UUID, sealer: Sealer, pilot: str
) -> SlipNames:
    """The stalls, buyers and agreements that the slips name."""
    heads = [slip.cells for slip in slips if slip.cells]
    return await slip_names(
        session,
        pilot,
        stalls={cells["stall_number"] for cells in heads},
        subjects={name for cells in heads for name in names_of_buyer(cells, sealer)},
        agreements={cells["export_agency"] for cells in heads},
        agent_id=importer,
    )
