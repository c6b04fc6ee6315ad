"""Files of trades that are registered after their request was answered."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.workshop.waiting import until

ASYNC = {"prefer": "respond-async"}


def content_of(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


async def sent(market: Any, content: bytes, **how: Any) -> Any:
    """The answer to a file of which the caller doesn't wait for the report."""
    who = market.as_operator() | how
    return await market.door.call("POST", "/v1/trades/bulk", content=content, headers=ASYNC, **who)


async def job_of(market: Any, location: str) -> dict[str, Any]:
    return dict(await market.door.done("GET", location, **market.as_operator()))


async def ended(market: Any, location: str) -> dict[str, Any]:
    """The job once it has ended."""
    seen: list[dict[str, Any]] = []

    async def is_over() -> bool:
        seen.append(await job_of(market, location))
        return seen[-1]["ended_at"] is not None

    await until(is_over)
    for before, after in itertools.pairwise(seen):
        assert after["rows_done"] >= before["rows_done"]
        assert after["rows_done"] == after["registered"] + after["refused"]
    return seen[-1]


async def test_a_file_is_answered_with_a_job_whose_report_is_that_of_a_request_that_waits(market: Any) -> None:
    rows = [market.trade(), market.trade(total="1"), {"seller_id": "x"}, market.trade()]
    answer = await sent(market, content_of(*rows))
    location = answer.headers["location"]
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    told = answer.json()
    assert (told["state"], told["rows"], told["rows_done"], told["report"]) == ("waiting", 4, 0, None)
    job = await ended(market, location)
    assert (job["state"], job["rows_done"], job["registered"], job["refused"]) == ("done", 4, 2, 2)
    assert job["began_at"] >= job["sent_at"]
    assert job["report"] == f"{location}/report"
    report = await market.door.done("GET", job["report"], **market.as_operator())
    waited = await market.door.done("POST", "/v1/trades/bulk", content=content_of(*rows), **market.as_operator())
    for each in (*report["results"], *waited["results"]):
        each.pop("id"), each.pop("number")
    assert report == waited


async def test_progress_grows_with_each_slice_and_a_slice_is_one_transaction(market: Any, dsn: str) -> None:
    answer = await sent(market, content_of(*(market.trade(external_ref=f"{n:04}") for n in range(250))))
    job = await ended(market, answer.headers["location"])
    assert (job["state"], job["registered"]) == ("done", 250)
    with psycopg.connect(dsn) as connection:
        firsts = connection.execute("SELECT first FROM trade_job_results ORDER BY first").fetchall()
        written = connection.execute("SELECT count(*), count(DISTINCT xmin::text) FROM trades").fetchone()
        left = connection.execute("SELECT body, data_key FROM trade_jobs").fetchone()
        trail = connection.execute(
            "SELECT status, idempotency_key FROM audit WHERE target = %s AND outcome = 'done' ORDER BY id", [job["id"]]
        ).fetchall()
    assert firsts == [(0,), (100,), (200,)]
    assert written == (250, 3)
    assert left == (None, None)
    assert [status for status, _ in trail] == [202, 200]
    assert trail[1][1] is None


async def test_the_same_key_and_file_are_the_same_job_and_another_file_is_refused(market: Any, dsn: str) -> None:
    content = content_of(market.trade(), market.trade())
    first = await sent(market, content, key="k")
    await ended(market, first.headers["location"])
    again = await sent(market, content, key="k")
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["preference-applied"] == "respond-async"
    other = await sent(market, content_of(market.trade()), key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trade_jobs").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (2,)


async def test_a_job_is_its_senders_alone(market: Any) -> None:
    answer = await sent(market, content_of(market.trade()))
    location = answer.headers["location"]
    await ended(market, location)
    others = (
        {"role": "operator", "subject_id": market.rival},
        {"role": "stall_holder", "subject_id": market.seller},
        {"role": "operator", "subject_id": market.operator, "pilot": "elsewhere"},
    )
    for path in (location, f"{location}/report"):
        unknown = await market.door.call("GET", path.replace(location, f"/v1/trade-jobs/{uuid4()}"), **others[0])
        for who in others[:2]:
            told = await market.door.call("GET", path, **who)
            assert (told.status_code, told.json()["code"]) == (404, "not_found")
            assert told.json()["detail"] == unknown.json()["detail"]
        assert (await market.door.call("GET", path, **others[2])).status_code in (403, 404)


@pytest.fixture
def stopped(dsn: str) -> Any:
    """Holds every job's rows in the hand of somebody else, so that no process goes on with one."""
    with psycopg.connect(dsn) as connection:
        connection.execute("LOCK TABLE trade_job_results IN EXCLUSIVE MODE")
        yield connection


async def test_a_party_has_five_unfinished_files_at_most_and_gets_the_next_with_the_same_key(
    market: Any, stopped: Any
) -> None:
    """Without the lock that `send_job` takes, several at once would count the same ones."""
    files = [content_of(market.trade(external_ref=f"{n}")) for n in range(8)]
    answers = await asyncio.gather(*(sent(market, each, key=f"k{n}") for n, each in enumerate(files)))
    refused = [n for n, each in enumerate(answers) if each.status_code != 202]
    assert [answers[n].json()["code"] for n in refused] == ["jobs_unfinished"] * 3
    unfinished = next(each.headers["location"] for each in answers if each.status_code == 202)
    early = await market.door.call("GET", f"{unfinished}/report", **market.as_operator())
    assert (early.status_code, early.json()["code"]) == (409, "job_unfinished")
    stopped.rollback()
    for each in answers:
        if each.status_code == 202:
            await ended(market, each.headers["location"])
    later = await sent(market, files[refused[0]], key=f"k{refused[0]}")
    assert later.status_code == 202
    await ended(market, later.headers["location"])


async def test_a_file_of_more_rows_than_a_request_takes_is_taken_as_a_job_up_to_its_own_limit(market: Any) -> None:
    empty = await sent(market, b"\n\n")
    assert (empty.status_code, empty.json()["code"]) == (422, "batch_empty")
    many = await market.door.call("POST", "/v1/trades/bulk", content=b"{}\n" * 2001, **market.as_operator())
    assert (many.status_code, many.json()["code"]) == (422, "batch_too_large")
    more = await sent(market, b"{}\n" * 20_001)
    assert (more.status_code, more.json()["code"]) == (422, "batch_too_large")
    assert more.json()["detail"].endswith("20000 at once.")
    taken = await sent(market, b"{}\n" * 2001)
    job = await ended(market, taken.headers["location"])
    assert (job["state"], job["refused"]) == ("done", 2001)
    report = await market.door.done("GET", job["report"], **market.as_operator())
    assert len(report["results"]) == 2001
    assert all(each["problems"] for each in report["results"])
    assert sum(len(each["problems"]) for each in report["results"]) < 2 * 2001 + 2000
