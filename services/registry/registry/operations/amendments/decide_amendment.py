"""Commerce decides on a change of what it reviewed (R-FILE-3, V6)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.amendments import breaches_of_basis, breaches_of_decided_amendment
from registry.domain.lifecycle import breaches_of_step
from registry.operations.amendments.apply_amendment import apply_amendment
from registry.operations.amendments.check_amendment import check_amendment
from registry.publishers.subjects import announce_subject
from registry.store.amendments import is_outdated
from registry.store.subjects import filing_of_role, subject_for_update
from registry.store.tables import RoleFilingRow, SubjectAmendmentRow, SubjectRow
from shared.act import Act
from shared.events.registry import QualificationRecorded, SubjectAmended
from shared.rows import row_to_change
from shared.sealing import ERASED
from shared.vocabulary.errors import Conflict, NotFound, Refused
from shared.vocabulary.rules import Breach


async def decide_amendment(
    session: AsyncSession,
    amendment_id: UUID,
    decision: Literal["approved", "rejected"],
    *,
    version: int,
    reason: str,
    act: Act,
) -> SubjectAmendmentRow:
    """The decided amendment; approved, the subject has its parts from now on, or every reason why it can't."""
    amendment = await row_to_change(
        session, SubjectAmendmentRow, amendment_id, pilot=act.pilot, version=version, what="amendment"
    )
    subject = await subject_for_update(session, amendment.subject_id)
    if subject is None:
        raise NotFound(f"no subject {amendment.subject_id}")
    if decision == "approved" and subject.data_key == ERASED:
        raise Conflict("subject_erased")
    breaches = breaches_of_decided_amendment(amendment.status, proposed_by=amendment.proposed_by, decided_by=act.actor)
    filing, rule_version = None, None
    if decision == "approved" and not breaches:
        filing, breaches, rule_version = await _judged(session, subject, amendment, act)
    if breaches:
        raise Refused(breaches)
    amendment.status, amendment.decision_reason = decision, reason
    amendment.decided_by, amendment.decided_at = act.actor, act.now
    amendment.version += 1
    if decision == "approved":
        await apply_amendment(session, subject, filing, amendment.parts, act)
        event = SubjectAmended if filing is not None else QualificationRecorded
        await announce_subject(
            session,
            subject,
            event,
            step="approve_amendment",
            role=amendment.role,
            act=act,
            reason=reason,
            rule_version=rule_version,
        )
    return amendment


async def _judged(
    session: AsyncSession, subject: SubjectRow, amendment: SubjectAmendmentRow, act: Act
) -> tuple[RoleFilingRow | None, tuple[Breach, ...], str | None]:
    """The filing that is amended, why it can't be as things stand now, and the dated rules that say so."""
    filing, breaches = None, breaches_of_basis(changed=await is_outdated(session, subject, amendment))
    if amendment.role is not None:
        filing = await filing_of_role(session, subject.id, amendment.role)
        breaches += breaches_of_step("amend", filing.status, decided_by=act.actor, submitted_by=None)
    found, rule_version = await check_amendment(session, subject, amendment.parts, act)
    return filing, (*breaches, *found), rule_version
