"""Record a dated qualification of a subject (R-FILE-7)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.lifecycle import was_reviewed
from registry.domain.qualification import (
    GRANTORS,
    breaches_of_dates,
    breaches_of_recording,
    is_confirmed,
    with_qualification,
)
from registry.domain.speaking import is_itself
from registry.publishers.subjects import announce_subject
from registry.store.documents import StatedQualification, kept_qualification
from registry.store.subjects import asker_of, filings_of, subject_to_change
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.events.registry import QualificationRecorded
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused


async def record_qualification(
    session: AsyncSession,
    subject_id: UUID,
    stated: StatedQualification,
    *,
    version: int,
    sealer: Sealer,
    act: Act,
) -> SubjectRow:
    """The subject with the qualification; it replaces an earlier one with the same first day.

    An account that another than the subject records waits until the subject states the same one.
    """
    subject = await subject_to_change(session, subject_id, version, act, role=None, open_to=GRANTORS)
    reviewed = was_reviewed(row.status for row in await filings_of(session, subject_id))
    breaches = breaches_of_recording(stated.kind, act.role, reviewed=reviewed)
    if breaches := breaches + breaches_of_dates(stated.valid_from, stated.valid_to):
        raise Refused(breaches)
    by_owner = act.role not in GRANTORS and is_itself(asker_of(act), subject.id, subject.account)
    stated = replace(stated, confirmed=is_confirmed(stated.kind, by_owner=by_owner))
    subject.qualifications = with_qualification(subject.qualifications, kept_qualification(sealer, stated))
    await announce_subject(session, subject, QualificationRecorded, step="qualify", act=act)
    return subject
