"""Set a room's tolerance to that of the day of the request: by the collectors' grades and the policy."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.matching import tolerance_among
from fx_settlement.store.rooms import collectors_of, rooms_of
from fx_settlement.store.tables import EntitlementRow
from fx_settlement.store.tolerances import tolerances_on
from shared.act import Act
from shared.vocabulary.legal_time import legal_date


async def renew_tolerance(session: AsyncSession, entitlements: Collection[EntitlementRow], *, act: Act) -> None:
    """Call it before room is requested; what is used already stays. The caller holds the declarations' locks (V37)."""
    collectors = await collectors_of(session, [each.declaration_id for each in entitlements])
    everybody = {each for found in collectors.values() for each in found}
    tolerances = await tolerances_on(session, legal_date(act.now), act.pilot, everybody)
    for entitlement in entitlements:
        if entitlement.frozen:
            continue
        among = {tolerances.grades[each] for each in collectors[entitlement.declaration_id]}
        tolerance = tolerance_among(entitlement.collectable, entitlement.currency, among, tolerances.by_grade)
        used = entitlement.held + entitlement.matched
        if entitlement.tolerance == max(tolerance, used - entitlement.collectable):
            continue
        entitlement.tolerance = max(tolerance, used - entitlement.collectable)
        for room in await rooms_of(session, entitlement.declaration_id):
            if room.collectable:
                room.tolerance = max(tolerance, room.held + room.matched - room.collectable)
    await session.flush()
