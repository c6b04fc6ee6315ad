"""A service's worker as a real process: readiness, metrics, orderly stop, and a sentence where it can't start."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from shared.messaging.bus import Bus
from shared.workshop.processes.ports import free_port
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
_PROGRAM = Path(__file__).with_name("messaging_process.py")


async def start(dsn: str, address: str, port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(_PROGRAM),
        "worker",
        dsn,
        address,
        str(port),
        stderr=asyncio.subprocess.PIPE,
    )


async def answer_of(port: int, path: str, status: int) -> str:
    """The body of the first response with this status."""
    said = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def answers() -> bool:
            with contextlib.suppress(httpx.TransportError):
                said.append(await client.get(path))
            return bool(said) and said[-1].status_code == status

        await until(answers, pause=0.1)
    return said[-1].text


async def test_a_worker_publishes_and_hears_shows_its_metrics_and_stops_in_order(
    bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    side, port = make_side(), free_port()
    engine = make_engine_of(side.dsn)
    worker = await start(side.dsn, bus_address, port)
    try:
        await answer_of(port, "/readyz", 200)
        await answer_of(port, "/livez", 200)
        await say(engine, "k0", 5)

        async def all_heard() -> bool:
            async with engine.connect() as connection:
                return bool(await connection.scalar(text("SELECT count(*) >= 5 FROM effects")))

        await until(all_heard)
        metrics = await answer_of(port, "/metrics", 200)
        applied = f'consumer_applied_total{{service="{SERVICE}",type="tax_exemption.item_decided.v1"}} 5.0'
        assert applied in metrics
        assert f'relay_published_total{{service="{SERVICE}"}} 5.0' in metrics
        for name in ("outbox_age_seconds", "parked_events", "consumer_lag", "consumer_repeats_total"):
            assert name in metrics
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            _, log = await worker.communicate()
        assert worker.returncode == 0, log.decode()
        lines = [json.loads(line) for line in log.decode().splitlines()]
        applied_lines = [line for line in lines if line["message"] == "applied"]
        async with engine.connect() as connection:
            said = [str(each) for each in await connection.scalars(text("SELECT event_id FROM outbox ORDER BY id"))]
        assert [each for line in applied_lines for each in line.get("event_ids") or [line["event_id"]]] == said
        published = [line for line in lines if line["message"] == "published"]
        assert (published[0]["first_event_id"], published[-1]["last_event_id"]) == (said[0], said[-1])
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.communicate()


async def test_a_worker_on_a_restored_database_is_not_ready_and_says_why(
    bus: Bus, bus_address: str, make_side: Any
) -> None:
    await bus.ensure_topics(["tax-exemption.returns"], cursor_of=SERVICE)
    publisher = bus.publisher(SERVICE)
    await publisher.fence()
    await publisher.publish([], 17)
    await publisher.close()
    port = free_port()
    worker = await start(make_side().dsn, bus_address, port)
    try:
        said = ""

        async def told() -> bool:
            nonlocal said
            said = await answer_of(port, "/readyz", 503)
            return "needs_reconciling" in said

        await until(told, pause=0.1)
        assert "restored to an earlier time" in said
        assert "marketctl reconcile" in said
        assert f'needs_reconciling{{service="{SERVICE}"}} 1.0' in await answer_of(port, "/metrics", 200)
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, log = await worker.communicate()
        assert worker.returncode == 0
        assert "Traceback" not in log.decode()
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.communicate()
