"""Open a load, seal it, record its arrival at the supervised site (R-PACK-1, R-PACK-3, R-PACK-4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import LoadArrived, LoadOpened, LoadSealed
from shared.policy import policy_of
from shared.rows import lock_name, next_number, row_to_change
from shared.vocabulary.errors import Conflict, Malformed, Refused
from shared.vocabulary.identifiers import InvalidIdentifier
from shared.vocabulary.identifiers import container_number as parsed_container
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from trade_ledger.operations.declarations.review_arrival import review_arrival
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.declarations import declaration_for_update
from trade_ledger.store.facts import site_in_force
from trade_ledger.store.packing import (
    declarations_of_load,
    open_load_of,
    packed_lines_of,
    packing_lists_of_load,
)
from trade_ledger.store.parameters import LoadMaxima
from trade_ledger.store.pilots import prefix_of
from trade_ledger.store.tables.packing import LoadRow
from trade_ledger.store.tables.row import policy


async def open_load(session: AsyncSession, *, container_number: str | None, vehicle: str | None, act: Act) -> LoadRow:
    """The open load; a container already on an open one is refused and told which."""
    number = None
    if (container_number is None) == (vehicle is None):
        raise Malformed((Breach("load_carrier_unclear", "R-PACK-4", "/container_number"),))
    if container_number is not None:
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
    row = LoadRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "LO", await next_number(session, "load")),
        version=0,
        status="open",
        consolidator_id=UUID(act.subject_id or ""),
        container_number=number,
        vehicle=vehicle,
        seal_number=None,
        site_id=None,
        arrived_at=None,
    )
    session.add(row)
    await announce_load(session, row, LoadOpened, act=act)
    return row


async def _load(session: AsyncSession, load_id: UUID, version: int, act: Act) -> LoadRow:
    def own(row: LoadRow) -> bool:
        return act.role == "site_operator" or act.subject_id == str(row.consolidator_id)

    return await row_to_change(session, LoadRow, load_id, pilot=act.pilot, version=version, what="load", own=own)


async def seal_load(session: AsyncSession, load_id: UUID, *, seal_number: str, version: int, act: Act) -> LoadRow:
    """The sealed load; all its packing lists must be sealed first."""
    row = await _load(session, load_id, version, act)
    if row.status != "open":
        raise Conflict("load_not_open", f"the load is {row.status}")
    lists = [each for each in await packing_lists_of_load(session, load_id) if each.status != "void"]
    if not lists or any(each.status != "sealed" for each in lists):
        raise Refused((Breach("packing_lists_not_sealed", "R-PACK-1"),))
    if breaches := await _over_maxima(session, row, [each.id for each in lists], act):
        raise Refused(breaches)
    row.status, row.seal_number = "sealed", seal_number
    await announce_load(session, row, LoadSealed, act=act)
    return row


async def _over_maxima(session: AsyncSession, row: LoadRow, list_ids: list[UUID], act: Act) -> tuple[Breach, ...]:
    """Volume and payload are checked on the load, whoever's packing lists it carries (R-PACK-4, V22)."""
    packed = await packed_lines_of(session, list_ids)
    most = (await policy_of(session, policy, row.pilot)).on(LoadMaxima, legal_date(act.now)).value
    carried = {
        "gross_weight_kg": (sum((each.gross_weight_kg for each in packed), Decimal(0)), most.gross_weight_kg),
        "volume_m3": (sum((each.volume_m3 for each in packed), Decimal(0)), most.volume_m3),
    }
    return tuple(
        Breach("load_over_maximum", "V22", "", {"what": what, "value": f"{value:f}", "most": f"{limit:f}"})
        for what, (value, limit) in carried.items()
        if value > limit
    )


async def record_arrival(
    session: AsyncSession, load_id: UUID, *, site_id: UUID, arrived_at: datetime, version: int, act: Act
) -> LoadRow:
    """The load at the supervised site, as the site's own operator reports it; late, it may have departed already."""
    # Customs' receipts lock the declaration before its loads; so does this.
    declarations = await declarations_of_load(session, load_id)
    for declaration_id in declarations:
        await declaration_for_update(session, declaration_id)
    row = await _load(session, load_id, version, act)
    breaches = []
    if row.status not in ("sealed", "closed") or row.arrived_at is not None:
        breaches.append(Breach("load_not_sealed", "R-PACK-1"))
    if await site_in_force(session, act.pilot, site_id, legal_date(arrived_at)) is None:
        breaches.append(Breach("site_not_filed", "R-FILE-9", "/site_id"))
    if arrived_at > act.now:
        breaches.append(Breach("date_in_the_future", "V16", "/arrived_at"))
    if breaches:
        raise Refused(tuple(breaches))
    row.status = "closed" if row.status == "closed" else "arrived"
    row.site_id, row.arrived_at = site_id, arrived_at
    await announce_load(session, row, LoadArrived, act=act)
    await review_arrival(session, declarations, act)
    return row
