"""A kept key ends after its retention, in batches; the repeat of an answer too large to keep is told so (F19)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import make_engine
from shared.http import idempotency
from shared.http.kept_keys import OVERDUE, KeyPurge

_AGED = "UPDATE idempotency_keys SET created_at = now() - make_interval(days => 30, secs => %s) WHERE key = %s"


def overdue(service: str) -> float:
    return OVERDUE.labels(service)._value.get()


@pytest.fixture
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    made = make_engine(dsn, pool_size=1, application_name="purging")
    yield made
    await made.dispose()


async def test_keys_go_after_their_days_in_batches_and_what_is_left_is_said(desk: Any, engine: AsyncEngine) -> None:
    for key in ("old", "just", "young", "older", "oldest"):
        await desk.door.done("POST", "/v1/notes", {"label": key}, key=key)
    with psycopg.connect(desk.dsn) as connection:
        for key, seconds in (("old", 9), ("older", 99), ("oldest", 9999), ("just", 1), ("young", -60)):
            connection.execute(_AGED, (seconds, key))
    purge = KeyPurge("notes", 30, at_once=2, batches=1)
    assert (await purge(engine), overdue("notes"), desk.written()) == (2, 1, (5, 3))
    assert (await purge(engine), overdue("notes"), desk.written()) == (2, 1, (5, 1))
    assert (await purge(engine), overdue("notes"), desk.written()) == (0, 0, (5, 1))
    again = await desk.door.call("POST", "/v1/notes", {"label": "young"}, key="young")
    assert again.headers["idempotency-replayed"] == "true"
    # It waits for its next minute.
    assert await purge(engine) == 0


async def test_a_purge_that_fails_is_said(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE idempotency_keys")
    with pytest.raises(Exception, match="idempotency_keys"):
        await KeyPurge("failing", 30)(engine)
    assert overdue("failing") == 1


async def test_an_answer_beyond_the_bound_is_given_once_and_its_repeat_is_told_that_it_was_done(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await desk.door.call("POST", "/v1/notes", {"label": "a"}, key="first")
    monkeypatch.setattr(idempotency, "MOST_KEPT_BYTES", len(first.content))
    at = await desk.door.call("POST", "/v1/notes", {"label": "b"}, key="at")
    assert (await desk.door.call("POST", "/v1/notes", {"label": "b"}, key="at")).content == at.content
    monkeypatch.setattr(idempotency, "MOST_KEPT_BYTES", len(first.content) - 1)
    assert (await desk.door.call("POST", "/v1/notes", {"label": "c"}, key="over")).status_code == 201
    again = await desk.door.call("POST", "/v1/notes", {"label": "c"}, key="over")
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_answer_not_kept")
    other = await desk.door.call("POST", "/v1/notes", {"label": "d"}, key="over")
    assert other.json()["code"] == "idempotency_key_reused"
    assert desk.written() == (3, 3)


_MANY = """INSERT INTO idempotency_keys (principal, key, fingerprint)
SELECT 'p', number::text, '' FROM generate_series(1, 20000) AS number"""
_READ = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'idempotency_keys'"


async def test_a_purge_doesn_t_read_the_keys_that_stay(desk: Any, engine: AsyncEngine) -> None:
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute(_MANY)
        connection.execute("VACUUM ANALYZE idempotency_keys")
        before = connection.execute(_READ).fetchone()
        # A connection may plan a statement for all values once it has sent it some times.
        for _ in range(9):
            await KeyPurge("notes", 30)(engine)
        # What a session has read is counted when it ends.
        await engine.dispose()
        connection.execute("SELECT pg_stat_clear_snapshot()")
        assert connection.execute(_READ).fetchone() == before
