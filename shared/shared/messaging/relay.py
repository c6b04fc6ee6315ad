"""Carry: one active relay per service places committed rows and publishes them with its cursor."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from shared.messaging.active import Seat
from shared.messaging.audit_heads import AGE as HEAD_AGE
from shared.messaging.audit_heads import HeadPublisher, heads_topic
from shared.messaging.bus import Bus, BusStopped, Contradiction, Cursor, Publisher
from shared.messaging.cancelling import only_asked, pause
from shared.messaging.comparing import agreed_cursor, require_same_topics
from shared.messaging.failpoints import failpoint
from shared.messaging.outbox import MOST_BYTES, Sender, wake_channel
from shared.messaging.reconciling import reconcile_step
from shared.messaging.signing import Trust
from shared.messaging.standing import COMPARED, NEEDS_RECONCILING, Standing, note, noted

PUBLISHED = Counter("relay_published_total", "Events published", ["service"])
FENCES = Counter("relay_fences_total", "Times a relay took over or began anew after an error", ["service"])
AGE = Gauge("outbox_age_seconds", "Age of the oldest event not yet published", ["service"])
log = structlog.get_logger()

MOST_EVENTS = 2000
_POLL_SECONDS = 1.0
# A round costs four statements and a transaction of the bus: while events keep coming, a round carries several.
_APART_SECONDS = 0.025
_ACTIVE_RELAY_LOCK = 1039_0002
_NOTED = "noted"
# How much a statement reads hangs on horizon and cursor: each is planned for those that it is sent with.
_SESSION = {
    "timezone": "UTC",
    "idle_session_timeout": "60000",
    "application_name": "relay",
    "plan_cache_mode": "force_custom_plan",
}

_HORIZON = "SELECT horizon::text FROM outbox_placement WHERE only_row = 1"
# One statement, one snapshot: what it doesn't see has an xid of at least the horizon it stores, so the next
# placement looks there again; ids are taken under the aggregate's lock: id order is each aggregate's order.
# A horizon that was read before is lower at most: more rows are looked at. Where none is, nothing is written.
_PLACE = """
WITH fresh AS (
    SELECT o.id FROM outbox o
    WHERE o.xid >= $1::text::xid8
      AND NOT EXISTS (SELECT 1 FROM outbox_positions p WHERE p.outbox_id = o.id)
), placed AS (
    INSERT INTO outbox_positions (position, outbox_id)
    SELECT (SELECT coalesce(max(position), 0) FROM outbox_positions) + row_number() OVER (ORDER BY id), id
    FROM fresh
)
UPDATE outbox_placement SET horizon = pg_snapshot_xmin(pg_current_snapshot())
WHERE only_row = 1 AND EXISTS (SELECT FROM outbox WHERE xid >= $1::text::xid8)
"""
_NO_HORIZON = "0"
_FORGET_HORIZON = f"""
INSERT INTO outbox_placement (only_row, horizon) VALUES (1, '{_NO_HORIZON}')
ON CONFLICT (only_row) DO UPDATE SET horizon = '{_NO_HORIZON}'
"""
# One event always, and no more bytes than a transaction should hold: what is not carried is not even fetched.
_NEXT = """
SELECT * FROM (
    SELECT p.position, o.*, sum(octet_length(o.payload)) OVER (ORDER BY p.position) AS bytes
    FROM outbox_positions p JOIN outbox o ON o.id = p.outbox_id
    WHERE p.position > $1 ORDER BY p.position LIMIT $2
) next WHERE bytes <= $3 OR bytes = octet_length(payload) ORDER BY position
"""


class Relay:
    """Runs until stopped; many may run, one is active."""

    def __init__(
        self,
        service: str,
        database_url: str,
        bus: Bus,
        sender: Sender,
        trust: Trust,
        heads: HeadPublisher | None = None,
    ) -> None:
        self._service = service
        self._sender = sender
        self._trust = trust
        self._url = database_url
        self._bus = bus
        self.heads = heads
        self._woken = asyncio.Event()
        self._carried = False
        self._lineage: str | None = None
        self._oldest: float | None = None
        PUBLISHED.labels(service)
        FENCES.labels(service)
        self.seat = Seat(service, "relay", database_url, _ACTIVE_RELAY_LOCK)
        self.ready = self.seat.ready
        self.standing = Standing()

    async def run(self, stop: asyncio.Event) -> None:
        """Take the lock, fence, carry; after any error begin anew with a new producer."""
        # Computed when asked: it grows while a bus that is away lets the relay do nothing.
        AGE.labels(self._service).set_function(self._age)
        if self.heads is not None:
            HEAD_AGE.labels(self._service).set_function(self.heads.age)
        NEEDS_RECONCILING.labels(self._service).set_function(lambda: float(bool(self.standing.reasons)))
        patience = 0.1
        while not stop.is_set():
            try:
                with only_asked():
                    await self._as_active(stop)
            except BusStopped:
                raise
            except Exception as error:  # noqa: BLE001 - database, bus and network fail in many ways
                self.seat.failed(error)
                log.warning("relay begins anew", error=f"{type(error).__name__}: {error}")
                await pause(stop, patience)
                patience = 0.1 if self._carried else min(patience * 2, 5.0)

    def _age(self) -> float:
        return 0.0 if self._oldest is None else max(0.0, time.time() - self._oldest)

    async def _as_active(self, stop: asyncio.Event) -> None:
        self._carried = False
        async with self.seat.taken(stop) as active:
            if not active:
                return
            connection = await asyncpg.connect(self._url, server_settings=_SESSION)
            try:
                await self._carry_until_contradicted(stop, connection)
            finally:
                await connection.close(timeout=5)

    async def _carry_until_contradicted(self, stop: asyncio.Event, connection: Any) -> None:
        """Carry; where something stands against the service, wait until it is gone, and say so."""
        try:
            await self._require_none(connection)
            await self._carry_until(stop, connection)
        except Contradiction as found:
            if found.code != _NOTED:
                await note(connection, "relay", found)
            reconcile = partial(reconcile_step, connection, self._bus, self._service, self._sender, self._trust)
            await self.standing.outlast(connection, stop, self.ready, reconcile)

    async def _require_none(self, connection: Any) -> None:
        """Contradiction while one stands in the database, whoever found it."""
        for reason in (await noted(connection)).values():
            raise Contradiction(_NOTED, reason)

    async def _carry_until(self, stop: asyncio.Event, connection: Any) -> None:
        publisher = self._bus.publisher(self._service)
        try:
            await connection.add_listener(wake_channel(self._service), lambda *_: self._woken.set())
            cursor = await self._begin(connection, publisher)
            self._carried = True
            self.seat.begin()
            while not stop.is_set():
                next_at = time.monotonic() + _APART_SECONDS
                self._woken.clear()
                self.seat.check()
                cursor = await self._carry_all(connection, publisher, cursor)
                await self._publish_head(connection, publisher, cursor)
                self.seat.well()
                await self._until_woken(stop)
                await pause(stop, next_at - time.monotonic())
            cursor = await self._carry_all(connection, publisher, cursor)
            await self._publish_head(connection, publisher, cursor, at_once=True)
        finally:
            await publisher.close()

    async def _publish_head(self, connection: Any, publisher: Publisher, cursor: int, *, at_once: bool = False) -> None:
        """Say where the audit chain ends, if that is due; the cursor stays where it is."""
        if self.heads is None:
            return
        head = await self.heads.due(connection, at_once=at_once)
        if head is not None:
            await publisher.publish([self._sender.signed(head)], cursor)
            self.heads.done()

    async def _until_woken(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(self._woken.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waits, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _begin(self, connection: Any, publisher: Publisher) -> int:
        """The cursor after a fresh fence; Contradiction where database and bus don't agree."""
        FENCES.labels(self._service).inc()
        cursor = await agreed_cursor(connection, self._bus, publisher, self._service)
        self._lineage = cursor.lineage
        if self.heads is not None:
            await self._bus.ensure_topics([heads_topic(self._service)])
        # A horizon of another cluster's numbering would hide rows: this once every row is looked at.
        await connection.execute(_FORGET_HORIZON)
        await connection.execute(_PLACE, _NO_HORIZON)
        await connection.execute(COMPARED)
        return cursor

    async def _place(self, connection: Any) -> None:
        await connection.execute(_PLACE, await connection.fetchval(_HORIZON))

    async def _carry_all(self, connection: Any, publisher: Publisher, cursor: int) -> int:
        await self._require_none(connection)
        await self._place(connection)
        while True:
            rows = await connection.fetch(_NEXT, cursor, MOST_EVENTS, MOST_BYTES)
            if not rows:
                self._oldest = None
                return cursor
            # The event's id holds when it was written by the wall; `occurred_at` goes by the sandbox clock.
            self._oldest = (rows[0]["event_id"].int >> 80) / 1000
            failpoint("relay.fetched")
            cursor = Cursor(rows[-1]["position"], lineage=self._lineage, event_id=str(rows[-1]["event_id"]))
            await require_same_topics(connection, self._bus, sorted({row["topic"] for row in rows}))
            await publisher.publish([self._sender.outgoing(row) for row in rows], cursor)
            PUBLISHED.labels(self._service).inc(len(rows))
            ids = [str(each["event_id"]) for each in (rows[0], rows[-1])]
            log.info("published", events=len(rows), cursor=int(cursor), first_event_id=ids[0], last_event_id=ids[1])
