"""Calls a service through its real HTTP door, in process: tokens, idempotency keys, versions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy.event import listen, remove
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.clock import Clock
from shared.database import make_engine, make_sessions
from shared.http.app import Service, make_app
from shared.settings import ServiceSettings
from shared.workshop.testing.described import require_described
from shared.workshop.testing.servers import as_process
from shared.workshop.testing.signing import event_keys_file
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.tokens import AUDIENCE, ISSUER

MOST_OF_A_PAGE = 5
"""Statements that a page of any list may take, that names the pilot aside, whoever asks and whatever it holds."""
_counted: ContextVar[tuple[object, ...]] = ContextVar("counted", default=())

SEALING_KEY = "a sealing key of the tests"
ACTOR_KEY = "an actor key of the tests"


class _StandingClock(Clock):
    """Business time fixed by a test, so that its times hold on a busy machine too."""

    def __init__(self, instant: datetime) -> None:
        super().__init__("sandbox", None)
        self._instant = instant

    def now(self) -> datetime:
        return self._instant


class Door:
    """One service's HTTP door; `call` sends as a role, with a fresh idempotency key unless one is given."""

    def __init__(
        self, app: FastAPI, client: httpx.AsyncClient, mint: ServedMint, clock_file: Path, worker: AsyncEngine
    ) -> None:
        self.app = app
        self.worker = worker
        """The worker's connections to the same database: it hears and sees all pilots."""
        self.client = client
        self._mint = mint
        self._clock_file = clock_file

    def at(self, instant: datetime) -> None:
        """Stop the business clock at an instant; other processes on its file go on from there."""
        Clock("sandbox", self._clock_file).move_to(instant)
        self.app.state.runtime.clock = _StandingClock(instant)

    @asynccontextmanager
    async def as_worker(self) -> AsyncIterator[AsyncSession]:
        """A transaction of the worker's, committed at the end of the block."""
        async with make_sessions(self.worker).begin() as session:
            yield session

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "commerce",
        key: str | None = None,
        version: int | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        **party: Any,
    ) -> httpx.Response:
        """Send; the answer as it came."""
        sent = {"authorization": f"Bearer {self._mint.token(role, **party)}", **(headers or {})}
        if method != "GET":
            sent["idempotency-key"] = key or str(uuid4())
        if version is not None:
            sent["if-match"] = f'"{version}"'
        if content is None and body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        with self.statements() as statements:
            answer = await self.client.request(method, path, content=content, headers=sent)
        require_described(self.app, method, answer)
        if method == "GET" and answer.is_success and "next_cursor" in answer.text:
            # Whether the caller may ask was settled in a transaction before the page's own.
            begun = max((at for at, each in enumerate(statements, 1) if "set_config('market.pilot'" in each), default=0)
            assert len(statements) - begun <= MOST_OF_A_PAGE, (path, statements[begun:])
        return answer

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """`with door.statements() as sent`: every statement that the service sends for what is asked within.

        What the application does by itself meanwhile is left out, and so is a lease of what the caller may ask: it is
        for many requests.
        """
        sent: list[str] = []
        mark = object()
        token = _counted.set((*_counted.get(), mark))

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if "rate_buckets" not in statement and mark in _counted.get():
                sent.append(statement)

        engine = self.app.state.runtime.engine.sync_engine
        listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            remove(engine, "before_cursor_execute", note)
            _counted.reset(token)

    async def done(self, method: str, path: str, body: Any = None, **how: Any) -> dict[str, Any]:
        """Send and expect success; the answer's JSON."""
        response = await self.call(method, path, body, **how)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def set_parameter(self, body: dict[str, Any], *, role: str) -> dict[str, Any]:
        """Two persons of an office set a rule parameter; the confirmed proposal."""
        proposed = await self.done("POST", "/v1/policy-parameters", body, role=role, actor=f"{role}:1")
        path = f"/v1/policy-parameters/{proposed['id']}/confirmations"
        return await self.done("POST", path, {}, role=role, actor=f"{role}:2")

    async def publish(self, path: str, body: dict[str, Any], *, role: str, **how: Any) -> dict[str, Any]:
        """Two persons of an office publish a rate or a day; the confirmed entry."""
        entry = await self.done("POST", path, body, role=role, actor=f"{role}:1", **how)
        return await self.done("POST", f"{path}/{entry['id']}/confirmations", {}, role=role, actor=f"{role}:2", **how)

    async def paged(self, path: str, limit: int = 1, **how: Any) -> list[dict[str, Any]]:
        """All items of a list, read page by page; each page but the last is full."""
        items: list[dict[str, Any]] = []
        asked = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        cursor: str | None = ""
        while cursor is not None:
            page = await self.done("GET", f"{asked}&cursor={cursor}" if cursor else asked, **how)
            cursor = page["next_cursor"]
            assert len(page["items"]) == limit or cursor is None
            items += page["items"]
        return items


def settings_for(dsn: str, mint: ServedMint, clock_file: Path, **told: Any) -> ServiceSettings:
    """A sandbox's settings on a database, with the mint as issuer; `told` are further ones."""
    return ServiceSettings.model_validate(
        {
            "environment": "sandbox",
            "database_url": as_process(dsn, "http"),
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "jwks_url": mint.jwks_url,
            "sealing_key": SEALING_KEY,
            "actor_key": ACTOR_KEY,
            "event_keys": event_keys_file(clock_file.parent),
            # Tests that ask for everything at once are no flood.
            "rate_per_second": 100_000,
            "rate_burst": 2_000_000,
            "anonymous_per_second": 100_000,
            "clock_file": clock_file,
            **told,
        }
    )


class _Application:
    """A service's application and what it is told when it starts next."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.settings: ServiceSettings | None = None
        self.app = make_app(service, self._told)

    def _told(self) -> ServiceSettings:
        assert self.settings is not None
        return self.settings


# FastAPI works out its routes anew for each application, which takes longer than most tests: one serves them in turn.
_idle: list[_Application] = []


@asynccontextmanager
async def open_door(service: Service, dsn: str, mint: ServedMint, folder: Path, **told: Any) -> AsyncIterator[Door]:
    """The service's application on a database, with its lifespan; `told` are further settings."""
    known = next((place for place, each in enumerate(_idle) if each.service is service), None)
    application = _Application(service) if known is None else _idle.pop(known)
    clock_file = folder / f"clock-{uuid4().hex}.json"
    application.settings = settings_for(dsn, mint, clock_file, **told)
    app = application.app
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            worker = make_engine(as_process(dsn, "worker"), pool_size=5)
            try:
                yield Door(app, client, mint, clock_file, worker)
            finally:
                await worker.dispose()
    _idle.append(application)
