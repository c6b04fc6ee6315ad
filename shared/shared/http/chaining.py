"""Chains what the audit trail has gained (V64)."""

from __future__ import annotations

from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.http.audit_chain import link_hash
from shared.http.tables import HttpTables

_AT_ONCE = 1000
_CHAIN_LOCK = 1039_0064
# Who writes to the trail holds this lock from before its row has a number until its transaction is over.
_WRITERS = text("""
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation = 'audit'::regclass
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


class Chaining:
    """A worker's background work: chain what was committed since last time, without looking at the trail of before.

    A row may appear after rows with higher numbers: its transaction took longer. So the trail counts as chained up to
    a number only once every transaction is over that was writing to it when that number was the highest. Rows below,
    put there by hand, are named by `broken_links`; a worker that starts looks at the whole trail once.
    """

    def __init__(self, tables: HttpTables) -> None:
        self._tables = tables
        self._chained_to = 0
        self._end = 0
        self._writing: set[str] = set()

    async def __call__(self, engine: AsyncEngine) -> int:
        """How many rows were chained, in a transaction of their own."""
        async with engine.begin() as connection:
            if not await connection.scalar(select(text(f"pg_try_advisory_xact_lock({_CHAIN_LOCK})"))):
                return 0
            over = self._writing.isdisjoint(await self._writers(connection))
            # Read after who writes: it sees what those committed that are over.
            count = await self._chain(connection)
            end = await connection.scalar(select(func.coalesce(func.max(self._tables.audit.c.id), 0)))
            writing = await self._writers(connection)
        if over and count < _AT_ONCE:
            self._chained_to, self._end, self._writing = self._end, end or 0, writing
        return count

    async def _writers(self, connection: AsyncConnection) -> set[str]:
        return set((await connection.scalars(_WRITERS)).all())

    async def _chain(self, connection: AsyncConnection) -> int:
        audit, links = self._tables.audit, self._tables.audit_chain
        newest = select(links.c.position, links.c.hash).order_by(links.c.position.desc()).limit(1)
        last = (await connection.execute(newest)).first()
        position, previous = (last.position, last.hash) if last else (0, b"")
        linked = select(literal(1)).where(links.c.audit_id == audit.c.id, links.c.audit_id > self._chained_to)
        unlinked = select(audit).where(audit.c.id > self._chained_to, ~linked.exists())
        rows = (await connection.execute(unlinked.order_by(audit.c.id).limit(_AT_ONCE))).mappings()
        chained = []
        for row in [dict(each) for each in rows]:
            position += 1
            previous = link_hash(previous, row)
            chained.append({"position": position, "audit_id": row["id"], "hash": previous})
        if chained:
            await connection.execute(insert(links), chained)
        return len(chained)
