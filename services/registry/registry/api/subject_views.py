"""A subject as callers see it: what is protected only as its mask (V66)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.schemas import SubjectOut
from registry.store.subjects import filings_of, subjects_seen_by
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.http.command import Command
from shared.http.identity import Caller
from shared.rows import row_seen


def shown(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectOut:
    """A subject as callers see it."""
    return SubjectOut.model_validate(
        {
            "id": subject.id,
            "number": subject.number,
            "identity_kind": subject.identity_kind,
            "identity_mask": subject.identity.mask,
            "country": subject.country,
            "natural_person": subject.natural_person,
            "display_name": subject.display_name,
            "filings": filings,
            "stalls": subject.stalls,
            "qualifications": subject.qualifications,
            "version": subject.version,
        },
        from_attributes=True,
    )


async def answer_subject(command: Command, subject: SubjectRow, status: int = 200) -> Response:
    """The subject after the change, with its version."""
    filings = await filings_of(command.session, subject.id)
    location = f"/v1/subjects/{subject.id}" if status == 201 else None
    return await command.answer(shown(subject, filings), status=status, version=subject.version, location=location)


async def subject_seen(session: AsyncSession, caller: Caller, subject_id: UUID) -> SubjectRow:
    """The subject, if the caller may see it; somebody else's is hidden."""
    query = subjects_seen_by(caller.pilot, caller.subject_id, caller.actor, all_of_them=not caller.is_party)
    return await row_seen(session, query, subject_id, pilot=caller.pilot, what="subject")
