"""The audit trail: a changed, removed, added or moved line is found (V64, I10, F33)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from shared.database import make_engine
from shared.http.audit import Head, broken_links, chain
from shared.workshop.testing.servers import as_process

DAMAGES = {
    "changed": "UPDATE audit SET actor = 'nobody' WHERE id = 2",
    "removed": "DELETE FROM audit WHERE id = 2",
    "removed with its link": "DELETE FROM audit WHERE id = 2; DELETE FROM audit_chain WHERE audit_id = 2",
    "swapped": "UPDATE audit SET id = 9 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
    " UPDATE audit SET id = 3 WHERE id = 9",
    "removed with its link, and the links closed up": "DELETE FROM audit WHERE id = 2; DELETE FROM audit_chain WHERE"
    " audit_id = 2; UPDATE audit_chain SET position = position - 1 WHERE position > 2",
    "put in another place with its link": "UPDATE audit_chain SET position = 9 WHERE position = 2;"
    " UPDATE audit_chain SET position = 2 WHERE position = 3; UPDATE audit_chain SET position = 3 WHERE position = 9",
    "moved between fields": "UPDATE audit SET role = role || left(operation, 1), operation = substr(operation, 2)"
    " WHERE id = 2",
}


def found(desk: Any, seen: Head | None = None) -> tuple[list[str], Head]:
    """What is broken, and where the chain ends."""
    url = desk.dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC"})
    broken: list[str] = []
    with engine.connect() as connection:
        looking = broken_links(connection, desk.door.app.state.runtime.http_tables, seen)
        while True:
            try:
                broken.append(next(looking))
            except StopIteration as ended:
                head: Head = ended.value
                break
    engine.dispose()
    return broken, head


@contextmanager
def unprotected(desk: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody who may do everything in this database."""
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("UPDATE audit SET actor = 'nobody'")
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit_chain DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit ALTER COLUMN id DROP IDENTITY")
        yield connection


async def _chain(desk: Any) -> int:
    """Chain as the worker does."""
    engine = make_engine(as_process(desk.dsn, "worker"))
    async with engine.begin() as connection:
        count = await chain(connection, desk.door.app.state.runtime.http_tables)
    await engine.dispose()
    return count


async def chained(desk: Any, *steps: str) -> None:
    """Three changes and a refusal, chained in two steps."""
    for labels in steps or ("ab", "c"):
        for label in labels:
            await desk.door.done("POST", "/v1/notes", {"label": label})
        assert (await desk.door.call("POST", "/v1/notes", {}, role="buyer")).status_code == 403
        assert await _chain(desk) == len(labels) + 1


async def test_an_unchanged_trail_is_valid(desk: Any) -> None:
    await chained(desk)
    broken, head = found(desk)
    assert (broken, head.position) == ([], 5)
    await chained(desk, "de", "f")
    broken, later = found(desk, head)
    assert (broken, later.position) == ([], 10)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
async def test_a_changed_trail_is_reported(desk: Any, damage: str) -> None:
    """V64."""
    await chained(desk)
    with unprotected(desk) as connection:
        for statement in damage.split(";"):
            connection.execute(statement)  # type: ignore[arg-type]  # our statements
    assert found(desk)[0]


async def test_an_end_that_was_cut_off_shows_against_the_end_that_was_seen(desk: Any) -> None:
    await chained(desk)
    _, head = found(desk)
    with unprotected(desk) as connection:
        connection.execute("DELETE FROM audit WHERE id > 3")
        connection.execute("DELETE FROM audit_chain WHERE audit_id > 3")
    assert found(desk)[0] == []
    assert found(desk, head)[0] == ["audit_chain ends at position 3, but 5 was seen before: its end was cut off"]


async def test_a_chain_that_was_computed_anew_shows_against_the_end_that_was_seen(desk: Any) -> None:
    await chained(desk)
    _, head = found(desk)
    with unprotected(desk) as connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
        connection.execute("DELETE FROM audit_chain")
    assert await _chain(desk) == 5
    assert found(desk)[0] == []
    assert found(desk, head)[0] == ["audit_chain up to position 5 isn't what was seen before: it was written anew"]
