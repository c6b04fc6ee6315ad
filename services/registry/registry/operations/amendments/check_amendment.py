"""Check what an amendment makes of a subject, when it is proposed and again when it is approved (R-FILE-2)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.filing import breaches_of_stalls
from registry.domain.stalls import breaches_of_holder
from registry.store.documents import AmendedParts
from registry.store.facts import filing_facts
from registry.store.stalls import stalls_of_others, stated_days
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.vocabulary.rules import Breach


async def check_amendment(
    session: AsyncSession, subject: SubjectRow, parts: AmendedParts, act: Act
) -> tuple[tuple[Breach, ...], str | None]:
    """Why the subject can't have the parts today, and by which dated rules; changes nothing."""
    if parts.stalls is None:
        return (), None
    facts = await filing_facts(session, subject, "stall_holder", act, stalls=parts.stalls)
    taken = await stalls_of_others(session, subject, parts.stalls)
    return (*breaches_of_stalls(facts), *breaches_of_holder(stated_days(parts.stalls), taken)), facts.rule_version
