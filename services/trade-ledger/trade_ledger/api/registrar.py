"""Where registrations of trades become transactions: the shared one of single requests, the own one of a bulk."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.http import idempotency
from shared.http.app import Runtime
from shared.http.command import Attempt, Replay
from shared.vocabulary.errors import Malformed, Refused
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from trade_ledger.api.turns import Turns
from trade_ledger.operations.trades.prepare_trade import PreparedTrade, prepare_trade
from trade_ledger.operations.trades.register_trades import Claim, Registration, register_trades
from trade_ledger.operations.trades.trade_entry import TradeEntry
from trade_ledger.operations.trades.trade_text import TradeText, trade_text
from trade_ledger.store.known import KnownFacts
from trade_ledger.store.pilots import said_prefix
from trade_ledger.store.register_statement import FACTS_MOVED, REFERENCE_TAKEN, WRITTEN

_RESERVED_AT_ONCE = 200
_WRITTEN_AT_ONCE = 100
_SERIALS = f"SELECT nextval('trade_numbers') FROM generate_series(1, {_RESERVED_AT_ONCE})"


def reference_taken(reference: str) -> Breach:
    """The refusal of a slip that was registered before."""
    return Breach("slip_registered_already", "R-TRADE-1", "/external_ref", {"reference": reference})


class Registrar:
    """Registers trades of one process; every trade goes through `register_trades`, alone or with others."""

    def __init__(self, runtime: Runtime, pool: Any) -> None:
        self._runtime = runtime
        self._pool = pool
        self._serials: deque[int] = deque()
        self._reserving = asyncio.Lock()
        self.facts = KnownFacts(runtime.sessions)
        self._turns: Turns[Registration, str] = Turns(self._flush, key=_claimed)

    async def register(self, entry: TradeEntry, attempt: Attempt, registered_by: UUID) -> TradeText:
        """One trade of one request, in a transaction shared with its neighbours; Replay where its key was used."""
        while True:
            prepared = await prepare_trade(entry, self.facts, act=attempt.act)
            if prepared.breaches:
                await self._refuse(attempt, prepared.breaches)
            text = await self._written_down(prepared, attempt.act)
            claim = Claim(attempt.key, attempt.fingerprint, _headers(text))
            outcome = await self._joined(Registration(text, registered_by, attempt.operation, attempt.act, claim))
            if outcome == WRITTEN:
                self._runtime.wake.poke()
                return text
            if outcome == FACTS_MOVED:
                self.facts.forget(prepared.known)
                continue
            reference = (reference_taken(entry.external_ref),) if outcome == REFERENCE_TAKEN else ()
            await self._refuse(attempt, reference)

    async def _joined(self, registration: Registration) -> str:
        try:
            return await self._turns.join(registration)
        except asyncpg.LockNotAvailableError as error:
            raise idempotency.KeyInUse from error
        except asyncpg.UniqueViolationError:
            # Somebody wrote the same slip between the statement's look and its insert: now it shows.
            return await self._turns.join(registration)

    async def _refuse(self, attempt: Attempt, breaches: tuple[Breach, ...]) -> None:
        """Raise Replay where the key has an answer already, else the refusal."""
        table = self._runtime.http_tables.idempotency
        query = select(table).where(table.c.principal == attempt.caller.actor, table.c.key == attempt.key)
        async with self._runtime.sessions() as session:
            row = (await session.execute(query)).one_or_none()
        if row is not None:
            raise Replay(idempotency.answer_of(row, attempt.fingerprint))
        if not breaches:
            raise idempotency.KeyInUse
        raise Refused(breaches)

    async def register_all(
        self, session: AsyncSession, entries: Sequence[TradeEntry], *, registered_by: UUID, operation: str, act: Act
    ) -> list[TradeText | tuple[Breach, ...]]:
        """Each trade by itself, in the caller's transaction: its text, or every reason why not."""
        outcomes: list[TradeText | tuple[Breach, ...]] = [() for _ in entries]
        waiting = list(range(len(entries)))
        references: dict[str, int] = {}
        while waiting:
            ready: dict[int, Registration] = {}
            for n in waiting:
                outcomes[n] = outcome = await self._text_of(session, entries[n], act)
                if isinstance(outcome, TradeText):
                    reference = entries[n].external_ref
                    if reference and references.setdefault(reference, n) != n:
                        outcomes[n] = (reference_taken(reference),)
                        continue
                    ready[n] = Registration(outcome, registered_by, operation, act)
            waiting = []
            for n, written in (await _written_in(session, ready)).items():
                if written == FACTS_MOVED:
                    self.facts.forget(ready[n].text.prepared.known)
                    waiting.append(n)
                elif written != WRITTEN:
                    outcomes[n] = (reference_taken(entries[n].external_ref),)
        return outcomes

    async def breaches_of(self, session: AsyncSession, entry: TradeEntry, act: Act) -> tuple[Breach, ...]:
        """What the rules say of a trade that isn't to be registered."""
        return (await prepare_trade(entry, self.facts, act=act, session=session)).breaches

    async def _text_of(self, session: AsyncSession, entry: TradeEntry, act: Act) -> TradeText | tuple[Breach, ...]:
        prepared = await prepare_trade(entry, self.facts, act=act, session=session)
        if prepared.breaches:
            return prepared.breaches
        try:
            return await self._written_down(prepared, act)
        except Malformed as too_large:
            return too_large.breaches

    async def _written_down(self, prepared: PreparedTrade, act: Act) -> TradeText:
        if not self._serials:
            await self._reserve()
        if prepared.known.prefix is None:
            # Nothing is written that could find out that the word has arrived since.
            self.facts.forget(prepared.known)
        number = human_number(said_prefix(prepared.known.prefix, act.pilot), "TR", self._serials.popleft())
        return trade_text(prepared, number, sealer=self._runtime.sealer, act=act)

    async def _reserve(self) -> None:
        async with self._reserving:
            if not self._serials:
                self._serials.extend(row[0] for row in await self._pool.fetch(_SERIALS))

    async def _flush(self, registrations: Sequence[Registration]) -> list[str]:
        async with self._pool.acquire() as connection:
            return await register_trades(connection, registrations)

    async def close(self) -> None:
        """Finish what has joined."""
        await self._turns.close()


def _claimed(registration: Registration) -> tuple[str, str]:
    return registration.act.actor, registration.claim.key if registration.claim else ""


def _headers(text: TradeText) -> str:
    return orjson.dumps(answer_headers(text)).decode()


def answer_headers(text: TradeText) -> dict[str, str]:
    """The headers of a registration's answer."""
    return {"content-type": "application/json", "etag": '"1"', "location": f"/v1/trades/{text.trade_id}"}


async def _written_in(session: AsyncSession, ready: dict[int, Registration]) -> dict[int, str]:
    """Write on the session's own connection; where a batch fails, each by itself.

    In the order of the slips: two imports of the same ones would else wait for each other.
    """
    raw = await (await session.connection()).get_raw_connection()
    connection: Any = raw.driver_connection
    outcomes: dict[int, str] = {}
    numbers = sorted(ready, key=lambda n: (ready[n].text.prepared.entry.external_ref, n))
    for start in range(0, len(numbers), _WRITTEN_AT_ONCE):
        chunk = numbers[start : start + _WRITTEN_AT_ONCE]
        try:
            async with connection.transaction():
                found = await register_trades(connection, [ready[n] for n in chunk])
        except asyncpg.UniqueViolationError:
            found = [await _written_alone(connection, ready[n]) for n in chunk]
        outcomes |= dict(zip(chunk, found, strict=True))
    return outcomes


async def _written_alone(connection: Any, registration: Registration) -> str:
    try:
        async with connection.transaction():
            return (await register_trades(connection, [registration]))[0]
    except asyncpg.UniqueViolationError:
        return REFERENCE_TAKEN


@asynccontextmanager
async def registrar_running(runtime: Runtime) -> AsyncIterator[None]:
    """Open the registrar with prepared connections of its own for the time that the process runs."""
    pool = await asyncpg.create_pool(
        runtime.settings.database_url.get_secret_value(),
        min_size=0,
        max_size=2,
        reset=_keep_as_it_is,
        server_settings={
            "application_name": "trade-ledger registrar",
            "timezone": "UTC",
            # As long as a second request waits for the first with its key.
            "lock_timeout": "2000",
            "statement_timeout": "60000",
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
        },
    )
    registrar = Registrar(runtime, pool)
    # What the process has made by now stays: without this each full collection walks all of it again (measured: 9 %).
    gc.freeze()
    runtime.extras["registrar"] = registrar
    try:
        yield
    finally:
        await registrar.close()
        await pool.close()


async def _keep_as_it_is(connection: Any) -> None:
    """Nothing is set on these connections, so nothing is reset: that would be a round trip per batch."""
