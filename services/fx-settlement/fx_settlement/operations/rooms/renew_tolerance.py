"""The tolerance of a room is that of the day on which room is asked for: by the collectors' grades and the policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.matching import Tolerance, tolerance_among
from fx_settlement.store.parameters import CollectionTolerance
from fx_settlement.store.parties import safe_grades_of
from fx_settlement.store.rooms import collectors_of, rooms_of
from fx_settlement.store.tables import EntitlementRow, policy
from shared.act import Act
from shared.policy import policy_of
from shared.vocabulary.legal_time import legal_date

_UNGRADED = "B"


async def tolerances_of(
    session: AsyncSession, pilot: str, collectors: Collection[UUID], *, act: Act
) -> tuple[Mapping[str, Tolerance], dict[UUID, str]]:
    """What each grade tolerates, and the grade of each collector, both as of the act's day."""
    today = legal_date(act.now)
    by_grade = (await policy_of(session, policy, pilot)).on(CollectionTolerance, today).value
    grades = await safe_grades_of(session, collectors, today)
    tolerances = {grade: Tolerance(each.percent, each.most) for grade, each in by_grade}
    return tolerances, {each: grades.get(each, _UNGRADED) for each in collectors}


async def renew_tolerance(session: AsyncSession, entitlements: Collection[EntitlementRow], *, act: Act) -> None:
    """Before room is asked for; what is used already stands. The caller holds the declarations' locks (V37)."""
    collectors = await collectors_of(session, [each.declaration_id for each in entitlements])
    everybody = {each for found in collectors.values() for each in found}
    by_grade, grades = await tolerances_of(session, act.pilot, everybody, act=act)
    for entitlement in entitlements:
        if entitlement.frozen:
            continue
        among = {grades[each] for each in collectors[entitlement.declaration_id]}
        tolerance = tolerance_among(entitlement.collectable, entitlement.currency, among, by_grade)
        used = entitlement.held + entitlement.matched
        if entitlement.tolerance == max(tolerance, used - entitlement.collectable):
            continue
        entitlement.tolerance = max(tolerance, used - entitlement.collectable)
        for room in await rooms_of(session, entitlement.declaration_id):
            if room.collectable:
                room.tolerance = max(tolerance, room.held + room.matched - room.collectable)
    await session.flush()
