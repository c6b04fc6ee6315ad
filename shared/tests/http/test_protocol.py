"""What arrives on the wire is bounded, and each refusal is a problem document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from shared.http import protocol
from shared.http.protocol import Bounds, bounded
from shared.workshop.processes.ports import free_port
from shared.workshop.waiting import until

Answers = list[tuple[int, dict[str, str], bytes]]
GET = b"GET /livez HTTP/1.1\r\nhost: a\r\n"
ALMOST = b"x" * (protocol.MOST_HEAD_BYTES - 300)
REFUSED = {
    "no HTTP": (b"what is this\r\n\r\n", "request_unreadable", 400),
    "no HTTP, in Chinese": (b"\xe4\xbd\xa0\xe5\xa5\xbd\r\n\r\n", "request_unreadable", 400),
    "two lengths": (GET + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", "request_unreadable", 400),
    "length and chunks": (GET + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", "request_unreadable", 400),
    "a connection to elsewhere": (b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", "request_unreadable", 400),
    "a long address": (b"GET /" + b"a" * protocol.MOST_ADDRESS_BYTES + b" HTTP/1.1\r\n\r\n", "address_too_long", 414),
    "a large header": (GET + b"a: " + b"x" * protocol.MOST_HEAD_BYTES + b"\r\n\r\n", "headers_too_large", 431),
    "an endless header": (GET + b"a: " + b"x" * 900_000, "headers_too_large", 431),
    "large headers": (GET + b"a: " + ALMOST + b"\r\nb: " + ALMOST + b"\r\n\r\n", "headers_too_large", 431),
    "many headers": (GET + b"a: 1\r\n" * protocol.MOST_HEADERS + b"\r\n", "headers_too_large", 431),
}
TAKEN = {
    "a long address": b"GET /livez?" + b"a" * (protocol.MOST_ADDRESS_BYTES - 7) + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    "large headers": GET + b"a: " + ALMOST + b"\r\n\r\n",
    "many headers": GET + b"a: 1\r\n" * (protocol.MOST_HEADERS - 1) + b"\r\n",
    "line ends before": b"\r\n\r\n" + GET + b"\r\n",
}


async def read_answers(reader: asyncio.StreamReader) -> Answers:
    """Every answer on a connection until it ends."""
    answers: Answers = []
    while head := (await reader.read(1)):
        head += await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        answers.append((int(first.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))))
    return answers


def codes_of(answers: Answers) -> list[str]:
    """The codes of problem documents in two languages; a status where there is no problem."""
    codes = []
    for status, headers, body in answers:
        told = json.loads(body)
        if status >= 400:
            assert headers["content-type"] == "application/problem+json"
            assert headers["x-request-id"] == told["trace_id"]
            assert ("retry-after" in headers) == told["retryable"]
            assert (told["status"], bool(told["title_zh"])) == (status, True)
        codes.append(told.get("code", str(status)))
    return codes


class Wire:
    """A port where the service listens."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def codes(self, *parts: bytes, ends: bool = True) -> list[str]:
        """What is answered to the parts, sent one after the other, until the service closes."""
        reader, writer = await self.open()
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            if ends:
                writer.write(b"GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n")
            return codes_of(await read_answers(reader))
        finally:
            writer.close()


Listen = Callable[[Bounds], Any]


@pytest.fixture
def listen(desk: Any) -> Listen:
    """`async with listen(bounds) as wire`: the notes service on a port."""

    @asynccontextmanager
    async def listening(bounds: Bounds) -> AsyncIterator[Wire]:
        port = free_port()
        told: dict[str, Any] = {"port": port, "log_config": None, "lifespan": "off", "access_log": False}
        server = uvicorn.Server(uvicorn.Config(desk.door.app, http=bounded(bounds), **told))
        serving = asyncio.create_task(server.serve())
        try:
            await until(lambda: server.started)
            yield Wire(port)
        finally:
            server.should_exit = True
            await serving

    return listening


async def test_what_is_no_request_is_refused_by_a_problem_document_and_what_is_just_one_is_taken(
    listen: Listen,
) -> None:
    async with listen(Bounds()) as wire:
        refused = {name: await wire.codes(sent, ends=False) for name, (sent, _, _) in REFUSED.items()}
        assert refused == {name: [code] for name, (_, code, _) in REFUSED.items()}
        taken = {name: await wire.codes(sent) for name, sent in TAKEN.items()}
        assert taken == {name: ["200", "200"] for name in TAKEN}


async def test_the_framing_of_a_body_is_bounded_and_what_follows_it_is_no_header(listen: Listen) -> None:
    post = b"POST /livez HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    async with listen(Bounds()) as wire:
        assert await wire.codes(post + b"1;" + b"a" * 2_000_000, ends=False) == ["method_not_allowed"]
        assert await wire.codes(post, b"0\r\n" + b"a: 1\r\n" * 200 + b"\r\n", ends=False) == ["method_not_allowed"]
        chunks = b"1\r\na\r\n" * 50_000
        assert await wire.codes(post, chunks, b"0\r\nb: a\r\n\r\n") == ["method_not_allowed", "200"]


async def test_a_peer_that_sends_too_slowly_is_told_so_or_left_and_keeps_nothing(listen: Listen, desk: Any) -> None:
    post = b"POST /v1/notes HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n"
    token = f"authorization: Bearer {desk.door._mint.token('commerce')}\r\nidempotency-key: k\r\n\r\n".encode()
    async with listen(Bounds(head_seconds=0.2, body_seconds=0.2)) as wire:
        assert await wire.codes(ends=False) == []
        assert await wire.codes(b"\r\n\r\n", ends=False) == []
        assert await wire.codes(post, ends=False) == ["request_too_slow"]
        assert await wire.codes(post + token + b"{", ends=False) == ["request_too_slow"]
    assert desk.written() == (0, 0)


async def test_connections_and_requests_beyond_their_bounds_are_answered_at_once(
    listen: Listen, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listen(Bounds(connections=3, requests=2)) as wire:
        idle = [await wire.open() for _ in range(3)]
        assert await wire.codes(ends=False) == ["overloaded"]
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        body = b"POST /v1/notes HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n"
        token = f"authorization: Bearer {desk.door._mint.token('commerce')}\r\nidempotency-key: k\r\n\r\n".encode()
        waiting = [await wire.open() for _ in range(2)]
        for _, writer in waiting:
            writer.write(body + token)
        await until_refused(wire)
        assert await wire.codes() == ["200"]
        for _, writer in waiting:
            writer.close()


async def until_refused(wire: Wire) -> None:
    """Until the service has begun the requests that were sent before."""
    for _ in range(1000):
        if await wire.codes(b"GET /rules HTTP/1.1\r\nconnection: close\r\n\r\n", ends=False) == ["overloaded"]:
            return
    pytest.fail("never refused")


async def test_requests_sent_at_one_go_are_bounded_and_answered_in_order(listen: Listen) -> None:
    async with listen(Bounds()) as wire:
        assert await wire.codes((GET + b"\r\n") * 20) == ["200"] * 21
        answered = await wire.codes((GET + b"\r\n") * 2_000, ends=False)
        assert len(answered) < 2_000
        assert set(answered) <= {"200"}
