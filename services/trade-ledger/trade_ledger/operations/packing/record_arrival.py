"""Record that a load is at its supervised site, as the site's own operator reports it (R-PACK-1, R-FILE-9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadArrived
from shared.scope import Scope, site_of
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from trade_ledger.domain.loads import ArrivalFacts, breaches_of_arrival
from trade_ledger.operations.declarations.review_arrival import review_arrival
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.declarations import declaration_for_update
from trade_ledger.store.facts import site_in_force
from trade_ledger.store.packing import declarations_of_load, load_to_receive
from trade_ledger.store.tables.packing import LoadRow


async def record_arrival(
    session: AsyncSession, load_id: UUID, *, arrived_at: datetime, version: int, scope: Scope, act: Act
) -> LoadRow:
    """The arrived load; a late report may concern a load that has departed already."""
    site_id = site_of(scope)
    # Same lock order as customs' receipts: the declaration before its loads.
    declarations = await declarations_of_load(session, load_id)
    for declaration_id in declarations:
        await declaration_for_update(session, declaration_id)
    row = await load_to_receive(session, load_id, version, scope)
    site = await site_in_force(session, act.pilot, site_id, legal_date(arrived_at))
    facts = ArrivalFacts(row.status, row.arrived_at is not None, site is not None, arrived_at, act.now)
    if breaches := breaches_of_arrival(facts):
        raise Refused(breaches)
    row.status = "closed" if row.status == "closed" else "arrived"
    row.site_id, row.arrived_at = site_id, arrived_at
    await announce_load(session, row, LoadArrived, act=act)
    await review_arrival(session, declarations, act)
    return row
