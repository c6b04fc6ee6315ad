"""Propose a change of what commerce reviewed of a subject (R-FILE-3)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.amendments import breaches_of_proposal
from registry.domain.qualification import is_same
from registry.store.amendments import open_amendments_on
from registry.store.documents import AmendedParts
from registry.store.subjects import asker_of
from registry.store.tables import SubjectAmendmentRow, SubjectRow
from shared.act import Act
from shared.vocabulary.errors import Refused


async def propose_amendment(
    session: AsyncSession, subject: SubjectRow, role: str | None, parts: AmendedParts, *, reason: str, act: Act
) -> SubjectAmendmentRow:
    """The amendment, open until commerce decides; the subject stays as it is. The caller holds the subject's lock.

    One amendment of the name, of the stalls, and of each qualification waits at a time.
    """
    waiting = [each for each in await open_amendments_on(session, subject.id) if _meet(each, parts)]
    if breaches := breaches_of_proposal(parts.named, {part for each in waiting for part in each.named}):
        raise Refused(breaches)
    amendment = SubjectAmendmentRow(
        id=uuid7(),
        pilot=subject.pilot,
        subject_id=subject.id,
        subject_version=subject.version,
        role=role,
        parts=parts,
        status="open",
        reason=reason,
        proposed_by=act.actor,
        proposing_party=asker_of(act).party,
        proposed_at=act.now,
        decision_reason="",
        version=1,
    )
    session.add(amendment)
    await session.flush()
    return amendment


def _meet(one: AmendedParts, other: AmendedParts) -> bool:
    """Whether both change the same: of qualifications the same one."""
    if one.qualification is None or other.qualification is None:
        return True
    return is_same(one.qualification, other.qualification)
