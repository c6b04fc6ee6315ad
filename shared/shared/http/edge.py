"""The ring around all: trace, log line, metrics, and a problem document whatever happens inside."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping, MutableMapping
from itertools import product
from typing import Any

import structlog
from fastapi import FastAPI, Request
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.database import is_collision
from shared.http.address import client_address
from shared.http.identity import Caller
from shared.http.money_told import money_told
from shared.http.rate import Standing
from shared.http.refusals import problem_response, simple
from shared.http.responses import unexpected
from shared.tracing import trace_id_of, traceparent_or_new

REQUESTS = Counter("http_requests_total", "HTTP requests", ["service", "operation", "status"])
SECONDS = Histogram("http_request_seconds", "HTTP request duration", ["service", "operation"])
HTTP_413 = 413
# As web servers count a client that left; nobody gets this answer.
_CLIENT_LEFT = 499
_FAILURES = ("500", "503")
_TRIES = 4
QUIET = frozenset({"/livez", "/readyz", "/metrics"})
"""What probes ask for: it isn't logged, and is answered however many requests wait."""
log = structlog.get_logger()


class _Reply:
    """Passes a response on with our headers and money in its currency's digits, except the body limit's 413."""

    def __init__(self, send: Send, trace_id: str, state: Mapping[str, Any]) -> None:
        self._send = send
        self._trace_id = trace_id
        self._state = state
        self.status = 0
        self.swallowed_413 = False
        self._held: Message | None = None
        self.refusal: dict[str, Any] = {}
        self._refuses = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = dict(message["headers"]).get(b"content-type", b"")
            if self.status == HTTP_413 and not kind.startswith(b"application/problem"):
                self.swallowed_413 = True
                return
            self._refuses = kind.startswith(b"application/problem")
            message["headers"] = [*message["headers"], *standing_headers(self._trace_id), *_of_rate(self._state)]
            if kind.startswith(b"application/json"):
                # Its length is known with its body, which is one message.
                self._held = message
                return
        elif self._held is not None:
            start, self._held = self._held, None
            if not message.get("more_body"):
                message = {**message, "body": money_told(message.get("body", b""))}
                start["headers"] = _with_length(start["headers"], len(message["body"]))
            await self._send(start)
        elif self._refuses:
            self.refusal = refusal_told(message.get("body", b""))
        if not self.swallowed_413:
            await self._send(message)


class _Heard:
    """The received part of a request, kept so that it can be retried from its first byte (F23)."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self._whole = False
        self.left = False
        """Whether the client went away before its whole request was here."""

    def again(self) -> Receive:
        """A `receive` that replays the stored messages, then continues with the caller's."""
        told = 0

        async def receive() -> Message:
            nonlocal told
            if told == len(self._messages):
                message = await self._receive()
                if message["type"] != "http.request":
                    self.left = not self._whole
                    return message
                self._whole = not message.get("more_body", False)
                self._messages.append(message)
            told += 1
            return self._messages[told - 1]

        return receive


class Edge:
    """Pure ASGI, so that nothing is buffered; `app` is the FastAPI application's inner stack."""

    def __init__(self, app: ASGIApp, *, application: FastAPI, service: str) -> None:
        self._app = app
        self._application = application
        self._service = service
        # An alarm rests on these: `increase()` doesn't see a series that is born with its first failure.
        for operation, status in product(("", *application.state.access), _FAILURES):
            REQUESTS.labels(service, operation, status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Exception handlers need the application even before routing has set it.
        scope["app"] = self._application
        headers = dict(scope["headers"])
        traceparent = traceparent_or_new(headers.get(b"traceparent", b"").decode("latin-1"))
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["traceparent"] = traceparent
        trace_id = trace_id_of(traceparent)
        peer = scope.get("client")
        runtime = getattr(self._application.state, "runtime", None)
        trusted = runtime.trusted if runtime else ()
        state["address"] = client_address(peer[0] if peer else "", scope["headers"], trusted)
        started = time.perf_counter()
        reply, heard = _Reply(send, trace_id, state), _Heard(receive)
        with structlog.contextvars.bound_contextvars(
            service=self._service, request_id=trace_id, traceparent=traceparent
        ):
            try:
                await self._answer(Request(scope, receive), heard, reply)
            finally:
                self._note(scope, heard, reply, time.perf_counter() - started)

    async def _answer(self, request: Request, heard: _Heard, reply: _Reply) -> None:
        scope = request.scope
        for left in reversed(range(_TRIES)):
            try:
                await self._app(scope, heard.again(), reply.send)
                if reply.swallowed_413:
                    reply.swallowed_413 = False
                    await problem_response(request, simple("body_too_large"))(scope, request.receive, reply.send)
                return
            except Exception as error:
                if heard.left:
                    # Nobody waits for an answer, and nothing was begun: what is done needs the whole request.
                    return
                if reply.status:
                    raise
                if not left or not is_collision(error):
                    await (await unexpected(request, error))(scope, request.receive, reply.send)
                    return
                log.info("collision", error=type(error).__name__, tries_left=left)
            # Two requests that waited equally long would collide again.
            await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - no secret

    def _note(self, scope: Scope, heard: _Heard, reply: _Reply, seconds: float) -> None:
        state = scope["state"]
        operation, status = state.get("operation", ""), _CLIENT_LEFT if heard.left else reply.status
        REQUESTS.labels(self._service, operation, str(status)).inc()
        SECONDS.labels(self._service, operation).observe(seconds)
        if scope["path"] not in QUIET:
            log.info(
                "request",
                method=state.get("method", scope["method"]),
                operation=operation,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                **({**reply.refusal, **_party(state.get("caller"))} if reply.refusal and not heard.left else {}),
            )


def _of_rate(state: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What is left to the caller, where that was asked."""
    standing: Standing | None = state.get("standing")
    return [] if standing is None else [(name.encode(), value.encode()) for name, value in standing.headers().items()]


def refusal_told(body: bytes) -> dict[str, Any]:
    """What the log says of a problem document: its codes and rules, never a value of the request (V66)."""
    problem = json.loads(body)
    rules = {each["rule"]["id"] for each in problem["errors"] if "rule" in each}
    return {
        "code": problem["code"],
        "rule": problem.get("rule", {}).get("id", ""),
        "codes": sorted({each["code"] for each in problem["errors"]}),
        "rules": sorted(rules),
    }


def _party(caller: Caller | None) -> dict[str, str]:
    """Who was refused, as the token says: role, pilot, and the party that the caller acts for."""
    if caller is None:
        return {}
    ids = {"subject_id": caller.subject_id, "bank_id": caller.bank_id, "site_id": caller.site_id}
    party = {name: str(each) for name, each in ids.items() if each is not None}
    return {"role": caller.role, "pilot": caller.pilot, **party}


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    return [(name, str(length).encode() if name == b"content-length" and length else value) for name, value in headers]


def standing_headers(trace_id: str) -> list[tuple[bytes, bytes]]:
    """The headers of every answer."""
    return [
        (b"x-request-id", trace_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
