"""A subject as callers see it: what is protected only as its mask (V66)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.schemas import FilingOut, QualificationOut, SubjectOut, SubjectSummary
from registry.store.subjects import filings_of, subjects_seen_by
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.http.command import Command
from shared.http.identity import Caller
from shared.rows import model_from, row_seen


def shown(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectOut:
    """A subject as callers see it."""
    summary = summarised(subject, filings)
    held = [model_from(QualificationOut, each) for each in subject.qualifications]
    return SubjectOut(**dict(summary), stalls=list(subject.stalls), qualifications=held)


def summarised(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectSummary:
    """A subject as lists show it."""
    shown_filings = [model_from(FilingOut, each) for each in filings]
    return model_from(SubjectSummary, subject, identity_mask=subject.identity.mask, filings=shown_filings)


async def answer_subject(command: Command, subject: SubjectRow, status: int = 200) -> Response:
    """The subject after the change, with its version."""
    filings = await filings_of(command.session, subject.id)
    location = f"/v1/subjects/{subject.id}" if status == 201 else None
    return await command.answer(shown(subject, filings), status=status, version=subject.version, location=location)


async def subject_seen(session: AsyncSession, caller: Caller, subject_id: UUID) -> SubjectRow:
    """The subject, if the caller may see it; somebody else's is hidden."""
    query = subjects_seen_by(caller.pilot, caller.subject_id, caller.actor, all_of_them=not caller.is_party)
    return await row_seen(session, query, subject_id, pilot=caller.pilot, what="subject")
