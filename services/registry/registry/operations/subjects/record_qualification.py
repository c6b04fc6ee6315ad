"""Record a dated qualification of a subject (R-FILE-7)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.amendments import goes_to_review
from registry.domain.lifecycle import breaches_of_stating, was_reviewed
from registry.domain.qualification import (
    GRANTORS,
    breaches_of_dates,
    breaches_of_recording,
    is_confirmed,
    is_held,
)
from registry.domain.speaking import is_itself
from registry.operations.amendments.propose_amendment import propose_amendment
from registry.publishers.subjects import announce_subject
from registry.store.documents import AmendedParts, StatedQualification
from registry.store.sealed import hold_qualification, kept_qualification
from registry.store.subjects import asker_of, filings_of, subject_seen, subject_to_change
from registry.store.tables import SubjectAmendmentRow, SubjectRow
from shared.act import Act
from shared.events.registry import QualificationRecorded
from shared.scope import Scope
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused


async def record_qualification(
    session: AsyncSession,
    subject_id: UUID,
    stated: StatedQualification,
    *,
    version: int,
    sealer: Sealer,
    scope: Scope,
    act: Act,
) -> tuple[SubjectRow, SubjectAmendmentRow | None]:
    """The subject with the qualification; it replaces an earlier one with the same first day.

    A bank records it for its clients only (R-FX-2). What a party states of a reviewed subject waits for commerce: the
    subject stays as it is, beside the amendment. A party whose filings are all over states nothing new. An account
    that another than the subject records waits until the subject states the same one.
    """
    await subject_seen(session, scope, subject_id)
    subject = await subject_to_change(session, subject_id, version, act, role=None, open_to=GRANTORS)
    statuses = {row.role: row.status for row in await filings_of(session, subject_id)}
    breaches = breaches_of_recording(stated.kind, act.role, reviewed=was_reviewed(statuses.values()))
    if breaches := breaches + breaches_of_dates(stated.valid_from, stated.valid_to):
        raise Refused(breaches)
    by_owner = act.role not in GRANTORS and is_itself(asker_of(act), subject.id, subject.account)
    stated = replace(stated, confirmed=is_confirmed(stated.kind, by_owner=by_owner))
    kept = kept_qualification(subject, stated, sealer)
    parts = AmendedParts(qualification=kept)
    by_party = act.role not in GRANTORS and not is_held(subject.qualifications, kept)
    if by_party and (breaches := breaches_of_stating(statuses.values())):
        raise Refused(breaches)
    if by_party and goes_to_review(parts.named, statuses):
        return subject, await propose_amendment(session, subject, None, parts, reason=stated.source, act=act)
    hold_qualification(subject, kept)
    await announce_subject(session, subject, QualificationRecorded, step="qualify", act=act)
    return subject, None
