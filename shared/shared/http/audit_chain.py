"""How the audit trail is chained by hash, and what was done to it since (V64, I10)."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, literal, or_, select

from shared.http.tables import HttpTables
from shared.messaging.audit_heads import Head

_READ_AT_ONCE = 1000
_REMEMBERED = 100
_LONGEST = timedelta(hours=1)
"""A row of a transaction that took longer than this can't be told from one that was put in later."""
_SCHEME = b"market-1039/audit/2"
_OF_0_1_0 = (
    "id", "recorded_at", "business_at", "pilot", "actor", "role", "subject_id", "operation", "target", "outcome",
    "status", "rule", "code", "traceparent", "idempotency_key",
)  # fmt: skip
Row = Mapping[str, Any]


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(8, "big") + part


def _text(value: Any) -> bytes:
    return (value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)).encode()


def link_hash(previous: bytes, row: Row) -> bytes:
    """Of the link before and of each field that holds something: its name and value, each after its length.

    No two rows encode alike: an empty text isn't nothing. A column that is added later changes no hash of before.
    """
    told = [part for name in sorted(row) if row[name] is not None for part in (name.encode(), _text(row[name]))]
    return hashlib.sha256(b"".join(map(_sized, (_SCHEME, previous, *told)))).digest()


def link_hash_of_0_1_0(previous: bytes, row: Row) -> bytes | None:
    """As the first release chained: without names, and nothing encoded like an empty text; None for a newer row."""
    if any(value is not None for name, value in row.items() if name not in _OF_0_1_0):
        return None
    values = (row[name] for name in _OF_0_1_0)
    return hashlib.sha256(
        previous + b"".join(_sized(b"" if value is None else _text(value)) for value in values)
    ).digest()


@dataclass(frozen=True, slots=True)
class _Link:
    position: int
    hash: bytes
    audit_id: int
    row: Row | None

    def __str__(self) -> str:
        return f"audit row {self.audit_id} (position {self.position})" if self.position else "the beginning"


@dataclass(slots=True)
class _Walk:
    """Goes along the chain; `earlier` holds the links before, the nearest last."""

    earlier: deque[_Link] = field(default_factory=lambda: deque([_Link(0, b"", 0, None)], maxlen=_REMEMBERED))

    def step(self, link: _Link) -> str | None:
        """What was done to this link or before it; None where it follows from the one before."""
        before = self.earlier[-1]
        said = self._said(before, link)
        self.earlier.append(link)
        return said

    def _said(self, before: _Link, link: _Link) -> str | None:
        if link.position != before.position + 1:
            missing = f"{before.position + 1} to {link.position - 1}"
            return f"audit_chain positions {missing} are missing: rows between {before} and {link} were removed"
        if link.row is None:
            return f"{link} was removed"
        if _follows(before, link, link.row):
            return None
        for number, further in enumerate(reversed(self.earlier)):
            if number and _follows(further, link, link.row):
                put = ", ".join(map(str, list(self.earlier)[-number:]))
                return f"{put} was inserted or moved: {link} follows {further}"
        return f"{link} was changed or moved, or rows between {before} and it were removed"


def _follows(before: _Link, link: _Link, row: Row) -> bool:
    """By either scheme: none gives the bytes of the other, and a worker of the first release may run beside ours."""
    return link.hash in (link_hash(before.hash, row), link_hash_of_0_1_0(before.hash, row))


class _Known:
    """The ends that were seen before or published, against the chain as it is now."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._heads = sorted({head.position: head for head in reversed(heads)}.values(), key=lambda each: each.position)
        self._contradicting = [
            f"audit_chain position {head.position} was published with two hashes: its end was cut off and written anew"
            for head in heads
            if {each.position: each.hash for each in self._heads}[head.position] != head.hash
        ]
        self._next = 0
        self._first: _Link | None = None

    def step(self, link: _Link) -> str | None:
        """At the first known end that isn't so, the rows among which one was changed and the chain written anew."""
        self._first = self._first or link
        while self._next < len(self._heads) and self._heads[self._next].position < link.position:
            self._next += 1
        if self._next >= len(self._heads) or link.position < self._heads[self._next].position:
            return None
        head, first = self._heads[self._next], self._first
        self._next += 1
        self._first = None
        if link.hash.hex() == head.hash:
            return None
        self._next = len(self._heads)
        return f"audit_chain isn't what was seen before: it was written anew between {first} and {link}"

    def after(self, end: _Link) -> Iterator[str]:
        yield from self._contradicting[:1]
        if self._next < len(self._heads) and (head := self._heads[-1]).position > end.position:
            row = "" if head.audit_id is None else f" with audit row {head.audit_id}"
            yield (
                f"audit_chain ends at position {end.position} with audit row {end.audit_id},"
                f" but {head.position}{row} was seen before: its end was cut off"
            )


def broken_links(connection: Connection, tables: HttpTables, seen: Sequence[Head] = ()) -> Generator[str, None, Head]:
    """Every place where the chain isn't what it was, named by audit id and position.

    Whoever cuts off its end, or writes all of it anew, leaves a chain that recomputes: only the ends that were `seen`
    before show it. Returns where the chain ends now.
    """
    walk, known, late = _Walk(), _Known(seen), _Late()
    link = walk.earlier[-1]
    for link in _links(connection, tables):
        yield from filter(None, (walk.step(link), known.step(link), late.step(link)))
    yield from known.after(link)
    yield from late.after(connection, tables)
    return Head(link.position, link.hash.hex(), link.audit_id or None)


def _links(connection: Connection, tables: HttpTables) -> Iterator[_Link]:
    audit, links = tables.audit, tables.audit_chain
    names = [column.name for column in audit.c]
    rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(
        select(links.c.position, links.c.hash, links.c.audit_id, *audit.c)
        .outerjoin(audit, audit.c.id == links.c.audit_id)
        .order_by(links.c.position)
    )
    for position, hash_, audit_id, *values in rows:
        row = dict(zip(names, values, strict=True))
        yield _Link(position, bytes(hash_), audit_id, row if row["id"] is not None else None)


class _Late:
    """Rows that were put among older ones: they are chained behind rows that a process wrote long after them."""

    def __init__(self) -> None:
        self._last_id = 0
        self._latest: datetime | None = None
        self._out_of_order: list[int] = []

    def step(self, link: _Link) -> str | None:
        if link.row is None:
            return None
        recorded: datetime = link.row["recorded_at"]
        before, self._latest = self._latest, max(recorded, self._latest or recorded)
        late = link.audit_id < self._last_id
        self._last_id = max(self._last_id, link.audit_id)
        if before is not None and before - recorded > _LONGEST:
            return f"{link} was inserted: rows that were recorded {before - recorded} later stand before it"
        if late:
            self._out_of_order.append(link.audit_id)
        return None

    def after(self, connection: Connection, tables: HttpTables) -> Iterator[str]:
        """A late row whose number is old and whose time isn't; and old rows that aren't chained yet."""
        audit, links = tables.audit, tables.audit_chain
        for audit_id in self._out_of_order:
            two = select(audit.c.recorded_at).where(audit.c.id >= audit_id).order_by(audit.c.id).limit(2)
            found = connection.scalars(two).all()
            if len(found) > 1 and found[0] - found[1] > _LONGEST:
                yield f"audit row {audit_id} was inserted: the row after it was recorded {found[0] - found[1]} earlier"
        if self._latest is None:
            return
        old = audit.c.recorded_at < self._latest - _LONGEST
        overtaken = connection.scalar(select(func.coalesce(func.max(audit.c.id), 0)).where(old))
        unlinked = select(audit.c.id, old.label("old")).where(
            ~select(literal(1)).where(links.c.audit_id == audit.c.id).exists(), or_(old, audit.c.id < overtaken)
        )
        for audit_id, is_old in connection.execute(unlinked.order_by(audit.c.id)):
            others = "long after it are chained" if is_old else "long ago have higher numbers"
            yield f"audit row {audit_id} was inserted: rows that were recorded {others}, and it isn't chained"
