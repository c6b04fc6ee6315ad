"""A subject as callers see it: what is protected only as its mask (V66), what is another's not at all (V65)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.schemas import (
    FilingOut,
    QualificationOut,
    SubjectOut,
    SubjectStateOut,
    SubjectSummary,
    SubjectVersion,
)
from registry.domain.qualification import ACCOUNTS
from registry.store.amendments import count_of_open_amendments
from registry.store.claims import open_claims_on
from registry.store.subjects import asker_in, counterparties_among, filings_of, speaks
from registry.store.tables import RoleFilingRow, SubjectAmendmentRow, SubjectRow, SubjectVersionRow
from shared.events.registry import Qualification
from shared.http.command import Command
from shared.rows import model_from
from shared.scope import PARTIES, OfSubject, Scope, subject_of
from shared.sealing import GONE
from shared.vocabulary.identifiers import first_account, mask_name


async def seen_whole(
    session: AsyncSession, scope: Scope, subjects: Sequence[SubjectRow], filings: Mapping[UUID, list[RoleFilingRow]]
) -> set[UUID]:
    """Those of the subjects, which it reaches, that the caller sees whole.

    A party does where it speaks for them, or where they agreed with it on an agency; who is no party sees all whole.
    """
    ids = [row.id for row in subjects]
    if scope.role not in PARTIES:
        return set(ids)
    whole = {row.id for row in subjects if speaks(asker_in(scope), row, filings[row.id])}
    if isinstance(scope, OfSubject):
        whole |= await counterparties_among(session, scope.party, ids)
    return whole


async def filer_of(session: AsyncSession, scope: Scope, subject: SubjectRow) -> UUID | None:
    """The caller's party where it sees of the subject only what it filed itself, else None."""
    filings = await filings_of(session, subject.id)
    return None if await seen_whole(session, scope, [subject], {subject.id: filings}) else subject_of(scope)


async def shown(session: AsyncSession, scope: Scope, subject: SubjectRow) -> SubjectOut:
    """A subject as the caller sees it: of one that is another's, its own filings and a mask."""
    filings = await filings_of(session, subject.id)
    if not await seen_whole(session, scope, [subject], {subject.id: filings}):
        summary = masked(subject, filings, scope)
        return SubjectOut(**dict(summary), stalls=[], qualifications=[], open_claims=0, open_amendments=0)
    held = [_qualification(subject.id, each) for each in subject.qualifications]
    return SubjectOut(
        **dict(summarised(subject, filings)),
        stalls=list(subject.stalls),
        qualifications=held,
        open_claims=await open_claims_on(session, subject.id),
        open_amendments=await count_of_open_amendments(session, subject.id),
    )


def _qualification(subject_id: UUID, held: Qualification) -> QualificationOut:
    """A qualification, and of an account the id by which money is booked to it; 0.1.0 stored none."""
    shown = model_from(QualificationOut, held)
    if shown.account_id is not None or shown.bank_id is None or shown.kind not in ACCOUNTS:
        return shown
    return shown.model_copy(update={"account_id": first_account(subject_id, shown.bank_id)})


def summarised(subject: SubjectRow, filings: Sequence[RoleFilingRow]) -> SubjectSummary:
    """A subject as lists show it."""
    shown_filings = [model_from(FilingOut, each) for each in filings]
    return model_from(SubjectSummary, subject, identity_mask=subject.identity.mask, filings=shown_filings)


def masked(subject: SubjectRow, filings: Sequence[RoleFilingRow], scope: Scope) -> SubjectSummary:
    """What a filer sees of a subject that is another's: its own filings, and the name that it stated in them."""
    own = [row for row in filings if isinstance(scope, OfSubject) and row.filed_by == scope.party]
    name = next((row.stated_name for row in own if row.stated_name), mask_name(subject.display_name))
    return summarised(subject, own).model_copy(update={"display_name": name})


def version_shown(row: SubjectVersionRow, filer: UUID | None, *, erased: bool) -> SubjectVersion:
    """A state a subject had, of an erased person nothing but that; to a filer only with its own filings, and a mask."""
    version = model_from(SubjectVersion, row)
    if erased:
        version = version.model_copy(update={"state": _without_person(version.state)})
    if filer is None:
        return version
    name = mask_name(version.state.display_name)
    own = [each for each in version.state.roles if each.filed_by == filer]
    told = {"display_name": name, "name": name, "roles": own, "stalls": [], "qualifications": []}
    state: SubjectStateOut = version.state.model_copy(update=told)
    return version.model_copy(update={"state": state})


def _without_person(state: SubjectStateOut) -> SubjectStateOut:
    gone = dict.fromkeys(("identity", "name", "display_name"), GONE.mask)
    held = [
        each if each.account is None else each.model_copy(update={"account": GONE.mask})
        for each in state.qualifications
    ]
    without: SubjectStateOut = state.model_copy(update={**gone, "qualifications": held})
    return without


async def answer_subject(
    command: Command, subject: SubjectRow, status: int = 200, *, waiting: SubjectAmendmentRow | None = None
) -> Response:
    """The subject after the change as the caller sees it, with its version; 202 where the change waits for commerce."""
    location = f"/v1/subjects/{subject.id}" if status == 201 else None
    if waiting is not None:
        status, location = 202, f"/v1/subject-amendments/{waiting.id}"
    answer = await shown(command.session, command.scope, subject)
    return await command.answer(answer, status=status, version=subject.version, location=location)
