"""Take a filing one step further in its life (R-FILE-3)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import FilingFacts, StallFacts, breaches_of_filing, speaks_for
from registry.domain.lifecycle import STEPS, breaches_of_step
from registry.publishers.subjects import announce_subject
from registry.store.parameters import RequiredQualifications
from registry.store.places import pilot_of
from registry.store.subjects import filings_of, is_own, subject_for_update
from registry.store.tables import RoleFilingRow, SubjectRow, policy
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
from shared.policy import policy_of
from shared.vocabulary.errors import Hidden, NotFound, Refused, Stale
from shared.vocabulary.legal_time import in_force, legal_date
from shared.vocabulary.rules import Breach

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


async def locked_subject(
    session: AsyncSession,
    subject_id: UUID,
    version: int,
    act: Act,
    *,
    role: str | None,
    open_to: frozenset[str] = frozenset({"commerce"}),
) -> SubjectRow:
    """The subject at the version the caller saw; somebody else's is hidden from a party.

    Who filed a role for another acts on that filing; on the subject itself (no `role`) as long as it speaks for it.
    """
    subject = await subject_for_update(session, subject_id)
    if subject is None or subject.pilot != act.pilot:
        raise NotFound(f"no subject {subject_id}")
    party = UUID(act.subject_id) if act.subject_id else None
    if act.role not in open_to and not is_own(subject, party, act.actor):
        filed_by = {row.role: row.filed_by for row in await filings_of(session, subject_id)}
        filed = party is not None and filed_by.get(role or "") == party
        if not filed and (role is not None or not speaks_for(party, subject.account, filed_by.values())):
            raise Hidden(f"subject {subject_id} is somebody else's")
    if subject.version != version:
        raise Stale(f"the subject has version {subject.version}")
    return subject


async def filing_of_role(session: AsyncSession, subject_id: UUID, role: str) -> RoleFilingRow:
    """The filing of the role, under the subject's lock; NotFound where there is none."""
    filing = next((row for row in await filings_of(session, subject_id) if row.role == role), None)
    if filing is None:
        raise NotFound(f"no filing of role {role}")
    return filing


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
    subject = await locked_subject(session, subject_id, version, act, role=role)
    filing = await filing_of_role(session, subject_id, role)
    breaches = breaches_of_step(step, filing.status, decided_by=act.actor, submitted_by=filing.submitted_by)
    facts = await facts_of(session, subject, role, act)
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


async def facts_of(session: AsyncSession, subject: SubjectRow, role: str, act: Act) -> FilingFacts:
    """What the filing rules look at; without pilot data nothing can be filed."""
    pilot = await pilot_of(session, subject.pilot)
    if pilot is None:
        raise Refused((Breach("pilot_unknown", "R-FILE-2", "", {"pilot": subject.pilot}),))
    today = legal_date(act.now)
    required = (await policy_of(session, policy, subject.pilot)).on(RequiredQualifications, today)
    return FilingFacts(
        role=role,
        stalls=[
            StallFacts(
                each.stall_number,
                Decimal(each.longitude),
                Decimal(each.latitude),
                each.valid_from,
                each.valid_to,
            )
            for each in subject.stalls
            if role == "stall_holder"
        ],
        bounds=[(Decimal(x), Decimal(y)) for x, y in pilot.stated.bounds],
        held_qualifications=frozenset(
            each.kind for each in subject.qualifications if in_force(each.valid_from, each.valid_to, today)
        ),
        required_qualifications=required.of(role),
        day=today,
        rule_version=f"{required.version} pilot@{pilot.version}",
    )
