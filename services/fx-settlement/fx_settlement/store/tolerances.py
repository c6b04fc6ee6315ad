"""What may be collected beyond the value of an export: by the collectors' grades and the policy (V37)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.matching import Tolerance
from fx_settlement.store.parameters import CollectionTolerance
from fx_settlement.store.parties import safe_grades_of
from fx_settlement.store.tables import policy
from shared.policy import policy_of

_UNGRADED = "B"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What each grade tolerates, and the grade of each collector, both as of one day."""

    by_grade: Mapping[str, Tolerance]
    grades: Mapping[UUID, str]


async def tolerances_on(session: AsyncSession, day: date, pilot: str, collectors: Collection[UUID]) -> Tolerances:
    """The tolerances of some collectors in force on a day."""
    by_grade = (await policy_of(session, policy, pilot)).on(CollectionTolerance, day).value
    grades = await safe_grades_of(session, collectors, day)
    return Tolerances(
        {grade: Tolerance(each.percent, each.most) for grade, each in by_grade},
        {each: grades.get(each, _UNGRADED) for each in collectors},
    )
