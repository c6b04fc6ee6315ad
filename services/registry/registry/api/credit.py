"""Credit grades: each authority's own, readable line by line (R-CREDIT-1)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from registry.api.schemas import GradeIn, GradeOut
from registry.operations.subjects.set_credit_grade import set_credit_grade
from registry.store.subjects import grades_of, subject_seen
from registry.store.tables import CreditGradeRow
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.http.routes import service_router
from shared.rows import model_from
from shared.scope import OfSubject
from shared.vocabulary.errors import Hidden

router = service_router("credit")


@router.post("/v1/subjects/{subject_id}/credit-grades", status_code=201, response_model=GradeOut)
async def set_a_credit_grade(subject_id: UUID, body: GradeIn, command: Commanded) -> Response:
    """Set the caller's authority's own grade."""
    row = await set_credit_grade(
        command.session,
        subject_id,
        grade=body.grade,
        effective_from=body.effective_from,
        reason=body.reason,
        act=command.act,
    )
    return await command.answer(model_from(GradeOut, row), status=201)


@router.get("/v1/subjects/{subject_id}/credit-grades")
async def list_credit_grades(
    subject_id: UUID, session: Reading, scope: Scoped, wanted: WantedPageByKeys
) -> Page[GradeOut]:
    """Every grade with reason and measures, newest first; a party reads its own only."""
    subject = await subject_seen(session, scope, subject_id)
    if isinstance(scope, OfSubject) and scope.party != subject.id:
        raise Hidden(f"the grades of {subject_id} are somebody else's")
    row = CreditGradeRow
    keys = (row.effective_from, row.decided_at, row.sequence, row.authority)
    rows = await wanted.rows(session, grades_of(subject_id), *keys, newest_first=True)
    return wanted.page(rows, [model_from(GradeOut, each) for each in rows], *keys)
