"""An HTTP client that is faster than the service: keep-alive connections, prepared bodies, responses only counted."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """Sends the next request when an answer is complete."""

    def __init__(self, requests: itertools.cycle[tuple[bytes, bytes]], prefix: str) -> None:
        self._requests = requests
        self._prefix = prefix
        self._serial = 0
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self.sending = True
        self.answered = 0
        self.failed = 0
        self.first_failure = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP transport
        self._send()

    def _send(self) -> None:
        head, body = next(self._requests)
        self._serial += 1
        key = f"idempotency-key: {self._prefix}-{self._serial}\r\n\r\n".encode()
        assert self._transport is not None  # noqa: S101 - set when the connection was made
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
        if self._received.startswith(b"HTTP/1.1 201"):
            self.answered += 1
        else:
            self.failed += 1
            self.first_failure = self.first_failure or self._received
        self._received = b""
        if self.sending:
            self._send()
        elif self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def load(
    port: int, token: str, bodies: list[bytes], seconds: float, connections: int, run: str
) -> dict[str, object]:
    """Send the bodies; how many trades were registered, and in how many seconds."""
    head = "POST /v1/trades HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
    head += f"authorization: Bearer {token}\r\n"
    requests = itertools.cycle([(f"{head}content-length: {len(body)}\r\n".encode(), body) for body in bodies])
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda n=n: Connection(requests, f"{run}-{n}"), "127.0.0.1", port))[1]  # type: ignore[misc]  # the default binds n
        for n in range(connections)
    ]
    await asyncio.sleep(seconds)
    for each in opened:
        each.sending = False
    await asyncio.gather(*(each.closed for each in opened))
    failures = [each.first_failure.decode(errors="replace") for each in opened if each.failed]
    return {
        "registered": sum(each.answered for each in opened),
        "failed": sum(each.failed for each in opened),
        "seconds": time.perf_counter() - started,
        "failure": failures[0][:2000] if failures else "",
    }


def main() -> int:
    """`python -m marketctl.bench.load <plan.json>` prints one JSON line."""
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    bodies = [json.dumps(body, ensure_ascii=False).encode() for body in plan["bodies"]]
    running = load(plan["port"], plan["token"], bodies, plan["seconds"], plan["connections"], plan["run"])
    print(json.dumps(uvloop.run(running)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
