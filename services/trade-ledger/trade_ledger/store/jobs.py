"""Questions about files of trades that are registered after their request was answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from shared.scope import Scope, subject_of, within
from trade_ledger.store.tables.jobs import TradeJobResultsRow, TradeJobRow

_LOOKED_AT = 20
# Their results go with them. The worker reads neither.
PURGE_JOBS = text("""
DELETE FROM trade_jobs WHERE id IN (
  SELECT id FROM trade_jobs WHERE ended_at < now() - make_interval(days => :days) LIMIT :at_once)
""")
"""Jobs end with the keys that they were sent with (V61); one that hasn't ended stays."""


def jobs_sent_by(scope: Scope) -> Select[TradeJobRow]:
    """The jobs that the caller's party sent in the caller's role."""
    row = TradeJobRow
    return within(select(row), row, scope, subject=lambda party: and_(row.party_id == party, row.role == scope.role))


async def unfinished_of(session: AsyncSession, scope: Scope) -> int:
    """How many jobs of the caller's party have not ended, whatever its role."""
    row = TradeJobRow
    query = select(func.count()).where(
        row.pilot == scope.pilot, row.party_id == subject_of(scope), row.ended_at.is_(None)
    )
    return (await session.execute(query)).scalar_one()


async def unfinished_jobs(session: AsyncSession) -> list[tuple[UUID, str]]:
    """Jobs that have not ended, with their pilots; what failed last comes last, else what has waited longest first."""
    row = TradeJobRow
    query = select(row.id, row.pilot).where(row.ended_at.is_(None)).order_by(row.attempts, row.moved_at)
    return [(found.id, found.pilot) for found in await session.execute(query.limit(_LOOKED_AT))]


async def longest_standstill(session: AsyncSession) -> float:
    """For how many seconds the unfinished job has stood still that moved longest ago; 0 where there is none."""
    row = TradeJobRow
    query = select(func.extract("epoch", func.clock_timestamp() - func.min(row.moved_at))).where(row.ended_at.is_(None))
    return float((await session.execute(query)).scalar_one() or 0)


async def job_to_continue(session: AsyncSession, job_id: UUID, *, with_file: bool) -> TradeJobRow | None:
    """The job, locked until commit; None where it has ended or somebody goes on with it already."""
    query = select(TradeJobRow).where(TradeJobRow.id == job_id, TradeJobRow.ended_at.is_(None))
    query = query.options(undefer(TradeJobRow.body)) if with_file else query
    return (await session.execute(query.with_for_update(skip_locked=True))).scalar_one_or_none()


async def results_of(session: AsyncSession, job_id: UUID) -> list[str]:
    """The results of a job's slices in their order, each a list in JSON."""
    row = TradeJobResultsRow
    return list((await session.execute(select(row.results).where(row.job_id == job_id).order_by(row.first))).scalars())


def end_job(job: TradeJobRow, state: str, at: datetime) -> None:
    """It is done or has failed; nothing is left of the file: it holds names that only its trades may keep."""
    job.state, job.ended_at, job.moved_at = state, at, at
    job.body = job.data_key = None
