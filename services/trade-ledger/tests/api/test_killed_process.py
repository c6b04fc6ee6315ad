"""The HTTP process dies in the middle of registrations: nothing that it acknowledged is lost or stored twice.

F1.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from shared.workshop.processes.ports import free_port
from shared.workshop.testing.client import ACTOR_KEY, SEALING_KEY
from shared.workshop.testing.signing import event_keys_file
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.tokens import AUDIENCE, ISSUER
from shared.workshop.waiting import until

_CLIENTS = 8
_ENOUGH = 60


@pytest.fixture
def clock_file(market: Any, tmp_path: Path) -> Path:
    """The file with the clock of the fixture `market`."""
    return next(tmp_path.glob("clock-*.json"))


@asynccontextmanager
async def process(
    dsn: str, mint: ServedMint, clock_file: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The service as a separate process; it is killed at the end if it still runs."""
    port = free_port()
    told = {
        "ENVIRONMENT": "sandbox",
        "DATABASE_URL": dsn,
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
        "JWKS_URL": mint.jwks_url,
        "SEALING_KEY": SEALING_KEY,
        "ACTOR_KEY": ACTOR_KEY,
        "EVENT_KEYS": str(event_keys_file(clock_file.parent)),
        "CLOCK_FILE": str(clock_file),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "uvicorn", "trade_ledger.app:app", "--port", str(port), "--log-level", "warning"]
    started = await asyncio.create_subprocess_exec(*command, env={**os.environ, **told})
    try:
        url = f"http://127.0.0.1:{port}"
        await until_ready(url)
        yield started, url
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGKILL)
        await started.wait()


async def until_ready(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(f"{url}/readyz")).status_code == 200
            return False

        await until(ready)


async def test_what_was_acknowledged_survives_a_kill_and_is_replayed(
    market: Any, dsn: str, mint: ServedMint, clock_file: Path
) -> None:
    body = market.trade()
    headers = {"authorization": f"Bearer {mint.token('operator', subject_id=market.operator)}"}
    acknowledged: dict[str, str] = {}
    sent: list[str] = []
    enough = asyncio.Event()

    async def register(client: httpx.AsyncClient, url: str, key: str) -> str:
        answer = await client.post(f"{url}/v1/trades", json=body, headers={**headers, "idempotency-key": key})
        assert answer.status_code == 201, answer.text
        trade_id: str = answer.json()["id"]
        return trade_id

    async def keep_registering(client: httpx.AsyncClient, url: str, name: int) -> None:
        for serial in range(10_000):
            key = f"{name}-{serial}"
            sent.append(key)
            try:
                acknowledged[key] = await register(client, url, key)
            except httpx.TransportError:
                return
            if len(acknowledged) >= _ENOUGH:
                enough.set()

    async with process(dsn, mint, clock_file) as (running, url), httpx.AsyncClient(trust_env=False) as client:
        loads = [asyncio.create_task(keep_registering(client, url, name)) for name in range(_CLIENTS)]
        async with asyncio.timeout(60):
            await enough.wait()
        running.send_signal(signal.SIGKILL)
        await asyncio.gather(*loads)
    assert len(sent) > len(acknowledged)

    with psycopg.connect(dsn) as connection:
        written = {str(row[0]) for row in connection.execute("SELECT id FROM trades")}
        told = {row[0] for row in connection.execute("SELECT key FROM outbox")}
        keys = connection.execute("SELECT count(*) FROM idempotency_keys").fetchone()
    assert set(acknowledged.values()) <= written
    assert written == told
    assert keys == (len(written),)

    async with process(dsn, mint, clock_file) as (_, url), httpx.AsyncClient(trust_env=False) as client:
        again = {key: await register(client, url, key) for key in sent}
    assert {key: again[key] for key in acknowledged} == acknowledged
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (len(sent),)
