"""Amend an approved filing: a new version, the old one stays readable (R-FILE-3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import breaches_of_filing
from registry.operations.subjects.advance_filing import facts_of, locked_subject
from registry.publishers.subjects import announce_subject
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.events.registry import SubjectAmended
from shared.vocabulary.errors import Refused


async def amend_subject(
    session: AsyncSession,
    subject_id: UUID,
    role: str,
    *,
    version: int,
    stalls: list[dict[str, Any]],
    reason: str,
    act: Act,
) -> SubjectRow:
    """The subject with its stalls as they are from now on, or every reason why not."""
    subject = await locked_subject(session, subject_id, version, act)
    subject.stalls = stalls
    if breaches := breaches_of_filing(await facts_of(session, subject, role, act)):
        raise Refused(breaches)
    await announce_subject(session, subject, SubjectAmended, step="amend", role=role, act=act, reason=reason)
    return subject
