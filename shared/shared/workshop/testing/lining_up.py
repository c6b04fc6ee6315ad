"""Lines up calls at a lock, so that they race in the same way each time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import psycopg

_PATIENCE_SECONDS = 30
_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def lined_up(dsn: str, held: str, *calls: Awaitable[Any]) -> list[Any]:
    """The calls' answers: all have begun, and wait in their order or have ended, before the lock of `held` is free.

    What a call reads without a lock it has read by then, so that a missing lock shows each time. `held` should lock
    rows FOR NO KEY UPDATE: who inserts what refers to them goes on. Raises what a call raised.
    """
    started: list[asyncio.Future[Any]] = []
    try:
        async with (
            await psycopg.AsyncConnection.connect(dsn) as holder,
            await psycopg.AsyncConnection.connect(dsn, autocommit=True) as looking,
        ):
            await holder.execute(held.encode())
            for call in calls:
                started.append(asyncio.ensure_future(call))
                await _all_wait(looking, started)
    finally:
        # Also where one didn't come to its lock: nothing goes on behind the test.
        answers = await asyncio.gather(*started, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def _all_wait(looking: psycopg.AsyncConnection[Any], started: list[asyncio.Future[Any]]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        row = await (await looking.execute(_WAITING)).fetchone()
        assert row is not None
        if row[0] + sum(each.done() for each in started) >= len(started):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the calls neither wait nor end")
