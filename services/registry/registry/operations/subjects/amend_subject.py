"""Amend a filing: a new version, the old one stays readable (R-FILE-3)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import breaches_of_role, breaches_of_stalls
from registry.domain.lifecycle import breaches_of_step
from registry.domain.stalls import breaches_of_holder, days_held
from registry.publishers.subjects import announce_subject
from registry.store.documents import NAME_PURPOSE
from registry.store.facts import filing_facts
from registry.store.stalls import hold_stalls, stalls_held_by, stalls_of_others, stated_days
from registry.store.subjects import asker_of, filing_of_role, filings_of, speaks, subject_to_change
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.events.registry import Stall, SubjectAmended
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused
from shared.vocabulary.identifiers import mask_name
from shared.vocabulary.legal_time import legal_date


@dataclass(frozen=True, slots=True)
class Amendment:
    """The changed values; None leaves a value as it is."""

    stalls: tuple[Stall, ...] | None
    name: str | None
    reason: str


async def amend_subject(
    session: AsyncSession,
    subject_id: UUID,
    role: str,
    amendment: Amendment,
    *,
    version: int,
    sealer: Sealer,
    act: Act,
) -> SubjectRow:
    """The subject as it is from now on, or every reason why not.

    The name that another states of it stays with the filing of that other.
    """
    subject = await subject_to_change(session, subject_id, version, act, role=role)
    filing = await filing_of_role(session, subject_id, role)
    breaches = breaches_of_step("amend", filing.status, decided_by=act.actor, submitted_by=filing.submitted_by)
    breaches += breaches_of_role(role, has_stalls=bool(amendment.stalls))
    rule_version = None
    if amendment.stalls is not None and role == "stall_holder":
        subject.stalls = amendment.stalls
        facts = await filing_facts(session, subject, role, act)
        breaches += breaches_of_stalls(facts)
        breaches += breaches_of_holder(stated_days(subject), await stalls_of_others(session, subject))
        rule_version = facts.rule_version
    if breaches:
        raise Refused(breaches)
    if amendment.stalls is not None and filing.status == "approved":
        earlier = await stalls_held_by(session, subject.id)
        await hold_stalls(session, subject, days_held(stated_days(subject), earlier, legal_date(act.now)))
    if amendment.name is not None:
        own = speaks(asker_of(act), subject, await filings_of(session, subject_id))
        shown = mask_name(amendment.name) if subject.natural_person else amendment.name
        if filing.filed_by is not None:
            filing.stated_name = shown
        if own:
            subject.display_name = shown
            subject.name = sealer.seal(amendment.name, purpose=NAME_PURPOSE, mask=shown)
    filing.version += 1
    await announce_subject(
        session,
        subject,
        SubjectAmended,
        step="amend",
        role=role,
        act=act,
        reason=amendment.reason,
        rule_version=rule_version,
    )
    return subject
