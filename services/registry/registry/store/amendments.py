"""Questions about amendments of what commerce reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.documents import AmendedParts
from registry.store.tables import SubjectAmendmentRow, SubjectRow, SubjectVersionRow
from shared.rows import any_in, narrowed
from shared.scope import Scope, within

_TABLE = SubjectAmendmentRow


def amendments_seen_by(
    scope: Scope, *, status: str | None = None, subject_id: UUID | None = None
) -> Select[SubjectAmendmentRow]:
    """The amendments that a party proposed, and those of the subject that it is; or all."""
    owned = select(SubjectRow.id).where(SubjectRow.pilot == scope.pilot, SubjectRow.account == scope.account)
    proposed = and_(_TABLE.proposing_party.is_(None), _TABLE.proposed_by == scope.account)
    query = within(
        select(_TABLE),
        _TABLE,
        scope,
        subject=lambda party: or_(_TABLE.proposing_party == party, _TABLE.subject_id == party),
        newcomer=or_(proposed, _TABLE.subject_id == any_in(owned)),
    )
    return narrowed(query, _TABLE, {"status": status, "subject_id": subject_id})


async def open_amendments_on(session: AsyncSession, subject_id: UUID) -> list[AmendedParts]:
    """What waits for commerce of the subject."""
    query = select(_TABLE.parts).where(_TABLE.subject_id == subject_id, _TABLE.status == "open")
    return list((await session.execute(query)).scalars())


async def all_amendments_of(session: AsyncSession, subject_id: UUID) -> list[SubjectAmendmentRow]:
    """Every amendment of the subject, oldest first."""
    query = select(_TABLE).where(_TABLE.subject_id == subject_id).order_by(_TABLE.id)
    return list((await session.execute(query)).scalars())


async def count_of_open_amendments(session: AsyncSession, subject_id: UUID) -> int:
    """How many amendments of the subject wait for commerce."""
    query = select(func.count()).where(_TABLE.subject_id == subject_id, _TABLE.status == "open")
    return await session.scalar(query) or 0


async def is_outdated(session: AsyncSession, subject: SubjectRow, amendment: SubjectAmendmentRow) -> bool:
    """Whether a part that the amendment replaces isn't any more what it was made against."""
    made_against = await session.get_one(SubjectVersionRow, (subject.id, amendment.subject_version))
    before, parts = made_against.state, amendment.parts
    moved = parts.stalls is not None and before.stalls != subject.stalls
    return moved or (parts.name is not None and before.display_name != subject.display_name)


async def withdraw_amendments_of_others(
    session: AsyncSession, subject_id: UUID, account: str, *, by: str, at: datetime, reason: str
) -> None:
    """What others than the account proposed for the subject waits no more."""
    others = update(_TABLE).where(
        _TABLE.subject_id == subject_id, _TABLE.status == "open", _TABLE.proposed_by != account
    )
    ended = {"status": "withdrawn", "decided_by": by, "decided_at": at, "decision_reason": reason}
    await session.execute(others.values(**ended, version=_TABLE.version + 1))


async def numbers_amended(session: AsyncSession, rows: Sequence[SubjectAmendmentRow]) -> dict[UUID, str]:
    """The numbers of the subjects that the amendments are about."""
    row = SubjectRow
    query = select(row.id, row.number).where(row.id.in_({each.subject_id for each in rows}))
    return {subject_id: number for subject_id, number in await session.execute(query)}
