"""A client that goes away, over a real socket: no traceback, no 5xx, nothing half-written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import uvicorn
from prometheus_client import REGISTRY

from shared.workshop.processes.ports import free_port
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.waiting import until

BODY = b'{"label": "left"}'
Send = Callable[[bytes], Awaitable[asyncio.StreamWriter]]


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[Send]:
    """The application on a port; sends what it is given on a connection of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off", access_log=False))
    serving = asyncio.create_task(server.serve())

    async def send(sent: bytes) -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await writer.drain()
        return writer

    try:
        await until(lambda: server.started)
        yield send
    finally:
        server.should_exit = True
        await serving


def counted(status: str) -> float:
    """Requests answered with this status, as `/metrics` tells."""
    samples = [each for metric in REGISTRY.collect() for each in metric.samples]
    named = [each for each in samples if each.name == "http_requests_total"]
    return sum(each.value for each in named if each.labels["status"].startswith(status))


@pytest.fixture
def head(mint: ServedMint) -> Callable[[str, str, str], bytes]:
    """The head of a POST, as a client sends it."""

    def made(path: str, length: str, key: str) -> bytes:
        token = mint.token("commerce")
        return (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n"
            f"content-type: application/json\r\n{length}\r\n\r\n"
        ).encode()

    return made


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/notes/guarded/rule"])
@pytest.mark.parametrize("length", ["content-length: 1000", "transfer-encoding: chunked"])
async def test_who_leaves_in_the_middle_of_an_upload_is_counted_and_nothing_is_written(
    desk: Any, head: Any, caplog: pytest.LogCaptureFixture, path: str, length: str
) -> None:
    caplog.set_level(logging.INFO)
    failed, left = counted("5"), counted("499")
    async with listening(desk.door.app) as send:
        sent = BODY if "content" in length else f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n"
        (await send(head(path, length, "k") + sent)).close()
        await until(lambda: counted("499") == left + 1)
    assert counted("5") == failed
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.WARNING] == []
    assert desk.written() == (0, 0)
    # The key is not used up: the whole request comes again.
    await desk.door.done("POST", path, {"label": "left"} if path == "/v1/notes" else None, key="k")


async def test_who_leaves_in_the_middle_of_the_head_is_nobody(
    desk: Any, head: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(desk.door.app) as send:
        (await send(head("/v1/notes", "content-length: 9", "k")[:60])).close()
        stays = await send(head("/v1/notes", f"content-length: {len(BODY)}", "k") + BODY)
        await until(lambda: desk.written() == (1, 1))
        stays.close()
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.WARNING] == []


async def test_who_leaves_before_the_answer_finds_the_whole_effect_under_its_key(
    desk: Any, head: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failed = counted("5")
    async with await psycopg.AsyncConnection.connect(desk.dsn) as holder:
        await holder.execute("LOCK TABLE notes IN EXCLUSIVE MODE")
        async with listening(desk.door.app) as send:
            writer = await send(head("/v1/notes", f"content-length: {len(BODY)}", "k") + BODY)
            waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'notes'::regclass AND NOT granted"

            async def waits() -> bool:
                row = await (await holder.execute(waiting)).fetchone()
                return row is not None and row[0] == 1

            await until(waits)
            writer.transport.abort()
            await holder.rollback()
            await until(lambda: desk.written() == (1, 1))
    assert counted("5") == failed
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.WARNING] == []
    again = await desk.door.call("POST", "/v1/notes", {"label": "left"}, key="k")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert desk.written() == (1, 1)
