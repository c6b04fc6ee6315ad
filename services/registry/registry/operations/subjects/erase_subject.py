"""Erase the personal data of a natural person once its records needn't be kept any more (R-DATA-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.erasure import ErasureFacts, breaches_of_erasure, papers_until
from registry.publishers.subjects import announce_subject
from registry.store.amendments import all_amendments_of
from registry.store.erasing import forget_person, last_record_of
from registry.store.parameters import PersonalDataYears
from registry.store.subjects import filings_of, subject_to_change
from registry.store.tables import SubjectRow, policy
from shared.act import Act
from shared.events.registry import SubjectErased
from shared.policy import policy_of
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date


async def erase_subject(session: AsyncSession, subject_id: UUID, *, version: int, reason: str, act: Act) -> SubjectRow:
    """The subject without its person: its data key is destroyed here, and by the event in the other services.

    Numbers, days and amounts stay. It may be said again later, for papers that had to be kept until then.
    """
    subject = await subject_to_change(session, subject_id, version, act, role=None, erased_too=True)
    today = legal_date(act.now)
    required = (await policy_of(session, policy, subject.pilot)).on(PersonalDataYears, today)
    filings = await filings_of(session, subject_id)
    last = await last_record_of(session, subject_id)
    facts = ErasureFacts(
        natural_person=subject.natural_person,
        statuses=[each.status for each in filings],
        last_record=None if last is None else legal_date(last),
        years=required.value,
        today=today,
    )
    if breaches := breaches_of_erasure(facts):
        raise Refused(breaches)
    forget_person(subject, filings, await all_amendments_of(session, subject_id))
    await announce_subject(
        session,
        subject,
        SubjectErased,
        step="erase",
        act=act,
        reason=reason,
        rule_version=required.version,
        papers_until=papers_until(today, required.value),
    )
    return subject
