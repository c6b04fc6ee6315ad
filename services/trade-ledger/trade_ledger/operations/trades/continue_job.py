"""Keep what became of a slice of a job's rows, in the transaction that holds its trades."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from trade_ledger.store.jobs import end_job
from trade_ledger.store.tables.jobs import TradeJobResultsRow, TradeJobRow


def continue_job(
    session: AsyncSession, job: TradeJobRow, results: str, *, registered: int, refused: int, told: int, at: datetime
) -> None:
    """The locked job behind the slice; it is done with its last row."""
    session.add(TradeJobResultsRow(job_id=job.id, first=job.rows_done, pilot=job.pilot, results=results))
    job.rows_done += registered + refused
    job.registered, job.refused, job.told = job.registered + registered, job.refused + refused, job.told + told
    job.attempts, job.state, job.moved_at = 0, "running", at
    job.began_at = job.began_at or at
    if job.rows_done == job.rows:
        end_job(job, "done", at)
