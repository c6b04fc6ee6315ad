"""A process that registers a file dies or stops in the middle: the next one goes on, and each row is there once.

F1.
"""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import httpx
import psycopg
import pytest

from shared.workshop.testing.client import Door
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.waiting import until
from trade_ledger.api.job_runner import JobRunner

_ROWS = 2000


def progress(dsn: str) -> tuple[int, int, int]:
    """Rows done as the job says, trades, and events."""
    query = (
        "SELECT (SELECT sum(rows_done) FROM trade_jobs), (SELECT count(*) FROM trades), (SELECT count(*) FROM outbox)"
    )
    with psycopg.connect(dsn) as connection:
        found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return int(found[0] or 0), int(found[1]), int(found[2])


@pytest.fixture
def content(market: Any) -> bytes:
    """Trades of which no number says that two are the same: only the job knows which are done."""
    return "\n".join(json.dumps(market.trade()) for _ in range(_ROWS)).encode()


@pytest.fixture
def as_operator(market: Any, mint: ServedMint) -> dict[str, str]:
    return {"authorization": f"Bearer {mint.token('operator', subject_id=market.operator)}"}


@pytest.fixture
async def quiet(door: Door) -> Door:
    """The service of the test itself goes on with no job: another process does."""
    door.app.state.runtime.extras["jobs"].set()
    return door


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
async def test_a_file_is_registered_once_whatever_becomes_of_the_process(
    quiet: Door, dsn: str, make_process: Any, content: bytes, as_operator: dict[str, str], sign: signal.Signals
) -> None:
    headers = {**as_operator, "prefer": "respond-async", "idempotency-key": "k"}
    async with make_process() as (running, url), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/v1/trades/bulk", content=content, headers=headers)
        assert answer.status_code == 202, answer.text
        await until(lambda: progress(dsn)[0] > 0, pause=0.01)
        running.send_signal(sign)
        await running.wait()
    done, trades, told = progress(dsn)
    assert 0 < done < _ROWS
    assert (trades, told) == (done, done)

    async with make_process() as (_, url), httpx.AsyncClient(trust_env=False) as client:
        location = f"{url}{answer.headers['location']}"
        job: dict[str, Any] = {}

        async def is_over() -> bool:
            job.update((await client.get(location, headers=as_operator)).json())
            return job["ended_at"] is not None

        await until(is_over)
        again = await client.post(f"{url}/v1/trades/bulk", content=content, headers=headers)
        report = (await client.get(f"{location}/report", headers=as_operator)).json()
    assert again.content == answer.content
    assert (job["state"], job["registered"], job["refused"]) == ("done", _ROWS, 0)
    assert progress(dsn) == (_ROWS, _ROWS, _ROWS)
    assert [each["row"] for each in report["results"]] == list(range(1, _ROWS + 1))
    assert len({each["id"] for each in report["results"]}) == _ROWS


async def test_two_processes_share_the_slices_of_a_file_and_register_none_twice(
    market: Any, quiet: Door, dsn: str, content: bytes
) -> None:
    """Without the lock that `job_to_continue` takes, both would register the same slice."""
    runtime = quiet.app.state.runtime
    first, second = (JobRunner(runtime, quiet.app.state.catalogue) for _ in range(2))
    answer = await quiet.call(
        "POST", "/v1/trades/bulk", content=content, headers={"prefer": "respond-async"}, **market.as_operator()
    )
    go_on = asyncio.Event()
    while (await quiet.done("GET", answer.headers["location"], **market.as_operator()))["ended_at"] is None:
        await asyncio.gather(first.turn(go_on), second.turn(go_on))
    assert progress(dsn) == (_ROWS, _ROWS, _ROWS)


async def test_a_slice_that_always_fails_ends_its_job_and_others_go_on(market: Any, quiet: Door, dsn: str) -> None:
    how = {"headers": {"prefer": "respond-async"}, **market.as_operator()}
    rows = [market.trade(external_ref=f"{n:03}") for n in range(150)]
    sent = [
        await quiet.call("POST", "/v1/trades/bulk", content="\n".join(map(json.dumps, each)).encode(), **how)
        for each in (rows, [market.trade()])
    ]
    with psycopg.connect(dsn) as connection:
        # The second slice's results, and no others, are refused by the database.
        connection.execute("ALTER TABLE trade_job_results ADD CONSTRAINT broken CHECK (first = 0)")
    runner, go_on = JobRunner(quiet.app.state.runtime, quiet.app.state.catalogue), asyncio.Event()
    for _ in range(20):
        await runner.turn(go_on)
    failed, other = [await quiet.done("GET", each.headers["location"], **market.as_operator()) for each in sent]
    assert other["state"] == "done"
    assert (failed["state"], failed["rows"], failed["rows_done"], failed["registered"]) == ("failed", 150, 100, 100)
    assert failed["problem"]["code"] == "job_gave_up"
    assert progress(dsn) == (101, 101, 101)
    report = await quiet.done("GET", failed["report"], **market.as_operator())
    assert [each["reference"] for each in report["results"]] == [f"{n:03}" for n in range(100)]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trade_jobs WHERE body IS NOT NULL").fetchone() == (0,)
        trail = connection.execute("SELECT count(*) FROM audit WHERE code = 'job_gave_up'").fetchone()
    assert trail == (1,)
