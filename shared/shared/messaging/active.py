"""Who is active: of a service's workers one relays and one consumes, and each says whether it does (decision 0001)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal, TypedDict

import asyncpg
from prometheus_client import Gauge

from shared.database import is_storage_exhausted
from shared.messaging.bus import BusRefused
from shared.messaging.cancelling import pause

ACTIVE = Gauge("worker_active", "1 where this process does the part, 0 where it doesn't", ["service", "part"])
SINCE = Gauge("worker_state_since_seconds", "Unix time since when it is so", ["service", "part"])

# PostgreSQL ends the session of a worker that is frozen or cut off, and with it the lock: a standby takes over.
IDLE_SECONDS = 20.0
_BEAT_SECONDS = 1.0

State = Literal["starting", "standby", "active"]


class Told(TypedDict):
    """What a part of this worker tells of itself in `/readyz`."""

    ready: bool
    state: State
    since: str
    trouble: str | None


class LockLost(Exception):
    """The session that held the lock has ended: another worker may be active by now."""


def _kind_of(error: Exception) -> str:
    return "storage_exhausted" if is_storage_exhausted(error) else type(error).__name__


class Seat:
    """The right to do one part of a service's work, held by one process at a time as an advisory lock.

    The lock has a session of its own, which only beats. So its owner is told within seconds when the lock is gone,
    however long its own statements take.
    """

    def __init__(self, service: str, part: str, url: str, lock: int) -> None:
        self._url = url
        self._lock = lock
        self._gauges = ACTIVE.labels(service, part), SINCE.labels(service, part)
        self._beaten = 0.0
        self._lost: Exception | None = None
        self.ready = asyncio.Event()
        self._trouble: str | None = None
        self._be("starting")

    def _be(self, state: State) -> None:
        self._state: State = state
        self._since = datetime.now(UTC)
        active, since = self._gauges
        active.set(state == "active")
        since.set(self._since.timestamp())
        if state == "starting":
            self.ready.clear()
        else:
            self.ready.set()

    @asynccontextmanager
    async def taken(self, stop: asyncio.Event) -> AsyncIterator[bool]:
        """Stand by until the lock is ours; False when told to stop before. Call `begin` once the work can start."""
        settings = {"application_name": "lock", "idle_session_timeout": str(int(IDLE_SECONDS * 1000))}
        connection = await asyncpg.connect(self._url, server_settings=settings, command_timeout=IDLE_SECONDS)
        beating: asyncio.Task[None] | None = None
        self._lost = None
        try:
            if await self._stood_by(connection, stop):
                beating = asyncio.create_task(self._beat(connection))
                yield True
            else:
                yield False
        finally:
            self._be("starting")
            if beating is not None:
                beating.cancel()
                await asyncio.wait([beating])
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=5)

    async def _stood_by(self, connection: asyncpg.Connection, stop: asyncio.Event) -> bool:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._lock):
            self._beaten = time.monotonic()
            if self._state != "standby":
                self._be("standby")
                self.well()
            await pause(stop, _BEAT_SECONDS)
            if stop.is_set():
                return False
        self._beaten = time.monotonic()
        return True

    async def _beat(self, connection: asyncpg.Connection) -> None:
        try:
            while True:
                await asyncio.sleep(_BEAT_SECONDS)
                await connection.execute("SELECT 1")
                self._beaten = time.monotonic()
        except Exception as error:  # noqa: BLE001 - whatever ended the session, the lock is gone; `check` says so
            self._lost = error

    def begin(self) -> None:
        """The lock is ours and the work has started."""
        self._be("active")

    def check(self) -> None:
        """LockLost where the lock's session has ended; call it before each piece of work."""
        if self._lost is not None:
            raise LockLost(f"{type(self._lost).__name__}: {self._lost}") from self._lost

    def failed(self, error: Exception) -> None:
        """Say in readiness why the work began anew, until `well`; never an error's text, which may hold values.

        What the bus refuses has a text without any.
        """
        self._trouble = str(error) if isinstance(error, BusRefused) else _kind_of(error)

    def well(self) -> None:
        """A piece of work succeeded."""
        self._trouble = None

    def told(self) -> Told:
        """What readiness tells; a lock that hasn't beaten for long is as good as gone."""
        fresh = time.monotonic() - self._beaten < IDLE_SECONDS
        ready = self.ready.is_set() and fresh and self._lost is None and self._trouble is None
        return {
            "ready": ready,
            "state": self._state,
            "since": self._since.isoformat(timespec="seconds"),
            "trouble": self._trouble,
        }
