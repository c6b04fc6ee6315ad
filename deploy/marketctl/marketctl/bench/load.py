"""An HTTP client that is faster than the services: keep-alive connections, prepared requests, answers only counted.

`python -m marketctl.bench.load <plan.json>` prints one JSON line. A plan says which requests to send, how many at a
time, for how long, and at which rate (0: each connection sends as soon as it is answered).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(slots=True)
class Tally:
    """What the connections of a load saw; latencies in milliseconds."""

    answered: int = 0
    failed: int = 0
    received: int = 0
    first_failure: bytes = b""
    latencies: list[float] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """Sends one request at a time and waits until its answer is complete."""

    def __init__(
        self, requests: Iterator[tuple[bytes, bytes]], prefix: str, tally: Tally, due: Iterator[float]
    ) -> None:
        self._requests = requests
        self._prefix = prefix
        self._tally = tally
        self._due = due
        self._serial = 0
        self._received = bytearray()
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.sending = True
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP transport
        self._next()

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        due = next(self._due)
        if due > loop.time():
            loop.call_at(due, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is None or not self.sending:
            self._end()
            return
        head, body = next(self._requests)
        self._serial += 1
        key = f"idempotency-key: {self._prefix}-{self._serial}\r\n\r\n".encode()
        self._sent = time.perf_counter()
        self._transport.write(head + key + body)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return
        at = self._received.index(_LENGTH) + len(_LENGTH)
        length = int(self._received[at : self._received.index(b"\r\n", at)])
        if len(self._received) < end + len(_END_OF_HEAD) + length:
            return
        tally = self._tally
        tally.latencies.append((time.perf_counter() - self._sent) * 1000)
        tally.received += len(self._received)
        if self._received.startswith(b"HTTP/1.1 20"):
            tally.answered += 1
        else:
            tally.failed += 1
            tally.first_failure = tally.first_failure or bytes(self._received[:2000])
        self._received.clear()
        if self.sending:
            self._next()
        else:
            self._end()

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)


def _paced(rate: float) -> Iterator[float]:
    """When each request is due, on the loop's clock; 0 is at once."""
    if not rate:
        return itertools.repeat(0.0)
    started = asyncio.get_running_loop().time()
    return (started + n / rate for n in itertools.count())


async def load(plan: dict[str, Any]) -> dict[str, object]:
    """Send the plan's requests; what was answered, in how many seconds and how late."""
    requests = itertools.cycle([_request(plan["token"], **each) for each in plan["requests"]])
    tally, due = Tally(), _paced(plan["rate"])
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opened = [
        (
            await loop.create_connection(
                lambda n=n: Connection(requests, f"{plan['run']}-{n}", tally, due),  # type: ignore[misc]  # the default binds n
                "127.0.0.1",
                plan["port"],
            )
        )[1]
        for n in range(plan["connections"])
    ]
    await asyncio.sleep(plan["seconds"])
    for each in opened:
        each.sending = False
    await asyncio.gather(*(each.closed for each in opened))
    return {
        "answered": tally.answered,
        "failed": tally.failed,
        "failure": tally.first_failure.decode(errors="replace"),
        "received": tally.received,
        "seconds": time.perf_counter() - started,
        **_spread(tally.latencies),
    }


def _request(
    token: str, *, method: str, path: str, body: str = "", kind: str = "application/json"
) -> tuple[bytes, bytes]:
    content = body.encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
    if method != "GET":
        head += f"content-type: {kind}\r\ncontent-length: {len(content)}\r\n"
    return head.encode(), content


def _spread(latencies: list[float]) -> dict[str, float]:
    if len(latencies) < 2:
        return {"p50": 0.0, "p90": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(latencies, n=100)
    return {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98]}


def main() -> int:
    """Read the plan, send, print."""
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    print(json.dumps(uvloop.run(load(plan))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
