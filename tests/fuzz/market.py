"""A market of four services in this process: who calls, what was accepted, and what waits to be heard."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from hearing import Hearing
from operations import Key, Operation
from sqlalchemy import text

from shared.workshop.testing.client import Door
from shared.workshop.tokens import TokenMint
from shared.workshop.waiting import until

_TOKEN_SECONDS = 1200
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sound:
    """A request that must be accepted: who sends what, to which thing, at which version."""

    who: dict[str, Any]
    path: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    version: int | None = None
    query: dict[str, Any] = field(default_factory=dict)
    kind: str = "application/json"
    prefer: str = ""
    at: str = ""
    """Its moment of business time, if it isn't the day's."""
    note: Any = None
    """What later requests about the same thing have to know."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An accepted request with its answer."""

    answer: Any
    sound: Sound

    @property
    def id(self) -> str:
        return str(self.answer["id"])

    @property
    def version(self) -> int:
        return int(self.answer["version"])

    @property
    def who(self) -> dict[str, Any]:
        return self.sound.who

    @property
    def note(self) -> Any:
        return self.sound.note


Recipe = Callable[["Market"], Awaitable[Sound]]
RECIPES: dict[Key, Recipe] = {}


def recipe(*services: str) -> Callable[[Recipe], Recipe]:
    """A function that makes a sound request of the operation of its name."""

    def note(function: Recipe) -> Recipe:
        for service in services:
            RECIPES[service, function.__name__] = function
        return function

    return note


def told(answer: httpx.Response) -> str:
    """Status and reasons of a refusal, in short."""
    if answer.is_success or "json" not in answer.headers.get("content-type", ""):
        return f"{answer.status_code} {answer.text[:300]}"
    problem = answer.json()
    reasons = [
        f"{each.get('pointer')} {each['code']}: {each.get('message', '')[:200]}" for each in problem.get("errors", ())
    ]
    return f"{answer.status_code} {problem['code']} {reasons[:4]}"


class NotMade(Exception):
    """What a recipe counts on was refused."""


class Market:
    """Sends requests, keeps what was accepted, and lets every service hear of it before it is asked next."""

    def __init__(
        self, doors: dict[str, Door], operations: dict[Key, Operation], mint: TokenMint, hearing: Hearing
    ) -> None:
        self.doors, self.operations, self.hearing = doors, operations, hearing
        self._mint = mint
        self._tokens: dict[str, tuple[float, str]] = {}
        self._numbers = itertools.count(1)
        self._keys = itertools.count(1)
        self._waiting: dict[Key, deque[Kept]] = defaultdict(deque)
        self._lasting: dict[Key, deque[Kept]] = defaultdict(lambda: deque(maxlen=200))
        self.seen: dict[Key, deque[Kept]] = defaultdict(lambda: deque(maxlen=200))
        """What is there to be read, whoever changed it since."""
        self.day: dict[str, Any] = {}
        self.made = 0

    def number(self) -> int:
        """A number that nobody had before."""
        return next(self._numbers)

    def token(self, who: dict[str, Any]) -> str:
        name = json.dumps(who, sort_keys=True, default=str)
        minted, token = self._tokens.get(name, (0.0, ""))
        if not token or time.monotonic() - minted > _TOKEN_SECONDS:
            claims = dict(who)
            token = self._mint.token(claims.pop("role"), minutes=50, **claims)
            self._tokens[name] = time.monotonic(), token
        return token

    async def send(
        self, operation: Operation, sound: Sound, headers: dict[str, str] | None = None
    ) -> tuple[httpx.Response, dict[str, Any]]:
        """Send, after the service has heard everything; the answer, and the request as it can be repeated."""
        await self.hearing.catch_up(operation.service)
        path = operation.path
        for name, value in sound.path.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        told = {"idempotency-key": f"case:{next(self._keys)}"} if operation.method == "POST" else {}
        told |= {} if sound.version is None else {"if-match": f'"{sound.version}"'}
        told |= {"prefer": sound.prefer} if sound.prefer else {}
        told |= {name.lower(): value for name, value in (headers or {}).items()}
        content = sound.body
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content).encode()
        if content is not None:
            told["content-type"] = sound.kind
        asked = {"method": operation.method, "service": operation.service, "path": path, "query": sound.query,
                 "headers": told, "who": sound.who, "body": repr(content)[:3000]}  # fmt: skip
        told = {**told, "authorization": f"Bearer {self.token(sound.who)}"}
        sent = {name: value.encode("utf-8", "replace") for name, value in told.items()}
        door = self.doors[operation.service]
        with self._at(door, sound.at):
            answer = await door.client.request(
                operation.method, path, params=sound.query or None, content=content, headers=sent
            )
        if answer.headers.get("location", "").startswith("/v1/trade-jobs/"):
            # What a job registers later on is not left by the requests after it.
            await until(lambda: self._ended(door))
        if answer.is_success and operation.method == "POST":
            self.hearing.said(operation.service)
        return answer, asked

    async def _ended(self, door: Door) -> bool:
        """Whether no job is on its way."""
        async with door.worker.connect() as connection:
            return not await connection.scalar(text("SELECT count(*) FROM trade_jobs WHERE ended_at IS NULL"))

    @contextmanager
    def _at(self, door: Door, moment: str) -> Iterator[None]:
        if not moment:
            yield
            return
        before = door.app.state.runtime.clock.now()
        door.at(datetime.fromisoformat(moment))
        yield
        door.at(before)

    def keep(self, operation: Operation, sound: Sound, answer: httpx.Response, *, as_meant: bool) -> Kept | None:
        """Remember what was accepted; others go on from it if it is as its recipe meant it."""
        if "json" not in answer.headers.get("content-type", ""):
            return None
        told = answer.json()
        if operation.method == "POST" and "location" in answer.headers:
            told["location"] = answer.headers["location"].rpartition("/")[2]
        kept = Kept(told, sound)
        self.seen[operation.key].append(kept)
        if as_meant:
            self._waiting[operation.key].append(kept)
            self._lasting[operation.key].append(kept)
        return kept

    async def make(self, service: str, name: str) -> Kept:
        """Send a sound request that must be accepted; what it made."""
        sound = await self.meant(service, name)
        return await self.done(service, name, sound)

    async def meant(self, service: str, name: str) -> Sound:
        """A sound request. A hostile one may have taken away what its recipe counts on: then it is made again."""
        try:
            return await RECIPES[service, name](self)
        except NotMade:
            return await RECIPES[service, name](self)

    async def done(self, service: str, name: str, sound: Sound) -> Kept:
        """Send this, which must be accepted."""
        operation = self.operations[service, name]
        self.made += 1
        answer, asked = await self.send(operation, sound)
        if not answer.is_success:
            raise NotMade(f"{service} {name}: {told(answer)} {str(asked)[:1500]}")
        kept = self.keep(operation, sound, answer, as_meant=True)
        assert kept is not None
        return kept

    async def after(self, service: str, name: str) -> Kept:
        """What an accepted request of this operation left, and nobody went on from; made if there is none."""
        waiting = self._waiting[service, name]
        if not waiting:
            await self.make(service, name)
        return waiting.popleft()

    async def fresh(self, service: str, name: str) -> Kept:
        """What a request of this operation leaves that is sent now; nobody else goes on from it."""
        await self.make(service, name)
        return self._forgotten((service, name))

    async def some(self, service: str, name: str) -> Kept:
        """Something that this operation left, in turn; others may go on from it."""
        if not self._lasting[service, name]:
            await self.make(service, name)
        kept = self._lasting[service, name]
        kept.rotate(-1)
        return kept[0]

    def forget(self, *operations: Key) -> None:
        """Nobody goes on from what these left last."""
        for each in operations:
            self._forgotten(each)

    def _forgotten(self, operation: Key) -> Kept:
        kept = self._waiting[operation].pop()
        self._lasting[operation].remove(kept)
        return kept

    async def read(self, service: str, path: str, who: dict[str, Any]) -> Any:
        """What a service shows of this path."""
        await self.hearing.catch_up(service)
        headers = {"authorization": f"Bearer {self.token(who)}"}
        answer = await self.doors[service].client.get(path, headers=headers)
        if not answer.is_success:
            raise NotMade(f"GET {service} {path}: {told(answer)}")
        shown = answer.json()
        return {**shown, "etag": int(answer.headers["etag"].strip('"'))} if "etag" in answer.headers else shown
