"""HTTP on the wire: uvicorn's protocol with bounds on what a peer may send, hold and leave open.

What never becomes a request is answered here, with a problem document as everywhere else. Bytes are counted where they
arrive: a message that is whole at once costs no timer.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from shared.http.edge import QUIET, REQUESTS, standing_headers
from shared.http.problems import MEDIA_TYPE, Catalogue
from shared.http.refusals import simple
from shared.tracing import trace_id_of, traceparent_or_new

MOST_ADDRESS_BYTES = 8 * 1024
MOST_HEAD_BYTES = 32 * 1024
MOST_HEADERS = 100
_MOST_PIPELINED = 32
# One byte in a chunk of its own arrives as six.
_BYTES_OF_A_CHUNKED_BYTE = 6
_MOST_FRAMING_BYTES = 64 * 1024
_MOST_UNREAD_BYTES = 16 * 1024 * 1024
_MOST_LEFT_BYTES = 4 * 1024 * 1024
_LINGERING_SECONDS = 2
_CLOSE = {"connection": "close"}
_RETRY = {**_CLOSE, "retry-after": "1"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process keeps open at once, and how long it waits for a peer, in seconds."""

    connections: int = 800
    requests: int = 400
    head_seconds: float = 10
    body_seconds: float = 120
    reading_seconds: float = 60


class _Refused(Exception):
    """What the parser was given goes beyond a bound."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    bounds = Bounds()
    catalogue = Catalogue()

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self._code = "request_unreadable"
        self._part = "idle"
        """Which part of a message comes next: idle (none has begun), head, body; refused: none is read any more."""
        self._fresh = False
        self._raw = 0
        self._body = 0
        self._head = 0
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        if len(self.connections) > 2 * self.bounds.connections:
            # Too many wait even for their refusal.
            transport.abort()
        elif len(self.connections) > self.bounds.connections:
            self._refuse("overloaded")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._part == "refused":
            self._raw += len(data)
            if self._raw > _MOST_LEFT_BYTES:
                self.transport.abort()
            return
        super().data_received(data)
        if self._part == "refused" or self.transport.is_closing():
            return
        # What came with a part's first bytes may belong to the part before it.
        self._raw += 0 if self._fresh else len(data)
        self._fresh = False
        if self._part == "head" and self._raw > MOST_HEAD_BYTES:
            self._refuse("headers_too_large")
        elif self._part == "body":
            self._weigh_body()
        elif self._late is None and self._is_answered():
            # Line ends between two messages begin none.
            self._watch()
        if self._part in ("head", "body") and self._late is None:
            self._watch()

    def _weigh_body(self) -> None:
        if self._raw - _BYTES_OF_A_CHUNKED_BYTE * self._body > _MOST_FRAMING_BYTES:
            self._refuse("request_unreadable")
        elif self._body > _MOST_UNREAD_BYTES and self._is_answered():
            self._linger()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin("head")
        self._head = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MOST_ADDRESS_BYTES:
            self._code = "address_too_long"
            raise _Refused

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._part == "head":
            # What follows a chunked body is counted, and is no header of the request.
            super().on_header(name, value)
        if self._head > MOST_HEAD_BYTES or len(self.headers) > MOST_HEADERS:
            self._code = "headers_too_large"
            raise _Refused

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise _Refused
        super().on_headers_complete()
        self._begin("body")
        self._body = 0

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begin("idle")
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(self.bounds.reading_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._code)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        crowded = len(self.tasks) >= self.bounds.requests and cycle.scope["path"] not in QUIET
        super()._start_asgi_task(cycle, self._answer_overloaded if crowded else app)

    async def _answer_overloaded(self, scope: Any, receive: Any, send: Any) -> None:
        await self._told("overloaded")(scope, receive, send)

    def _begin(self, part: str) -> None:
        self._part, self._fresh, self._raw = part, True, 0
        self._unwatch()

    def _watch(self) -> None:
        seconds = self.bounds.body_seconds if self._part == "body" else self.bounds.head_seconds
        self._late = self.loop.call_later(seconds, self._on_late)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _on_late(self) -> None:
        self._late = None
        if self.flow.read_paused:
            # The peer waits for us.
            self._watch()
        elif self._part == "idle":
            self.transport.close()
        else:
            self._refuse("request_too_slow")

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _may_answer(self) -> bool:
        """Whether an answer now would be read as the one to what is refused, and to no earlier request."""
        return not self.pipeline and (self._is_answered() or (self._part == "body" and not self.cycle.response_started))

    def _refuse(self, code: str) -> None:
        self._unwatch()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if not self._may_answer():
            self.transport.close()
            return
        if self._part != "body" or not self._is_answered():
            told = self._told(code)
            head = b"".join(b"%s: %s\r\n" % each for each in told.raw_headers)
            self.transport.write(STATUS_LINE[told.status_code] + head + b"\r\n" + bytes(told.body))
        self._linger()

    def _linger(self) -> None:
        """Read what is still under way and forget it: a connection that is reset takes its last answer with it."""
        self.transport.write_eof()
        self._part, self._raw = "refused", 0
        if self.cycle is not None:
            # Whoever waits for the rest of the request learns that it doesn't come.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._late = self.loop.call_later(_LINGERING_SECONDS, self.transport.abort)

    def _told(self, code: str) -> Response:
        """The problem document, once it is counted and logged as a request is."""
        problem = self.catalogue[code]
        trace_id = trace_id_of(traceparent_or_new(""))
        language = next((value for name, value in self.headers or () if name == b"accept-language"), b"")
        body = self.catalogue.refusal(
            simple(code), status=problem.status, instance="/", trace_id=trace_id, language=language.decode("latin-1")
        )
        state = getattr(self.config.loaded_app, "state", None)
        if service := getattr(state, "service", ""):
            REQUESTS.labels(service, "", str(problem.status)).inc()
        log.info("request", method="", operation="", status=problem.status, code=code, request_id=trace_id)
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = _RETRY if problem.retryable else _CLOSE
        told = Response(content, problem.status, headers, media_type=MEDIA_TYPE)
        told.raw_headers += standing_headers(trace_id)
        return told


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """The protocol with other bounds, for uvicorn's `http`."""
    return type("BoundedProtocol", (BoundedProtocol,), {"bounds": bounds})
