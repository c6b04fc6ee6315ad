"""Groups registrations of trades into transactions: single requests share one, a bulk has its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.http.idempotency import KeyInUse
from trade_ledger.store.known import KnownFacts
from trade_ledger.store.prepared import prepared_pool
from trade_ledger.store.register_statement import COLUMNS, REFERENCE_TAKEN, REGISTER, TRADE_COLUMNS
from trade_ledger.store.turns import Turns

_RESERVED_AT_ONCE = 200
_PILOT = TRADE_COLUMNS.index("pilot")
_SERIALS = f"SELECT nextval('trade_numbers') FROM generate_series(1, {_RESERVED_AT_ONCE})"


@dataclass(frozen=True, slots=True)
class Claim:
    """The idempotency key that a registration takes, whose it is, and what makes its request the same request."""

    principal: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class LineText:
    """A line ready to write."""

    line_id: UUID
    line_no: int
    content: bytes
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Registration:
    """A trade ready to write: `row` in the order of TRADE_COLUMNS; `claim` where it is a request of its own."""

    trade_id: UUID
    claim: Claim | None
    external_ref: str
    row: tuple[Any, ...]
    lines: tuple[LineText, ...]
    document_hashes: tuple[str, ...]


class Registrations:
    """One process's way to write trades, with the facts that they are decided on; all go through one statement."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], pool: Any) -> None:
        self.facts = KnownFacts(sessions)
        self._pool = pool
        self._serials: deque[int] = deque()
        self._reserving = asyncio.Lock()
        self._turns: Turns[Registration, str] = Turns(self._flush, key=_claimed)

    async def next_serial(self) -> int:
        """The next running number of a trade; what a process reserved and didn't use is a gap."""
        if not self._serials:
            async with self._reserving:
                if not self._serials:
                    self._serials.extend(row[0] for row in await self._pool.fetch(_SERIALS))
        return self._serials.popleft()

    async def write(self, registration: Registration) -> str:
        """What became of it, as `register_statement` names it, after the commit that it shares with its neighbours."""
        try:
            return await self._turns.join(registration)
        except asyncpg.LockNotAvailableError as error:
            raise KeyInUse from error
        except asyncpg.UniqueViolationError:
            # Another transaction wrote the same slip between the statement's check and its insert: now it is visible.
            return await self._turns.join(registration)

    async def write_in(self, session: AsyncSession, ready: dict[int, Registration]) -> dict[int, str]:
        """What became of each, in the session's own transaction and in their order; if all fail, each by itself."""
        raw = await (await session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        try:
            async with connection.transaction():
                found = await _written(connection, list(ready.values()))
        except asyncpg.UniqueViolationError:
            found = [await _written_alone(connection, each) for each in ready.values()]
        return dict(zip(ready, found, strict=True))

    async def _flush(self, registrations: Sequence[Registration]) -> list[str]:
        async with self._pool.acquire() as connection:
            return await _written(connection, registrations)

    async def close(self) -> None:
        """Finish what has joined."""
        await self._turns.close()


def _claimed(registration: Registration) -> tuple[str, str]:
    claim = registration.claim
    return (claim.principal, claim.key) if claim else ("", "")


async def _written(connection: Any, registrations: Sequence[Registration]) -> list[str]:
    """What became of each; all rows of a trade are written, or none."""
    order = sorted(range(len(registrations)), key=lambda n: _claimed(registrations[n]))
    rows = await connection.fetch(REGISTER, *arrays_of([registrations[n] for n in order]))
    outcomes = [""] * len(registrations)
    for n, row in zip(order, rows, strict=True):
        outcomes[n] = row["outcome"]
    return outcomes


async def _written_alone(connection: Any, registration: Registration) -> str:
    try:
        async with connection.transaction():
            return (await _written(connection, [registration]))[0]
    except asyncpg.UniqueViolationError:
        return REFERENCE_TAKEN


def arrays_of(registrations: Sequence[Registration]) -> list[Any]:
    """What REGISTER is given: a column of each kind, and the pilots of the batch."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    appends = [columns[name].append for name in TRADE_COLUMNS]
    for each in registrations:
        for append, value in zip(appends, each.row, strict=True):
            append(value)
        for line in each.lines:
            columns["line_trade_id"].append(each.trade_id)
            columns["line_id"].append(line.line_id)
            columns["line_no"].append(line.line_no)
            columns["content"].append(line.content.decode())
            columns["quantity"].append(f"{line.quantity:f}")
        for content_hash in each.document_hashes:
            columns["document_trade_id"].append(each.trade_id)
            columns["content_hash"].append(content_hash)
    return [*columns.values(), ",".join(sorted({each.row[_PILOT] for each in registrations}))]


@asynccontextmanager
async def registrations_open(dsn: str, sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Registrations]:
    """Prepared connections of its own for as long as the block runs; what has joined is finished before they close."""
    # As long as a second request waits for the first with its key.
    async with prepared_pool(dsn, "trade-ledger registrar", most=2, lock_timeout="2000") as pool:
        registrations = Registrations(sessions, pool)
        try:
            yield registrations
        finally:
            await registrations.close()
