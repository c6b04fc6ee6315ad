"""What is kept of a file that is registered after it was sent: sealed while it waits, gone after its retention."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from shared.database import make_engine
from shared.http.kept_keys import KeyPurge
from shared.workshop.testing.client import Door
from shared.workshop.testing.servers import as_process
from shared.workshop.waiting import until
from trade_ledger.store.jobs import PURGE_JOBS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LEG = {"amount": "2000.00", "paid_on": "2026-05-13", "payer": "王小明", "payee": "李大华", "reference": "R1"}


@pytest.fixture
async def quiet(door: Door) -> Door:
    """The service goes on with no job."""
    door.app.state.runtime.extras["jobs"].set()
    return door


async def sent(market: Any, *rows: dict[str, Any]) -> str:
    content = "\n".join(json.dumps(each, ensure_ascii=False) for each in rows).encode()
    how = {"content": content, "headers": {"prefer": "respond-async"}, **market.as_operator()}
    answer = await market.door.call("POST", "/v1/trades/bulk", **how)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def test_a_file_that_waits_is_nowhere_in_clear(market: Any, quiet: Door, dsn: str) -> None:
    await sent(market, market.trade(domestic_leg=_LEG))
    with psycopg.connect(dsn) as connection:
        told = connection.execute("SELECT t::text FROM trade_jobs t").fetchone()
        keys = connection.execute("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM idempotency_keys").fetchone()
    assert told is not None
    assert keys is not None
    for secret in ("王小明", "李大华", str(market.buyer)):
        assert secret not in told[0] + keys[0]


async def test_a_job_goes_with_its_key_and_one_that_waits_stays(market: Any, door: Door, dsn: str) -> None:
    done = await sent(market, market.trade())

    async def is_over() -> bool:
        return (await door.done("GET", done, **market.as_operator()))["ended_at"] is not None

    await until(is_over)
    door.app.state.runtime.extras["jobs"].set()
    waiting = await sent(market, market.trade())
    with psycopg.connect(dsn) as connection:
        # Only the time since it ended counts.
        connection.execute(
            "UPDATE trade_jobs SET sent_at = now() - interval '31 days', moved_at = now() - interval '31 days',"
            " ended_at = CASE WHEN ended_at IS NOT NULL THEN now() - interval '29 days' END"
        )
    engine = make_engine(as_process(dsn, "worker"))
    purge = [KeyPurge("trade-ledger", 30, also=[PURGE_JOBS]) for _ in range(2)]
    assert await purge[0](engine) == 0
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE trade_jobs SET ended_at = ended_at - interval '2 days'")
    assert await purge[1](engine) == 1
    await engine.dispose()
    gone = await door.call("GET", done, **market.as_operator())
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert (await door.done("GET", waiting, **market.as_operator()))["state"] == "waiting"
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trade_job_results").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (1,)


async def test_a_workbook_is_a_job_too_and_its_marked_copy_is_had_with_the_same_key(market: Any, sheets: Any) -> None:
    numbers = [f"S-{n:03}" for n in range(130)]
    slips = [sheets.slip(each) for each in numbers]
    lines = [sheets.line(each, **({"amount": "1.00"} if each == "S-120" else {})) for each in numbers]
    content = sheets.written(slips, lines)
    how = {"content": content, "key": "w", **market.as_operator()}
    asked = {"content-type": XLSX, "prefer": "respond-async, wait=10"}
    first = await market.door.call("POST", "/v1/trade-imports", headers=asked, **how)
    assert (first.status_code, first.headers["preference-applied"]) == (202, "respond-async")
    location = first.headers["location"]

    async def is_over() -> bool:
        return (await market.door.done("GET", location, **market.as_operator()))["state"] == "done"

    await until(is_over)
    report = await market.door.done("GET", f"{location}/report", **market.as_operator())
    assert (report["registered"], report["refused"]) == (129, 1)
    refused = next(each for each in report["results"] if each["problems"])
    assert (refused["reference"], refused["problems"][0]["sheet"] != "") == ("S-120", True)
    marked = await market.door.call("POST", "/v1/trade-imports", headers={**asked, "accept": XLSX}, **how)
    assert (marked.status_code, marked.headers["content-type"]) == (200, XLSX)
    assert marked.headers["idempotency-replayed"] == "true"
    assert marked.content[:2] == b"PK"
    again = await market.door.call("POST", "/v1/trade-imports", headers=asked, **how)
    assert (again.status_code, again.content) == (202, first.content)
    not_one = await market.door.call(
        "POST", "/v1/trade-imports", content=b"no workbook", headers=asked, **market.as_operator()
    )
    assert (not_one.status_code, not_one.json()["code"]) == (422, "workbook_unreadable")
