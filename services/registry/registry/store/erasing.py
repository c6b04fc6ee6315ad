"""What is left of an erased person, and whose data was erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import RoleFilingRow, SubjectAmendmentRow, SubjectRow, SubjectVersionRow
from shared.events.registry import Qualification
from shared.sealing import ERASED, GONE

_HAD_EFFECT = "$.roles[*].effective_from ? (@ != null)"


async def last_record_of(session: AsyncSession, subject_id: UUID) -> datetime | None:
    """When the newest state with a filing that had taken effect was recorded; None where none ever did."""
    table = SubjectVersionRow
    query = select(func.max(table.at)).where(
        table.subject_id == subject_id,
        table.step != "erase",
        func.jsonb_path_exists(cast(table.state, JSONB), cast(literal(_HAD_EFFECT), JSONPATH)),
    )
    found: datetime | None = await session.scalar(query)
    return found


def forget_person(
    subject: SubjectRow, filings: Sequence[RoleFilingRow], amendments: Sequence[SubjectAmendmentRow]
) -> None:
    """Destroy the subject's data key and all that is searched or shown of its person; nobody speaks for it any more."""
    subject.data_key, subject.account = ERASED, None
    # Whoever files the same identity again is a new subject.
    subject.identity_index = f"{ERASED}:{subject.id}"
    subject.identity = subject.name = GONE
    subject.display_name = GONE.mask
    subject.qualifications = tuple(map(_without_account, subject.qualifications))
    for filing in filings:
        filing.stated_name = None if filing.stated_name is None else GONE.mask

    for amendment in amendments:
        parts = amendment.parts
        held = None if parts.qualification is None else _without_account(parts.qualification)
        name = None if parts.name is None else GONE
        amendment.parts = parts.model_copy(update={"name": name, "qualification": held})


def _without_account(held: Qualification) -> Qualification:
    return held if held.account is None else held.model_copy(update={"account": GONE})


async def erased_among(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of the subjects whose person was erased."""
    query = select(SubjectRow.id).where(SubjectRow.id.in_(ids), SubjectRow.data_key == ERASED)
    return set((await session.execute(query)).scalars())
