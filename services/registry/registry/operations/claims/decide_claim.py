"""Commerce decides who a subject's account is (R-FILE-4, V6)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.claims import breaches_of_decided_claim
from registry.store.amendments import withdraw_amendments_of_others
from registry.store.subjects import subject_for_update
from registry.store.tables import SubjectClaimRow
from shared.act import Act
from shared.rows import row_to_change
from shared.sealing import ERASED
from shared.vocabulary.errors import Conflict, NotFound, Refused


async def decide_claim(
    session: AsyncSession,
    claim_id: UUID,
    decision: Literal["approved", "rejected"],
    *,
    version: int,
    reason: str,
    act: Act,
) -> SubjectClaimRow:
    """The decided claim; approved, its account speaks for the subject from now on, and the one before no more.

    What others proposed for the subject waits no more, either.
    """
    claim = await row_to_change(session, SubjectClaimRow, claim_id, pilot=act.pilot, version=version, what="claim")
    if breaches := breaches_of_decided_claim(claim.status, claimant=claim.claimant, decided_by=act.actor):
        raise Refused(breaches)
    subject = await subject_for_update(session, claim.subject_id)
    if subject is None:
        raise NotFound(f"no subject {claim.subject_id}")
    if decision == "approved":
        if subject.data_key == ERASED:
            raise Conflict("subject_erased")
        subject.account = claim.claimant
        await withdraw_amendments_of_others(
            session, subject.id, claim.claimant, by=act.actor, at=act.now, reason=reason
        )
    claim.status, claim.decision_reason = decision, reason
    claim.decided_by, claim.decided_at = act.actor, act.now
    claim.version += 1
    return claim
