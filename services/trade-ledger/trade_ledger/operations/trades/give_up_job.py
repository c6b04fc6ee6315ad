"""Give a job up that fails at the same slice again and again."""

from __future__ import annotations

from datetime import datetime

from trade_ledger.store.jobs import end_job
from trade_ledger.store.tables.jobs import TradeJobRow

_MOST_ATTEMPTS = 10
GAVE_UP = "job_gave_up"


def give_up_job(job: TradeJobRow, *, at: datetime) -> None:
    """The locked job after one more attempt; after so many in a row it has failed, and a person must act."""
    job.attempts += 1
    if job.attempts >= _MOST_ATTEMPTS:
        job.problem = GAVE_UP
        end_job(job, "failed", at)
