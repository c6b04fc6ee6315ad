"""Record a dated qualification of a subject (R-FILE-7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.operations.subjects.advance_filing import locked_subject
from registry.publishers.subjects import announce_subject
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.events.registry import QualificationRecorded


async def record_qualification(
    session: AsyncSession, subject_id: UUID, qualification: dict[str, Any], *, version: int, act: Act
) -> SubjectRow:
    """The subject with one qualification more; earlier ones of the kind keep their dates."""
    subject = await locked_subject(session, subject_id, version, act)
    subject.qualifications = [*subject.qualifications, qualification]
    await announce_subject(session, subject, QualificationRecorded, step="qualify", act=act)
    return subject
