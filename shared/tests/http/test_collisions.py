"""PostgreSQL ends one of two transactions in a deadlock: its request is tried again automatically (F23)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
from psycopg.errors import DeadlockDetected

from shared.workshop.waiting import until

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
_CHANGE = "UPDATE notes SET weight = 9 WHERE id = %s"


async def _until_somebody_waits(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as watching:

        async def somebody_waits() -> bool:
            return await (await watching.execute(_WAITING)).fetchone() != (0,)

        await until(somebody_waits)


async def _collide(desk: Any, first: str, second: str) -> httpx.Response:
    """The response to a request, while another transaction locks the same two rows in the opposite order."""
    async with await psycopg.AsyncConnection.connect(desk.dsn) as other:
        await other.execute(_CHANGE, (second,))
        swapping = desk.door.call("POST", "/v1/notes/swaps", {"first": first, "second": second})
        asked = asyncio.create_task(swapping)
        await _until_somebody_waits(desk.dsn)
        try:
            await other.execute(_CHANGE, (first,))
            await other.commit()
        except DeadlockDetected:
            await other.rollback()
            assert (await asked).status_code == 200
            raise
    return await asked


async def test_a_request_that_loses_a_deadlock_is_done_again_and_once(desk: Any) -> None:
    first, second = [(await desk.door.done("POST", "/v1/notes", {"label": label}))["id"] for label in "ab"]
    rounds, answer = 0, None
    while answer is None:
        rounds += 1
        try:
            answer = await _collide(desk, first, second)
        except DeadlockDetected:
            # PostgreSQL ended the other transaction, because its deadlock check ran first: try again.
            continue
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    with psycopg.connect(desk.dsn) as connection:
        assert connection.execute("SELECT version, weight FROM notes").fetchall() == [(rounds + 1, 9)] * 2
    assert desk.written() == (2, 2 + rounds)
    assert len(desk.audited()) == 2 + rounds


async def test_a_request_that_loses_every_time_is_told_to_retry(desk: Any) -> None:
    answer = await desk.door.call("POST", "/v1/notes/swaps", {"first": "for ever", "second": ""})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert desk.written() == (0, 0)
