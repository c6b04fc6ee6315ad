"""Advance a filing by one step of its life cycle (R-FILE-3)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import breaches_of_filing
from registry.domain.lifecycle import STEPS, breaches_of_step
from registry.domain.stalls import breaches_of_holder, days_held
from registry.publishers.subjects import announce_subject
from registry.store.facts import filing_facts
from registry.store.stalls import hold_stalls, stalls_held_by, stalls_of_others, stated_days
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
from shared.vocabulary.legal_time import legal_date

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
    if role == "stall_holder" and step in ("submit", "approve"):
        breaches += breaches_of_holder(
            stated_days(subject.stalls), await stalls_of_others(session, subject, subject.stalls)
        )
    if breaches:
        raise Refused(breaches)
    if role == "stall_holder" and step in ("approve", "exit"):
        await _hold_stalls(session, subject, step, legal_date(act.now))
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


async def _hold_stalls(session: AsyncSession, subject: SubjectRow, step: str, today: date) -> None:
    """From its approval on the stated stalls are the subject's; from the day after its exit they are free."""
    earlier = await stalls_held_by(session, subject.id)
    exited = step == "exit"
    days = days_held(() if exited else stated_days(subject.stalls), earlier, today + timedelta(days=exited))
    await hold_stalls(session, subject, days)


def _change(filing: RoleFilingRow, step: str, reason: str, stop_order: bool, act: Act) -> None:
    filing.status = STEPS[step].target or filing.status
    filing.reason = reason
    filing.version += 1
    if step == "submit":
        filing.submitted_by = act.actor
    elif step == "approve":
        filing.effective_from, filing.stop_order = filing.effective_from or act.now, False
        filing.exited_at = None
    elif step == "suspend":
        filing.suspended_at, filing.stop_order = filing.suspended_at or act.now, stop_order
    elif step == "reinstate":
        filing.suspended_at, filing.stop_order = None, False
    elif step == "exit":
        # The party ends its filing, not the order that stops its running trades.
        filing.exited_at = act.now
