"""What a person may ask of its own data: who looked at it, all that is held of it, and its erasure (R-DATA-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.agreement_schemas import AgreementOut
from registry.api.amendments import SubjectAmendmentOut, amendment_shown
from registry.api.delegation_schemas import DelegationOut
from registry.api.person_schemas import IdentityView, PersonalData
from registry.api.schemas import DecisionIn, GradeOut, SubjectOut, SubjectStateOut, SubjectVersion, ViewPurpose
from registry.api.subject_views import answer_subject
from registry.domain.speaking import is_itself
from registry.operations.subjects.erase_subject import erase_subject
from registry.publishers.subjects import subject_state
from registry.store.agreements import agreements_of
from registry.store.amendments import all_amendments_of
from registry.store.delegations import delegations_of
from registry.store.documents import ACCOUNT, NAME
from registry.store.identity_views import ViewLine, identity_views_of
from registry.store.sealed import SUBJECTS
from registry.store.subject_versions import all_versions_of
from registry.store.subjects import all_grades_of, asker_in, filings_of, subject_seen
from registry.store.tables import SubjectAmendmentRow, SubjectRow
from shared.events.registry import SubjectState
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from
from shared.scope import PARTIES, Scope
from shared.sealing import ERASED, IDENTITY, RowKey
from shared.vocabulary.errors import Conflict, Hidden

router = service_router("persons")

_MOST_VIEWS = 1000


@router.get("/v1/subjects/{subject_id}/identity-views")
async def list_identity_views(
    subject_id: UUID, session: Reading, scope: Scoped, wanted: WantedPage
) -> Page[IdentityView]:
    """Who saw the whole identity number and name, when and for which purpose; a party asks for its own."""
    subject = await subject_seen(session, scope, subject_id)
    if scope.role in PARTIES:
        _require_itself(scope, subject)
    rows = await identity_views_of(session, scope.pilot, subject_id, before=wanted.serial, most=wanted.limit + 1)
    return wanted.page(rows, _views(rows), "id")


@router.post("/v1/subjects/{subject_id}/personal-data-exports", response_model=PersonalData)
async def export_personal_data(subject_id: UUID, command: Commanded, request: Request) -> Response:
    """All that is held of the caller's own subject, in clear: now, in every earlier state, and who saw it (V66).

    What is wrong is corrected by an amendment of the filing.
    """
    session, scope = command.session, command.scope
    subject = await subject_seen(session, scope, subject_id)
    _require_itself(scope, subject)
    if subject.data_key == ERASED:
        raise Conflict("subject_erased")
    key = request.app.state.runtime.sealer.row_key(SUBJECTS, subject.id, subject.data_key)
    views = await identity_views_of(session, scope.pilot, subject_id, before=None, most=_MOST_VIEWS)
    agreements = await agreements_of(session, scope, subject_id)
    amendments = await all_amendments_of(session, subject_id)
    data = PersonalData(
        held=_in_clear(subject_state(subject, await filings_of(session, subject_id)), key),
        versions=await _versions_in_clear(session, subject_id, key),
        agreements=[model_from(AgreementOut, each) for each in agreements],
        delegations=[model_from(DelegationOut, each) for each in await delegations_of(session, subject_id)],
        grades=[model_from(GradeOut, each) for each in await all_grades_of(session, subject_id)],
        amendments=[_amendment_in_clear(scope, each, subject.number, key) for each in amendments],
        identity_views=_views(views),
    )
    return await command.answer_once(data)


@router.post("/v1/subjects/{subject_id}/erasures", response_model=SubjectOut)
async def erase_a_subject(subject_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Erase a natural person's data for good, here and in the other services; refused until the retention is over.

    What was sealed can't be opened any more. Numbers, days and amounts stay. It may be said again later, for papers
    that had to be kept until then.
    """
    subject = await erase_subject(
        command.session, subject_id, version=command.expected_version(), reason=body.reason, act=command.act
    )
    return await answer_subject(command, subject)


def _require_itself(scope: Scope, subject: SubjectRow) -> None:
    if scope.role not in PARTIES or not is_itself(asker_in(scope), subject.id, subject.account):
        raise Hidden(f"the personal data of {subject.id} are somebody else's")


def _views(rows: Sequence[ViewLine]) -> list[IdentityView]:
    told = [(row, row.operation.partition(": ")[2]) for row in rows]
    return [
        IdentityView(at=row.business_at, role=row.role, purpose=purpose if purpose in get_args(ViewPurpose) else None)
        for row, purpose in told
    ]


async def _versions_in_clear(session: AsyncSession, subject_id: UUID, key: RowKey) -> list[SubjectVersion]:
    return [
        model_from(SubjectVersion, row).model_copy(update={"state": _in_clear(row.state, key)})
        for row in await all_versions_of(session, subject_id)
    ]


def _amendment_in_clear(scope: Scope, amendment: SubjectAmendmentRow, number: str, key: RowKey) -> SubjectAmendmentOut:
    shown, parts = amendment_shown(scope, amendment, number), amendment.parts
    name = None if parts.name is None else key.open(parts.name, NAME)
    held = shown.qualification
    if held is not None and parts.qualification is not None and parts.qualification.account is not None:
        held = held.model_copy(update={"account": key.open(parts.qualification.account, ACCOUNT)})
    return shown.model_copy(update={"name": name, "qualification": held})


def _in_clear(state: SubjectState, key: RowKey) -> SubjectStateOut:
    """A state with what is sealed in it opened, in the places of the masks."""
    masked = SubjectStateOut.model_validate(state)
    held = [
        each if of.account is None else each.model_copy(update={"account": key.open(of.account, ACCOUNT)})
        for each, of in zip(masked.qualifications, state.qualifications, strict=True)
    ]
    opened = {"identity": key.open(state.identity, IDENTITY), "name": key.open(state.name, NAME)}
    clear: SubjectStateOut = masked.model_copy(update={**opened, "qualifications": held})
    return clear
