"""The audit trail: every change and every refusal, in order, chained by hash in the background (V64)."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.http.tables import HttpTables

_CHAINED_AT_ONCE = 1000
_CHAIN_LOCK = 1039_0064


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail; `rule` and `code` only for refusals."""

    business_at: datetime
    pilot: str
    actor: str
    role: str
    subject_id: str | None
    operation: str
    target: str | None
    outcome: str
    status: int
    rule: str | None = None
    code: str | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None


async def record(session: AsyncSession, tables: HttpTables, entries: Sequence[Entry]) -> None:
    """Append entries in the session's transaction."""
    rows = [{name: getattr(entry, name) for name in Entry.__slots__} for entry in entries]
    await session.execute(insert(tables.audit), rows)


def _hash(previous: bytes, row: Iterable[Any]) -> bytes:
    """Length-prefixed fields, so that no two rows encode alike."""
    digest = hashlib.sha256(previous)
    for value in row:
        field = b"" if value is None else (value.isoformat() if isinstance(value, datetime) else str(value)).encode()
        digest.update(len(field).to_bytes(8, "big") + field)
    return digest.digest()


async def chain(connection: AsyncConnection, tables: HttpTables) -> int:
    """Chain what committed since last time; call it in a transaction of its own. Returns how many rows."""
    audit, links = tables.audit, tables.audit_chain
    locked = await connection.scalar(select(text(f"pg_try_advisory_xact_lock({_CHAIN_LOCK})")))
    if not locked:
        return 0
    last = (
        await connection.execute(select(links.c.position, links.c.hash).order_by(links.c.position.desc()).limit(1))
    ).first()
    position, previous = (last.position, last.hash) if last else (0, b"")
    unlinked = (
        select(audit)
        .where(~select(literal(1)).where(links.c.audit_id == audit.c.id).exists())
        .order_by(audit.c.id)
        .limit(_CHAINED_AT_ONCE)
    )
    rows = (await connection.execute(unlinked)).all()
    chained = []
    for row in rows:
        position += 1
        previous = _hash(previous, row)
        chained.append({"position": position, "audit_id": row.id, "hash": previous})
    if chained:
        await connection.execute(insert(links), chained)
    return len(chained)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ended when it was looked at, to be kept outside of the database that holds the chain."""

    position: int
    hash: str


def broken_links(connection: Connection, tables: HttpTables, seen: Head | None = None) -> Generator[str, None, Head]:
    """Every place where the chain doesn't recompute, named by audit id; the connection's time zone is UTC.

    Whoever cuts off its end, or writes all of it anew, leaves a chain that recomputes: only `seen` shows it. Returns
    where the chain ends now.
    """
    audit, links = tables.audit, tables.audit_chain
    rows = connection.execution_options(yield_per=_CHAINED_AT_ONCE).execute(
        select(links.c.position, links.c.hash, links.c.audit_id, *audit.c)
        .outerjoin(audit, audit.c.id == links.c.audit_id)
        .order_by(links.c.position)
    )
    previous, expected = b"", 1
    for row in rows:
        if row[0] != expected:
            yield f"audit_chain position {expected} is missing"
        if _hash(previous, row[3:]) != row[1]:
            yield f"audit row {row[2]} was changed, removed or moved"
        if seen is not None and row[0] == seen.position and row[1].hex() != seen.hash:
            yield f"audit_chain up to position {seen.position} isn't what was seen before: it was written anew"
        previous, expected = row[1], row[0] + 1
    if seen is not None and expected <= seen.position:
        yield f"audit_chain ends at position {expected - 1}, but {seen.position} was seen before: its end was cut off"
    return Head(expected - 1, previous.hex())
