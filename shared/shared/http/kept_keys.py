"""Kept idempotency keys end after their retention: the worker takes them away in batches (V61)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from prometheus_client import Gauge
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

OVERDUE = Gauge("idempotency_keys_overdue", "Whether keys stay beyond their retention", ["service"])
_AT_ONCE = 1000
_BATCHES = 50
_PAUSE_SECONDS = 60
# Rows are found by when they were written, and deleted by whose they are: the worker reads neither request nor answer.
_PURGE = text("""
DELETE FROM idempotency_keys WHERE (principal, key) IN (
  SELECT principal, key FROM idempotency_keys WHERE created_at < now() - make_interval(days => :days) LIMIT :at_once)
""")
# Full again long ago.
_OF_NOBODY = text("DELETE FROM rate_buckets WHERE filled_at < now() - interval '1 day'")
log = structlog.get_logger()


class KeyPurge:
    """A worker's background work: once a minute, what is older than so many days, oldest rows not in any order.

    `also` are statements like `_PURGE` for what a service keeps as long as its keys.
    """

    def __init__(
        self,
        service: str,
        days: int,
        *,
        at_once: int = _AT_ONCE,
        batches: int = _BATCHES,
        also: Sequence[TextClause] = (),
    ) -> None:
        self._days = days
        self._statements = (_PURGE, *also)
        self._at_once = at_once
        self._batches = batches
        self._next = 0.0
        self._overdue = OVERDUE.labels(service)
        self._overdue.set(0)

    async def __call__(self, engine: AsyncEngine) -> int:
        """How many rows went; each batch commits by itself. What it leaves is said, and goes next time."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + _PAUSE_SECONDS
        # Until it has ended well: a purge that fails each time leaves keys too.
        self._overdue.set(1)
        async with engine.begin() as connection:
            await connection.execute(_OF_NOBODY)
        gone, left = 0, False
        for statement in self._statements:
            for _ in range(self._batches):
                async with engine.begin() as connection:
                    done = await connection.execute(statement, {"days": self._days, "at_once": self._at_once})
                gone += done.rowcount
                if done.rowcount < self._at_once:
                    break
            else:
                left = True
        if left:
            self._next = 0.0
        else:
            self._overdue.set(0)
        if gone:
            log.info("kept keys purged", rows=gone)
        return gone
