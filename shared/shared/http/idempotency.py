"""Idempotency: the key is claimed in the effect's transaction, so that PostgreSQL makes a second request wait (V61)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, exists, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http.tables import HttpTables
from shared.vocabulary.errors import Unreconciled

MOST_KEPT_BYTES = 4 * 1024 * 1024
_LOCK_NOT_AVAILABLE = "55P03"
_FIRST_ONE_WAIT = "2s"
_ORDINARY_WAIT = "10s"


class KeyMissing(Exception):
    """A POST without Idempotency-Key."""


class KeyTooLong(Exception):
    """An Idempotency-Key beyond what is kept."""


class KeyReused(Exception):
    """The key was used before by a different request."""


class AnswerNotKept(Exception):
    """The key's command was done, and its answer was too large to be kept."""


class KeyInUse(Exception):
    """The first request with this key is still running."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def fingerprint_of(method: str, path: str, if_match: str | None, body: bytes) -> bytes:
    """The hash by which two requests count as the same."""
    head = "\n".join((method, path, if_match or "")).encode()
    return hashlib.sha256(len(head).to_bytes(4, "big") + head + body).digest()


async def claim(
    session: AsyncSession,
    tables: HttpTables,
    *,
    principal: str,
    actor: str,
    key: str,
    fingerprint: bytes,
    anyway: bool = False,
) -> Answer | None:
    """Take the key in this transaction, or return the answer that its first use got.

    A key belongs to a `principal`. Until 0.1.0 it belonged to an `actor`: a repeat from then still finds it.

    Raises Unreconciled where no new command is taken (messaging's `standing`), `anyway` aside: a repeat still gets
    its answer.
    """
    table = tables.idempotency
    standing = await session.scalar(
        text(f"SELECT standing() FROM set_config('lock_timeout', '{_FIRST_ONE_WAIT}', true)")
    )
    taking = (
        insert(table)
        .from_select(
            ["principal", "key", "fingerprint"],
            select(literal(principal), literal(key), literal(fingerprint, LargeBinary)).where(
                ~exists().where(_of_an_actor(tables, actor, key))
            ),
        )
        .on_conflict_do_nothing()
        .returning(table.c.key)
    )
    try:
        taken: Any = await session.scalar(taking)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise KeyInUse from error
        raise
    if taken is not None:
        if standing and not anyway:
            raise Unreconciled(standing)
        await session.execute(text(f"SET LOCAL lock_timeout = '{_ORDINARY_WAIT}'"))
        return None
    return await kept(session, tables, principal=principal, actor=actor, key=key, fingerprint=fingerprint)


def _of_an_actor(tables: HttpTables, actor: str, key: str) -> ColumnElement[bool]:
    """The row of a key as it was kept until 0.1.0; a name that looks like a principal is none."""
    table = tables.idempotency
    return and_(table.c.principal == actor, table.c.key == key, literal(not actor.startswith("[")))


async def kept(
    session: AsyncSession, tables: HttpTables, *, principal: str, actor: str, key: str, fingerprint: bytes
) -> Answer | None:
    """The answer stored under a key; None if the key is unused. Raises KeyReused if another request used it."""
    table = tables.idempotency
    found = select(table).where(
        or_(and_(table.c.principal == principal, table.c.key == key), _of_an_actor(tables, actor, key))
    )
    row: Any = (await session.execute(found.order_by(table.c.principal != principal))).first()
    if row is None:
        return None
    if bytes(row.fingerprint) != fingerprint:
        raise KeyReused
    if row.status is None:
        raise KeyInUse
    if row.body is None:
        raise AnswerNotKept
    return Answer(row.status, json.loads(row.headers), bytes(row.body))


async def keep(session: AsyncSession, tables: HttpTables, *, principal: str, key: str, answer: Answer) -> None:
    """Store the answer beside the effect, or that of a refusal where the key is held; of a large one its status."""
    table = tables.idempotency
    await session.execute(
        update(table)
        .where(table.c.principal == principal, table.c.key == key)
        .values(
            status=answer.status,
            headers=json.dumps(answer.headers),
            body=answer.body if len(answer.body) <= MOST_KEPT_BYTES else None,
        )
    )
