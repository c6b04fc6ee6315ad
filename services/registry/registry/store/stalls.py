"""Whose a stall is on which days."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.stalls import StallDays
from registry.store.tables import StallTermRow, SubjectRow
from shared.events.registry import Stall
from shared.rows import lock_name


def stated_days(stalls: Iterable[Stall]) -> tuple[StallDays, ...]:
    """The days on which the stalls are stated to be somebody's."""
    return tuple(StallDays(each.stall_number, each.valid_from, each.valid_to) for each in stalls)


async def stalls_of_others(session: AsyncSession, subject: SubjectRow, stalls: Iterable[Stall]) -> list[StallDays]:
    """The days of others than the subject on these stalls; nobody else gets one until the transaction ends."""
    await lock_name(session, f"stalls {subject.pilot}")
    numbers = {each.stall_number for each in stalls}
    table = StallTermRow
    query = select(table).where(
        table.pilot == subject.pilot,
        table.stall_number.in_(numbers),
        table.subject_id != subject.id,
        ~table.contested,
    )
    return [_days(row) for row in (await session.execute(query)).scalars()]


async def stalls_held_by(session: AsyncSession, subject_id: UUID) -> list[StallDays]:
    """The days on which a subject holds or held stalls, without those that it has no right to (`contested`)."""
    query = select(StallTermRow).where(StallTermRow.subject_id == subject_id, ~StallTermRow.contested)
    return [_days(row) for row in (await session.execute(query)).scalars()]


async def hold_stalls(session: AsyncSession, subject: SubjectRow, days: Iterable[StallDays]) -> None:
    """These are the subject's days from now on; they meet no others' days (`stalls_of_others`)."""
    await session.execute(delete(StallTermRow).where(StallTermRow.subject_id == subject.id))
    session.add_all(
        StallTermRow(
            id=uuid7(),
            pilot=subject.pilot,
            subject_id=subject.id,
            stall_number=each.stall_number,
            valid_from=each.valid_from,
            valid_to=each.valid_to,
            contested=False,
        )
        for each in days
    )
    await session.flush()


def _days(row: StallTermRow) -> StallDays:
    return StallDays(row.stall_number, row.valid_from, row.valid_to)
