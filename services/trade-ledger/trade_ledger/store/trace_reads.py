"""Traces of a process: what an id or a number belongs to, and everything around it, in two statements (R-DECL-5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.vocabulary.errors import Hidden, NotFound
from trade_ledger.store.asked import Asking, Traced, references
from trade_ledger.store.documents import Shown
from trade_ledger.store.prepared import prepared_pool
from trade_ledger.store.trace_statement import TELL
from trade_ledger.store.traced_statement import EVENT_KEY, FILINGS, FIND, KINDS

_AT_ONCE = 2
_OWN = {
    *("number", "status", "version", "total", "currency", "customs_number", "export_date", "container_number"),
    *("seal_number", "replaces"),
}
Seen = tuple[set[UUID], set[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """What the statement found: by kind the trades and the aggregates of others that the caller reaches.

    `hidden` is whether anything is there that it doesn't reach, `filings` those of the subject that asks (JSON text).
    """

    seen: dict[str, Seen]
    hidden: bool
    event_key: str | None
    filings: str | None

    @property
    def everything(self) -> Seen:
        """What was found, of all kinds together."""
        trades, heard = zip(*self.seen.values(), strict=True)
        return set().union(*trades), set().union(*heard)


class TraceReads:
    """One process's way to trace, over connections that see the pilot of whoever asked last over them."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @asynccontextmanager
    async def of_pilot(self, pilot: str) -> AsyncIterator[Any]:
        """A connection that sees the rows of one pilot."""
        async with self._pool.acquire() as connection:
            await connection.see(pilot)
            yield connection

    async def find(self, connection: Any, asking: Asking) -> Found:
        """What an id or number belongs to, of all kinds that it names; what it is the id of an event about, too."""
        found = await _found(connection, asking)
        key = found.event_key
        if key is None or key == asking.asked:
            return found
        about = await _found(connection, replace(asking, asked=key))
        seen = {**found.seen, "event": about.everything} if about.seen else found.seen
        return replace(found, seen=seen, hidden=found.hidden or about.hidden)

    async def tell(self, connection: Any, asking: Asking, traced: Traced) -> Any:
        """How far the goods are, and every event about the traced things as far as the caller may see them.

        What a step of this service shows is in its own event: `shown_by` finds it.
        """
        scope = asking.scope
        told = (asking.pilot, sorted(traced.trades), sorted(traced.heard), asking.party, scope.role)
        return await connection.fetchrow(TELL, *told, traced.kind == "subject")


def shown_by(told: Any) -> dict[str, dict[str, Any]]:
    """By event id what the service's own events show: JSON that PostgreSQL would read several times as slowly."""
    return {
        event_id: _shown_by(orjson.loads(payload))
        for event_id, payload in zip(told["own_events"], told["own_payloads"], strict=True)
    }


def _shown_by(content: dict[str, Any]) -> dict[str, Any]:
    states = [name for name, value in content.items() if isinstance(value, dict)]
    state = content[min(states, key=lambda name: (len(name), name))] if states else content
    # In the order in which a person reads them.
    return {name: state[name] for name in Shown.model_fields if name in _OWN and state.get(name) is not None}


async def _found(connection: Any, asking: Asking) -> Found:
    told = (asking.pilot, asking.asked, asking.own, asking.party, asking.scope.role)
    credit_code = (list(asking.identity_indexes), asking.knows_identities)
    seen: dict[str, Seen] = {}
    hidden, apart = False, {EVENT_KEY: None, FILINGS: None}
    for row in await connection.fetch(FIND, *told, *credit_code, references(asking.asked)):
        kind, trade_id, heard = row["kind"], row["trade_id"], row["heard"]
        if kind in apart:
            apart[kind] = heard
        elif not row["reached"]:
            hidden = True
        elif trade_id is None:
            seen.setdefault(kind, (set(), set()))[1].add(heard)
        else:
            seen.setdefault(kind, (set(), set()))[0].add(trade_id)
    return Found(seen, hidden, apart[EVENT_KEY], apart[FILINGS])


def traced_of(found: Found) -> Traced:
    """All that was found under the first kind of it; Hidden where nothing of it is the caller's.

    Others choose numbers too: one that another's seal also has still leads to the caller's own slip.
    """
    if not found.seen:
        raise Hidden("it is somebody else's") if found.hidden else NotFound("nothing is known of it")
    return Traced(min(found.seen, key=KINDS.index), *found.everything)


class _Seeing(asyncpg.Connection):  # type: ignore[misc]  # asyncpg says no types
    """A connection that remembers which pilot's rows it sees."""

    pilot: str | None = None

    async def see(self, pilot: str) -> None:
        if self.pilot != pilot:
            await self.fetchval("SELECT set_config('market.pilot', $1, false)", pilot)
            self.pilot = pilot


@asynccontextmanager
async def trace_reads_open(dsn: str) -> AsyncIterator[TraceReads]:
    """Prepared connections of its own for as long as the block runs."""
    async with prepared_pool(
        dsn,
        "trade-ledger tracer",
        most=_AT_ONCE,
        connection_class=_Seeing,
        lock_timeout="10000",
        default_transaction_read_only="on",
    ) as pool:
        yield TraceReads(pool)
