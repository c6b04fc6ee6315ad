"""Amend a filing: a new version, the old one stays readable (R-FILE-3)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.amendments import goes_to_review
from registry.domain.filing import breaches_of_role
from registry.domain.lifecycle import breaches_of_step
from registry.operations.amendments.apply_amendment import apply_amendment
from registry.operations.amendments.check_amendment import check_amendment
from registry.operations.amendments.propose_amendment import propose_amendment
from registry.publishers.subjects import announce_subject
from registry.store.documents import NAME, AmendedParts
from registry.store.sealed import own_key
from registry.store.subjects import asker_of, filing_of_role, filings_of, speaks, subject_to_change
from registry.store.tables import SubjectAmendmentRow, SubjectRow
from shared.act import Act
from shared.events.registry import Stall, SubjectAmended
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused
from shared.vocabulary.identifiers import mask_name


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
) -> tuple[SubjectRow, SubjectAmendmentRow | None]:
    """The subject as it is from now on, or as it stays with the amendment that waits; else every reason why not.

    What commerce reviewed waits for commerce. The name that another states stays with the filing of that other.
    """
    subject = await subject_to_change(session, subject_id, version, act, role=role)
    filings = await filings_of(session, subject_id)
    filing = await filing_of_role(session, subject_id, role)
    own = speaks(asker_of(act), subject, filings)
    shown = None
    if amendment.name is not None:
        shown = mask_name(amendment.name) if subject.natural_person else amendment.name
    parts = AmendedParts(
        name=own_key(subject, sealer).seal(amendment.name, NAME, mask=shown) if own and amendment.name else None,
        stalls=amendment.stalls if role == "stall_holder" else None,
    )
    breaches = breaches_of_step("amend", filing.status, decided_by=act.actor, submitted_by=filing.submitted_by)
    breaches += breaches_of_role(role, has_stalls=bool(amendment.stalls))
    found, rule_version = await check_amendment(session, subject, parts, act)
    if breaches := (*breaches, *found):
        raise Refused(breaches)
    if goes_to_review(parts.named, {each.role: each.status for each in filings}):
        return subject, await propose_amendment(session, subject, role, parts, reason=amendment.reason, act=act)
    if filing.filed_by is not None and shown is not None:
        filing.stated_name = shown
    await apply_amendment(session, subject, filing, parts, act)
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
    return subject, None
