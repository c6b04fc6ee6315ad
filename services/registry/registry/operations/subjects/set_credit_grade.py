"""An authority sets its own grade of a subject, with the measures that follow (R-CREDIT-1, R-CREDIT-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.credit import Measures, breaches_of_grade, measures_of
from registry.store.parameters import GradeMeasures, MeasuresOfGrade
from registry.store.subjects import newest_grade, subject_for_update
from registry.store.tables import CreditGradeRow, policy
from shared.act import Act
from shared.events.registry import Grade, GradeChanged
from shared.messaging.outbox import announce
from shared.policy import policy_of
from shared.rows import model_from
from shared.vocabulary.errors import NotFound, Refused


async def set_credit_grade(
    session: AsyncSession, subject_id: UUID, *, grade: Grade, effective_from: date, reason: str, act: Act
) -> CreditGradeRow:
    """The new grade on the caller's own scale; nobody writes another authority's."""
    subject = await subject_for_update(session, subject_id)
    if subject is None or subject.pilot != act.pilot:
        raise NotFound(f"no subject {subject_id}")
    try:
        table = (await policy_of(session, policy, act.pilot)).on(GradeMeasures, effective_from)
    except KeyError as error:
        raise Refused(breaches_of_grade(measures_stated=False)) from error
    measures = model_from(MeasuresOfGrade, measures_of(grade, Measures(**dict(table.value.of(grade)))))
    key = f"{subject_id}:{act.role}"
    row = CreditGradeRow(
        subject_id=subject_id,
        authority=act.role,
        sequence=await newest_grade(session, subject_id, act.role) + 1,
        pilot=act.pilot,
        grade=grade,
        effective_from=effective_from,
        reason=reason,
        measures=measures,
        decided_by=act.actor,
        decided_at=act.now,
        rule_version=table.version,
    )
    session.add(row)
    event = GradeChanged(
        subject_id=subject_id,
        pilot=act.pilot,
        authority=act.role,
        grade=grade,
        effective_from=effective_from,
        reason=reason,
        **measures.model_dump(mode="json"),
    )
    await announce(session, event, key=key, sequence=row.sequence, act=act)
    return row
