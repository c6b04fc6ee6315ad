"""Apply the parts of an amendment to its subject: from now on they count."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.stalls import days_held
from registry.store.documents import AmendedParts
from registry.store.sealed import hold_qualification
from registry.store.stalls import hold_stalls, stalls_held_by, stated_days
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.act import Act
from shared.vocabulary.legal_time import legal_date


async def apply_amendment(
    session: AsyncSession, subject: SubjectRow, filing: RoleFilingRow | None, parts: AmendedParts, act: Act
) -> None:
    """The subject has the parts, which `check_amendment` let pass; its approved filing holds the stalls."""
    if parts.stalls is not None:
        subject.stalls = parts.stalls
        if filing is not None and filing.status == "approved":
            earlier = await stalls_held_by(session, subject.id)
            await hold_stalls(session, subject, days_held(stated_days(parts.stalls), earlier, legal_date(act.now)))
    if parts.name is not None:
        subject.name, subject.display_name = parts.name, parts.name.mask
        if filing is not None and filing.filed_by is not None:
            filing.stated_name = parts.name.mask
    if parts.qualification is not None:
        hold_qualification(subject, parts.qualification)
    if filing is not None:
        filing.version += 1
