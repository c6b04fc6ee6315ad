"""Amendments of what commerce approved: they wait for its decision (R-FILE-3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from registry.api.schemas import DecisionIn, QualificationOut
from registry.operations.amendments.decide_amendment import decide_amendment
from registry.operations.amendments.withdraw_amendment import withdraw_amendment
from registry.store.amendments import amendments_seen_by, numbers_amended
from registry.store.tables import SubjectAmendmentRow
from shared.events.registry import Role, Stall
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import PARTIES, Scope
from shared.wire import Chosen

router = service_router("amendments")

AmendmentStatus = Literal["open", "approved", "rejected", "withdrawn"]


class SubjectAmendmentSummary(BaseModel):
    """A change of what commerce approved, in short: `changes` names its parts, and its stalls are read by its id."""

    id: UUID
    subject_id: UUID
    subject_number: str
    subject_version: int
    role: Role | None
    changes: tuple[Literal["name", "stalls", "qualification"], ...]
    name: str | None
    qualification: QualificationOut | None
    status: AmendmentStatus
    reason: str
    proposed_by: str | None
    proposed_at: datetime
    decided_at: datetime | None
    decision_reason: str
    version: int


class SubjectAmendmentOut(SubjectAmendmentSummary):
    """A change of what commerce approved; a part that is null stays as it is."""

    stalls: list[Stall] | None


S = TypeVar("S", SubjectAmendmentOut, SubjectAmendmentSummary)


def _shown(form: type[S], scope: Scope, amendment: SubjectAmendmentRow, number: str, **others: Any) -> S:
    """The amendment; a party reads which account proposed it only of its own."""
    parts = amendment.parts
    hidden = {"proposed_by": None} if scope.role in PARTIES and amendment.proposed_by != scope.account else {}
    return model_from(
        form,
        amendment,
        subject_number=number,
        changes=parts.named,
        name=None if parts.name is None else parts.name.mask,
        qualification=None if parts.qualification is None else model_from(QualificationOut, parts.qualification),
        **hidden,
        **others,
    )


def amendment_shown(scope: Scope, amendment: SubjectAmendmentRow, number: str) -> SubjectAmendmentOut:
    """The amendment of the subject with that number, with everything that it changes."""
    return _shown(SubjectAmendmentOut, scope, amendment, number, stalls=amendment.parts.stalls)


async def _answer(command: Command, amendment: SubjectAmendmentRow) -> Response:
    number = (await numbers_amended(command.session, [amendment]))[amendment.subject_id]
    return await command.answer(amendment_shown(command.scope, amendment, number), version=amendment.version)


@router.get("/v1/subject-amendments")
async def list_subject_amendments(
    session: Reading,
    scope: Scoped,
    wanted: WantedPage,
    status: Annotated[AmendmentStatus, Chosen("amendment_status")] | None = None,
    subject_id: UUID | None = None,
) -> Page[SubjectAmendmentSummary]:
    """The amendments of the caller's subject and those that it proposed; commerce sees all, `open` its work list."""
    query = amendments_seen_by(scope, status=status, subject_id=subject_id)
    rows = await wanted.rows(session, query, SubjectAmendmentRow.id)
    numbers = await numbers_amended(session, rows)
    shown = [_shown(SubjectAmendmentSummary, scope, row, numbers[row.subject_id]) for row in rows]
    return wanted.page(rows, shown, "id")


@router.get("/v1/subject-amendments/{amendment_id}")
async def read_subject_amendment(
    amendment_id: UUID, session: Reading, scope: Scoped, response: Response
) -> SubjectAmendmentOut:
    """One amendment."""
    amendment = await row_seen(session, amendments_seen_by(scope), amendment_id, pilot=scope.pilot, what="amendment")
    response.headers["etag"] = f'"{amendment.version}"'
    return amendment_shown(scope, amendment, (await numbers_amended(session, [amendment]))[amendment.subject_id])


async def _decided(
    command: Command, amendment_id: UUID, decision: Literal["approved", "rejected"], body: DecisionIn
) -> Response:
    amendment = await decide_amendment(
        command.session,
        amendment_id,
        decision,
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, amendment)


@router.post("/v1/subject-amendments/{amendment_id}/approvals", response_model=SubjectAmendmentOut)
async def approve_subject_amendment(amendment_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Approve: it counts from now on; never by the one who proposed it (V6)."""
    return await _decided(command, amendment_id, "approved", body)


@router.post("/v1/subject-amendments/{amendment_id}/rejections", response_model=SubjectAmendmentOut)
async def reject_subject_amendment(amendment_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Reject: the subject stays as it is."""
    return await _decided(command, amendment_id, "rejected", body)


@router.post("/v1/subject-amendments/{amendment_id}/withdrawals", response_model=SubjectAmendmentOut)
async def withdraw_subject_amendment(amendment_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Withdraw an amendment that waits."""
    amendment = await withdraw_amendment(
        command.session,
        amendment_id,
        version=command.expected_version(),
        reason=body.reason,
        scope=command.scope,
        act=command.act,
    )
    return await _answer(command, amendment)
