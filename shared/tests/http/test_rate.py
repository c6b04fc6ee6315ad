"""A caller's bucket holds over all processes, and is filled by the database's clock alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import make_engine
from shared.http.app import Service
from shared.http.rate import Buckets, Policy, TooManyRequests
from shared.workshop.testing.client import open_door
from shared.workshop.testing.running import sql
from shared.workshop.testing.tokens import ServedMint

# It gains nothing while a test runs.
SLOW = Policy("slow", 0.0001, 100)
LEASE = 5
_AN_HOUR_AGO = "UPDATE rate_buckets SET filled_at = filled_at - interval '1 hour' RETURNING who"


async def admitted(buckets: Buckets, who: str, asked: int, cost: int = 1) -> int:
    """How many of so many requests are admitted."""
    taken = 0
    for _ in range(asked):
        try:
            await buckets.take(who, cost)
            taken += 1
        except TooManyRequests:
            continue
    return taken


@pytest.fixture
async def engines(dsn: str) -> AsyncIterator[list[AsyncEngine]]:
    """One for each of four processes."""
    made = [make_engine(dsn, pool_size=2, application_name="asking") for _ in range(4)]
    yield made
    for each in made:
        await each.dispose()


async def test_four_processes_admit_together_what_the_bucket_holds_and_not_one_more(
    engines: list[AsyncEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = [Buckets(each, SLOW) for each in engines]
    taken = await asyncio.gather(*(admitted(each, "even", 250) for each in processes))
    assert sum(taken) == SLOW.most
    # What three processes lease and don't use is all that the fourth can't have.
    await asyncio.gather(*(admitted(each, "uneven", 1) for each in processes[:3]))
    assert await admitted(processes[3], "uneven", 500) == SLOW.most - 3 * LEASE
    assert await admitted(processes[0], "uneven", 500) == LEASE - 1
    assert await admitted(processes[0], "dear", 3, cost=40) == 2
    # A refusal takes nothing, and what costs more than a whole bucket waits for a full one.
    assert await admitted(processes[0], "dear", 30) == 20
    assert await admitted(processes[0], "dearest", 2, cost=1000) == 1
    # No process's clock fills a bucket.
    real = time.monotonic
    monkeypatch.setattr(time, "time", lambda: 4e9)
    monkeypatch.setattr(time, "monotonic", lambda: real() + 1e9)
    assert await admitted(processes[0], "even", 10) == 0


async def test_a_bucket_fills_with_the_databases_time_up_to_its_size(engines: list[AsyncEngine], dsn: str) -> None:
    policy = Policy("hourly", 0.01, 100)
    assert await admitted(Buckets(engines[0], policy), "a", 200) == 100
    await sql(dsn, _AN_HOUR_AGO)
    assert await admitted(Buckets(engines[1], policy), "a", 200) == 36
    for _ in range(9):
        await sql(dsn, _AN_HOUR_AGO)
    assert await admitted(Buckets(engines[2], policy), "a", 200) == 100
    # A clock that was put back takes nothing away.
    await sql(dsn, _AN_HOUR_AGO.replace("- interval", "+ interval"))
    assert await admitted(Buckets(engines[3], policy), "a", 200) == 0


async def test_an_account_is_told_what_is_left_and_then_when_to_come_again(
    service: Service, dsn: str, mint: ServedMint, tmp_path: Path
) -> None:
    told = {"rate_per_second": 1, "rate_burst": 5, "anonymous_per_second": 1, "trusted_proxies": "127.0.0.0/8"}
    async with open_door(service, dsn, mint, tmp_path, **told) as door:
        answers = [await door.call("GET", "/v1/notes", actor="anna") for _ in range(20)]
        # A second that passes meanwhile may add one.
        codes = [each.status_code for each in answers]
        assert codes[:5] == [200] * 5
        assert 429 in codes
        assert answers[0].headers["ratelimit"].startswith('"requests";r=4;')
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=5;w=5'
        refused = answers[codes.index(429)]
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("rate_limited", "1")
        # What isn't for its role costs it as much: a refusal is work too.
        denied = [(await door.call("GET", "/v1/notes", actor="eva", role="figures")).status_code for _ in range(20)]
        assert denied[:5] == [403] * 5
        assert 429 in denied
        # Another account goes on, and the business clock fills no bucket.
        assert (await door.call("GET", "/v1/notes", actor="bo")).status_code == 200
        door.at(datetime(2030, 1, 1, tzinfo=UTC))
        assert 429 in [(await door.call("GET", "/v1/notes", actor="anna")).status_code for _ in range(20)]
        # Who sends no valid token is bounded by address, and keeps nobody out who does.
        wrong = {"authorization": "Bearer x", "x-forwarded-for": "203.0.113.9"}
        failed = [(await door.client.get("/v1/notes", headers=wrong)).status_code for _ in range(60)]
        assert (failed[:20], failed[-1]) == ([401] * 20, 429)
        others = {**wrong, "x-forwarded-for": "203.0.113.10"}
        assert (await door.client.get("/v1/notes", headers=others)).status_code == 401
        valid = await door.call("GET", "/v1/notes", actor="cy", headers={"x-forwarded-for": "203.0.113.9"})
        assert valid.status_code == 200
