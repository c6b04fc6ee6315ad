"""Subjects and their filings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.schemas import (
    AmendmentIn,
    FilingOut,
    GradeIn,
    GradeOut,
    IdentityOut,
    PurposeIn,
    QualificationIn,
    StepIn,
    SubjectIn,
    SubjectOut,
    SubjectVersion,
    SubjectVersions,
    SuspensionIn,
)
from registry.operations.subjects.advance_filing import advance_filing
from registry.operations.subjects.amend_subject import amend_subject
from registry.operations.subjects.file_subject import (
    IDENTITY_PURPOSE,
    NAME_PURPOSE,
    Filed,
    file_subject,
    sealed_qualification,
)
from registry.operations.subjects.record_qualification import record_qualification
from registry.operations.subjects.set_credit_grade import set_credit_grade
from registry.store.subjects import filings_of, filings_of_many, subjects_seen_by, versions_of
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.events.registry import Role, Sealed
from shared.http.access import Authorised
from shared.http.command import Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.vocabulary.errors import Hidden, NotFound

router = APIRouter(tags=["subjects"])


def shown(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectOut:
    """A subject as callers see it."""
    qualifications = [
        {**each, "account": each["account"]["mask"] if each.get("account") else None} for each in subject.qualifications
    ]
    return SubjectOut(
        id=subject.id,
        number=subject.number,
        identity_kind=subject.identity_kind,
        identity_mask=subject.identity["mask"],
        country=subject.country,
        natural_person=subject.natural_person,
        display_name=subject.display_name,
        filings=[FilingOut.model_validate(_filing(row)) for row in filings],
        stalls=subject.stalls,
        qualifications=qualifications,
        version=subject.version,
    )


def _filing(row: RoleFilingRow) -> dict[str, Any]:
    names = set(FilingOut.model_fields) - {"filing_number"}
    return {"filing_number": row.number, **{name: getattr(row, name) for name in names}}


async def _answer(command: Commanded, subject: SubjectRow, status: int = 200) -> Response:
    filings = await filings_of(command.session, subject.id)
    location = f"/v1/subjects/{subject.id}" if status == 201 else None
    return await command.answer(shown(subject, filings), status=status, version=subject.version, location=location)


async def _seen(session: AsyncSession, caller: Caller, subject_id: UUID) -> SubjectRow:
    query = subjects_seen_by(caller.pilot, caller.subject_id, caller.actor, all_of_them=not caller.is_party)
    found = (await session.execute(query.where(SubjectRow.id == subject_id))).scalar_one_or_none()
    if found is not None:
        return found
    exists = await session.get(SubjectRow, subject_id)
    if exists is not None and exists.pilot == caller.pilot:
        raise Hidden(f"subject {subject_id} is somebody else's")
    raise NotFound(f"no subject {subject_id}")


@router.post("/v1/subjects", status_code=201, response_model=SubjectOut)
async def file_a_subject(body: SubjectIn, command: Commanded, request: Request) -> Response:
    """File a role of an identity; a buyer's filing takes effect at once (R-FILE-8)."""
    sealer = request.app.state.runtime.sealer
    filed = Filed(
        kind=body.identity.kind,
        number=body.identity.number,
        country=body.identity.country,
        name=body.name,
        role=body.role,
        stalls=[stall.model_dump(mode="json") for stall in body.stalls],
        qualifications=[sealed_qualification(sealer, **each.model_dump()) for each in body.qualifications],
    )
    return await _answer(command, await file_subject(command.session, filed, sealer=sealer, act=command.act), 201)


@router.get("/v1/subjects")
async def list_subjects(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[SubjectOut]:
    """The subjects the caller may see, newest first."""
    query = subjects_seen_by(caller.pilot, caller.subject_id, caller.actor, all_of_them=not caller.is_party)
    rows = list((await session.execute(wanted.of(query, SubjectRow.id))).scalars())  # type: ignore[arg-type]  # column
    filings = await filings_of_many(session, [row.id for row in rows])
    return wanted.page(rows, [shown(row, filings[row.id]) for row in rows], "id")


@router.get("/v1/subjects/{subject_id}")
async def read_subject(subject_id: UUID, session: Reading, caller: Authorised, response: Response) -> SubjectOut:
    """One subject."""
    subject = await _seen(session, caller, subject_id)
    response.headers["etag"] = f'"{subject.version}"'
    return shown(subject, await filings_of(session, subject_id))


@router.get("/v1/subjects/{subject_id}/versions")
async def list_subject_versions(subject_id: UUID, session: Reading, caller: Authorised) -> SubjectVersions:
    """Every state the subject had: who, when and why."""
    await _seen(session, caller, subject_id)
    rows = await versions_of(session, subject_id)
    items = [
        SubjectVersion.model_validate({name: getattr(row, name) for name in SubjectVersion.model_fields})
        for row in rows
    ]
    return SubjectVersions(items=items)


@router.post("/v1/subjects/{subject_id}/identity-views", response_model=IdentityOut)
async def view_identity(subject_id: UUID, body: PurposeIn, command: Commanded, request: Request) -> Response:
    """The whole identity number and name; the purpose and the viewer stay in the audit trail."""
    subject = await _seen(command.session, command.caller, subject_id)
    sealer = request.app.state.runtime.sealer
    command.attempt.operation = f"view_identity: {body.purpose}"
    identity = IdentityOut(
        id=subject.id,
        identity_number=sealer.open(Sealed.model_validate(subject.identity), purpose=IDENTITY_PURPOSE),
        name=sealer.open(Sealed.model_validate(subject.name), purpose=NAME_PURPOSE),
    )
    return await command.answer_once(identity)


@router.post("/v1/subjects/{subject_id}/qualifications", response_model=SubjectOut)
async def record_a_qualification(
    subject_id: UUID, body: QualificationIn, command: Commanded, request: Request
) -> Response:
    """Record a qualification with its dates."""
    qualification = sealed_qualification(request.app.state.runtime.sealer, **body.model_dump())
    version = command.expected_version()
    subject = await record_qualification(command.session, subject_id, qualification, version=version, act=command.act)
    return await _answer(command, subject)


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
    answer = GradeOut.model_validate({name: getattr(row, name) for name in GradeOut.model_fields})
    return await command.answer(answer, status=201)


async def _step(command: Commanded, subject_id: UUID, role: Role, step: str, body: StepIn) -> Response:
    subject = await advance_filing(
        command.session,
        subject_id,
        role,
        step,
        version=command.expected_version(),
        reason=body.reason,
        stop_order=isinstance(body, SuspensionIn) and body.stop_order,
        act=command.act,
    )
    return await _answer(command, subject)


_FILING = "/v1/subjects/{subject_id}/filings/{role}"


@router.post(_FILING + "/submissions", response_model=SubjectOut)
async def submit_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Submit a draft or returned filing for review."""
    return await _step(command, subject_id, role, "submit", body)


@router.post(_FILING + "/reviews", response_model=SubjectOut)
async def review_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Take a filing under review."""
    return await _step(command, subject_id, role, "review", body)


@router.post(_FILING + "/approvals", response_model=SubjectOut)
async def approve_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Approve; never by the one who submitted (V6)."""
    return await _step(command, subject_id, role, "approve", body)


@router.post(_FILING + "/returns", response_model=SubjectOut)
async def return_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Return for correction."""
    return await _step(command, subject_id, role, "return", body)


@router.post(_FILING + "/rejections", response_model=SubjectOut)
async def reject_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Reject."""
    return await _step(command, subject_id, role, "reject", body)


@router.post(_FILING + "/suspensions", response_model=SubjectOut)
async def suspend_filing(subject_id: UUID, role: Role, body: SuspensionIn, command: Commanded) -> Response:
    """Suspend for new trades, or with a stop order for running ones too."""
    return await _step(command, subject_id, role, "suspend", body)


@router.post(_FILING + "/reinstatements", response_model=SubjectOut)
async def reinstate_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """Reinstate after a suspension."""
    return await _step(command, subject_id, role, "reinstate", body)


@router.post(_FILING + "/exits", response_model=SubjectOut)
async def exit_filing(subject_id: UUID, role: Role, body: StepIn, command: Commanded) -> Response:
    """End the filing; what departed before is still collected, exempted and corrected (V2)."""
    return await _step(command, subject_id, role, "exit", body)


@router.post(_FILING + "/amendments", response_model=SubjectOut)
async def amend_filing(subject_id: UUID, role: Role, body: AmendmentIn, command: Commanded) -> Response:
    """Amend the stalls: a new version, the old one stays readable."""
    subject = await amend_subject(
        command.session,
        subject_id,
        role,
        version=command.expected_version(),
        stalls=[stall.model_dump(mode="json") for stall in body.stalls],
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, subject)
