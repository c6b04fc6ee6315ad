"""Subjects: filing, reading, their history and archive, identity views, qualifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from registry.api.archive_schemas import Archive
from registry.api.archive_views import archive_on
from registry.api.qualification_schemas import QualificationIn
from registry.api.schemas import (
    ChosenRole,
    IdentityOut,
    PurposeIn,
    SubjectIn,
    SubjectOut,
    SubjectSummary,
    SubjectVersion,
    SubjectVersionSummary,
    stall_of,
)
from registry.api.subject_views import (
    answer_subject,
    filer_of,
    masked,
    seen_whole,
    shown,
    summarised,
    version_shown,
)
from registry.operations.subjects.file_subject import Filed, file_subject
from registry.operations.subjects.record_qualification import record_qualification
from registry.store.documents import NAME, StatedQualification
from registry.store.erasing import erased_among
from registry.store.sealed import SUBJECTS
from registry.store.subject_versions import version_of_subject, versions_in_short, versions_of
from registry.store.subjects import (
    filings_of_many,
    subject_seen,
    subjects_filed,
    subjects_like,
    subjects_named,
    subjects_seen_by,
    summaries_of,
)
from registry.store.tables import SubjectRow, SubjectVersionRow
from shared.events.registry import FilingStatus
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, UpdatedSince, WantedPage, WantedPageByKeys
from shared.http.routes import service_router
from shared.rows import model_from
from shared.sealing import ERASED, IDENTITY
from shared.vocabulary.errors import Conflict
from shared.wire import Chosen, DateText, Name, Reference, WholeNumberInUrl

router = service_router("subjects")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which subjects are asked for; role and state are those of one filing."""

    number: Reference | None = None
    role: ChosenRole | None = None
    status: Annotated[FilingStatus, Chosen("filing_status")] | None = None
    name: Annotated[Name | None, Query(max_length=200, description="part of the name")] = None
    updated_since: UpdatedSince = None


WantedSubjects = Annotated[Asked, Depends()]


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
        stalls=tuple(map(stall_of, body.stalls)),
        qualifications=tuple(StatedQualification(**each.model_dump()) for each in body.qualifications),
    )
    return await answer_subject(
        command, await file_subject(command.session, filed, sealer=sealer, act=command.act), 201
    )


@router.get("/v1/subjects")
async def list_subjects(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedSubjects, request: Request
) -> Page[SubjectSummary]:
    """The subjects the caller may see, newest first; a natural person is found by the whole name only."""
    query = subjects_seen_by(scope)
    if asked.name is not None:
        indexes = request.app.state.runtime.sealer.indexes(asked.name, NAME)
        query = subjects_named(query, scope, asked.name, indexes)
    query = subjects_filed(query, scope, role=asked.role, status=asked.status)
    query = subjects_like(query, number=asked.number, updated_since=asked.updated_since)
    rows = await wanted.rows(session, summaries_of(query), SubjectRow.id)
    filings = await filings_of_many(session, [row.id for row in rows])
    whole = await seen_whole(session, scope, rows, filings)
    found = [
        summarised(row, filings[row.id]) if row.id in whole else masked(row, filings[row.id], scope) for row in rows
    ]
    return wanted.page(rows, found, "id")


@router.get("/v1/subjects/{subject_id}")
async def read_subject(subject_id: UUID, session: Reading, scope: Scoped, response: Response) -> SubjectOut:
    """One subject."""
    subject = await subject_seen(session, scope, subject_id)
    response.headers["etag"] = f'"{subject.version}"'
    return await shown(session, scope, subject)


@router.get("/v1/subjects/{subject_id}/versions")
async def list_subject_versions(
    subject_id: UUID, session: Reading, scope: Scoped, wanted: WantedPageByKeys
) -> Page[SubjectVersionSummary]:
    """Every state the subject had, in short: who, when and why."""
    filer = await filer_of(session, scope, await subject_seen(session, scope, subject_id))
    asked = versions_in_short(versions_of(subject_id, filer))
    rows = await wanted.rows(session, asked, SubjectVersionRow.version)
    shown_rows = [model_from(SubjectVersionSummary, row) for row in rows]
    return wanted.page(rows, shown_rows, SubjectVersionRow.version)


@router.get("/v1/subjects/{subject_id}/versions/{version}")
async def read_subject_version(
    subject_id: UUID, version: WholeNumberInUrl, session: Reading, scope: Scoped
) -> SubjectVersion:
    """A subject as it was at a version: who made it so, when and why."""
    filer = await filer_of(session, scope, await subject_seen(session, scope, subject_id))
    row = await version_of_subject(session, subject_id, version, filer)
    return version_shown(row, filer, erased=subject_id in await erased_among(session, [subject_id]))


@router.get("/v1/subjects/{subject_id}/archive")
async def read_archive(
    subject_id: UUID,
    session: Reading,
    scope: Scoped,
    on: Annotated[DateText | None, Query(description="the legal day; today where absent")] = None,
) -> Archive:
    """The file (管理档案) as it stood at the end of a day; a counterparty finds only its own agreements in it."""
    filer = await filer_of(session, scope, await subject_seen(session, scope, subject_id))
    return await archive_on(session, scope, subject_id, on or scope.today, filer=filer)


@router.post("/v1/subjects/{subject_id}/identity-views", response_model=IdentityOut)
async def view_identity(subject_id: UUID, body: PurposeIn, command: Commanded, request: Request) -> Response:
    """The whole identity number and name; the purpose and the viewer stay in the audit trail."""
    subject = await subject_seen(command.session, command.scope, subject_id)
    if subject.data_key == ERASED:
        raise Conflict("subject_erased")
    # Nothing of the row is written here: it isn't locked, and rotation may be at it.
    key = request.app.state.runtime.sealer.row_key(SUBJECTS, subject.id, subject.data_key)
    command.attempt.operation = f"view_identity: {body.purpose}"
    identity = IdentityOut(
        id=subject.id,
        identity_number=key.open(subject.identity, IDENTITY),
        name=key.open(subject.name, NAME),
    )
    return await command.answer_once(identity)


@router.post(
    "/v1/subjects/{subject_id}/qualifications", response_model=SubjectOut, responses={202: {"model": SubjectOut}}
)
async def record_a_qualification(
    subject_id: UUID, body: QualificationIn, command: Commanded, request: Request
) -> Response:
    """Record a qualification with its dates.

    What a party states of an approved subject waits for commerce's approval (202, `Location`); the subject stays as it
    is. Stating an account that is on file confirms it at once.
    """
    subject, waiting = await record_qualification(
        command.session,
        subject_id,
        StatedQualification(**body.model_dump()),
        version=command.expected_version(),
        sealer=request.app.state.runtime.sealer,
        scope=command.scope,
        act=command.act,
    )
    return await answer_subject(command, subject, waiting=waiting)
