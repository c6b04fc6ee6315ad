"""Advance a filing by one step of its life cycle (R-FILE-3)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import breaches_of_filing
from registry.domain.lifecycle import STEPS, breaches_of_step
from registry.publishers.subjects import announce_subject
from registry.store.facts import filing_facts
from registry.store.subjects import editors_of, filing_of_role, subject_to_change
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.act import Act
from shared.events.registry import (
    SubjectApproved,
    SubjectEvent,
    SubjectExited,
    SubjectReinstated,
    SubjectRejected,
    SubjectReturned,
    SubjectReviewStarted,
    SubjectSubmitted,
    SubjectSuspended,
)
from shared.vocabulary.errors import Refused

_EVENTS: dict[str, type[SubjectEvent]] = {
    "submit": SubjectSubmitted,
    "review": SubjectReviewStarted,
    "approve": SubjectApproved,
    "return": SubjectReturned,
    "reject": SubjectRejected,
    "suspend": SubjectSuspended,
    "reinstate": SubjectReinstated,
    "exit": SubjectExited,
}


async def advance_filing(
    session: AsyncSession,
    subject_id: UUID,
    role: str,
    step: str,
    *,
    version: int,
    reason: str,
    stop_order: bool = False,
    act: Act,
) -> SubjectRow:
    """The subject after the step, or every reason why not. Never commits."""
    subject = await subject_to_change(session, subject_id, version, act, role=role)
    filing = await filing_of_role(session, subject_id, role)
    editors = await editors_of(session, subject_id, role) if step == "approve" else ()
    breaches = breaches_of_step(
        step, filing.status, decided_by=act.actor, submitted_by=filing.submitted_by, edited_by=editors
    )
    facts = await filing_facts(session, subject, role, act)
    if step == "submit":
        breaches += breaches_of_filing(facts)
    if breaches:
        raise Refused(breaches)
    _change(filing, step, reason, stop_order, act)
    await announce_subject(
        session,
        subject,
        _EVENTS[step],
        step=step,
        role=role,
        act=act,
        reason=reason,
        rule_version=facts.rule_version,
    )
    return subject


def _change(filing: RoleFilingRow, step: str, reason: str, stop_order: bool, act: Act) -> None:
    filing.status = STEPS[step].target or filing.status
    filing.reason = reason
    filing.version += 1
    if step == "submit":
        filing.submitted_by = act.actor
    elif step == "approve":
        filing.effective_from, filing.stop_order = filing.effective_from or act.now, False
    elif step == "suspend":
        filing.suspended_at, filing.stop_order = filing.suspended_at or act.now, stop_order
    elif step == "reinstate":
        filing.suspended_at, filing.stop_order = None, False
    elif step == "exit":
        # The party ends its filing, not the order that stops its running trades.
        filing.exited_at = act.now
