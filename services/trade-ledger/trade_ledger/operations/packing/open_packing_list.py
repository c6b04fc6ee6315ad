"""Open a packing list in an open load; loads take several operators' lists (R-PACK-1, R-PACK-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import PackingListOpened, PackingListState
from shared.reference import customs_code
from shared.rows import next_number
from shared.vocabulary.errors import Conflict, Hidden, NotFound, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from trade_ledger.domain.loads import may_pack_into
from trade_ledger.domain.parties import breaches_of_opening
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.facts import standings_in_pilot
from trade_ledger.store.packing import load_for_update
from trade_ledger.store.pilots import prefix_of
from trade_ledger.store.tables.packing import PackingListRow


async def open_packing_list(session: AsyncSession, load_id: UUID, *, destination: str, act: Act) -> PackingListState:
    """An empty packing list of the caller in an open load of its own, or one to which it is admitted."""
    load = await load_for_update(session, load_id)
    if load is None or load.pilot != act.pilot:
        raise NotFound(f"no load {load_id}")
    if not may_pack_into(act.subject_id or "", str(load.consolidator_id), [str(each) for each in load.admitted_ids]):
        raise Hidden(f"load {load_id} is somebody else's")
    if stopped := breaches_of_opening(await standings_in_pilot(session, act)):
        raise Refused(stopped)
    if load.status != "open":
        raise Conflict("load_not_open", f"the load is {load.status}")
    if customs_code("country", destination, legal_date(act.now)) is None:
        raise Refused((Breach("country_unknown", "V56", "/destination", {"country": destination}),))
    row = PackingListRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "PL", await next_number(session, "packing_list")),
        version=0,
        status="open",
        load_id=load_id,
        consignor_id=UUID(act.subject_id or ""),
        destination=destination,
        declaration_id=None,
        opened_at=act.now,
    )
    session.add(row)
    return await announce_packing_list(session, row, PackingListOpened, act=act)
