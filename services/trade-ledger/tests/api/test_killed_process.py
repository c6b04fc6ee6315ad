"""The HTTP process dies in the middle of registrations: nothing that it acknowledged is lost or stored twice.

F1.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import httpx
import psycopg

from shared.workshop.testing.tokens import ServedMint

_CLIENTS = 8
_ENOUGH = 60


async def test_what_was_acknowledged_survives_a_kill_and_is_replayed(
    market: Any, dsn: str, mint: ServedMint, make_process: Any
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

    async with make_process() as (running, url), httpx.AsyncClient(trust_env=False) as client:
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

    async with make_process() as (_, url), httpx.AsyncClient(trust_env=False) as client:
        again = {key: await register(client, url, key) for key in sent}
    assert {key: again[key] for key in acknowledged} == acknowledged
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (len(sent),)
