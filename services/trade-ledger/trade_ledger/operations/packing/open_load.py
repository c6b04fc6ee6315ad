"""Open a load for one container or one vehicle (R-PACK-3, R-PACK-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import LoadOpened
from shared.rows import lock_name, next_number
from shared.vocabulary.errors import Malformed, Refused
from shared.vocabulary.identifiers import InvalidIdentifier
from shared.vocabulary.identifiers import container_number as parsed_container
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from trade_ledger.domain.loads import breaches_of_carrier
from trade_ledger.domain.parties import breaches_of_opening
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.facts import standings_in_pilot
from trade_ledger.store.packing import open_load_of
from trade_ledger.store.pilots import prefix_of
from trade_ledger.store.tables.packing import LoadRow


async def open_load(session: AsyncSession, *, container_number: str | None, vehicle: str | None, act: Act) -> LoadRow:
    """The open load; a container already on an open load is refused, naming that load."""
    if unclear := breaches_of_carrier(container_number, vehicle):
        raise Malformed(unclear)
    if stopped := breaches_of_opening(await standings_in_pilot(session, act)):
        raise Refused(stopped)
    row = LoadRow(
        id=uuid7(),
        pilot=act.pilot,
        version=0,
        status="open",
        consolidator_id=UUID(act.subject_id or ""),
        container_number=None if container_number is None else await _free(session, container_number, act),
        vehicle=vehicle,
        seal_number=None,
        sealed_at=None,
        earlier_seals=(),
        site_id=None,
        arrived_at=None,
        admitted_ids=(),
    )
    row.number = human_number(await prefix_of(session, act.pilot), "LO", await next_number(session, "load"))
    session.add(row)
    await announce_load(session, row, LoadOpened, act=act)
    return row


async def _free(session: AsyncSession, container_number: str, act: Act) -> str:
    try:
        number = parsed_container(container_number)
    except InvalidIdentifier as error:
        raise Malformed((Breach(error.code, error.rule, "/container_number"),)) from error
    # Two loads may be opened for one container at the same moment: the second must see the first.
    await lock_name(session, f"container {act.pilot} {number}")
    held = await open_load_of(session, act.pilot, number)
    if held is not None:
        params = {"container": number, "load": held.number}
        raise Refused((Breach("container_on_open_load", "R-PACK-3", "/container_number", params),))
    return number
