"""Seal a load: what it carries is fixed (R-PACK-1, R-PACK-4, V22)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadSealed
from shared.policy import policy_of
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach
from trade_ledger.domain.loads import Carried, breaches_of_maxima, breaches_of_seal, breaches_of_unsealed
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.packing import load_to_change, packed_lines_of, packing_lists_of_load
from trade_ledger.store.parameters import LoadMaxima
from trade_ledger.store.tables.packing import LoadRow, PackingListRow
from trade_ledger.store.tables.row import policy


async def seal_load(session: AsyncSession, load_id: UUID, *, seal_number: str, version: int, act: Act) -> LoadRow:
    """The sealed load; all its packing lists must be sealed first, and a seal that was opened seals nothing again."""
    row = await load_to_change(session, load_id, version, act)
    if row.status != "open":
        raise Conflict("load_not_open", f"the load is {row.status}")
    lists = await packing_lists_of_load(session, load_id)
    breaches = breaches_of_unsealed([each.status for each in lists]) or await _over_maxima(session, row, lists, act)
    breaches += breaches_of_seal(seal_number, [each.seal_number for each in row.earlier_seals])
    if breaches:
        raise Refused(breaches)
    row.status, row.seal_number, row.sealed_at = "sealed", seal_number, act.now
    await announce_load(session, row, LoadSealed, act=act)
    return row


async def _over_maxima(
    session: AsyncSession, row: LoadRow, lists: list[PackingListRow], act: Act
) -> tuple[Breach, ...]:
    packed = await packed_lines_of(session, [each.id for each in lists if each.status != "void"])
    most = (await policy_of(session, policy, row.pilot)).on(LoadMaxima, legal_date(act.now)).value
    carried = Carried(
        sum((each.gross_weight_kg for each in packed), Decimal(0)),
        sum((each.volume_m3 for each in packed), Decimal(0)),
    )
    return breaches_of_maxima(carried, Carried(most.gross_weight_kg, most.volume_m3))
