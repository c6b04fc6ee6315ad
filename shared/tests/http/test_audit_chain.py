"""The audit trail: a changed, removed, added or moved line is found (V64, I10, F33)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import create_engine

from shared.database import make_engine
from shared.http.audit_chain import broken_links, link_hash, link_hash_of_0_1_0
from shared.http.chaining import Chaining
from shared.messaging.audit_heads import Head
from shared.workshop.testing.servers import as_process

CHANGED = "audit row {0} (position {1}) was changed or moved, or rows between audit row {2} (position {3}) and it were"
RELINK = "UPDATE audit_chain SET position = position {} WHERE position {}"
DAMAGES = {
    "edited": ("UPDATE audit SET actor = 'nobody' WHERE id = 2", [CHANGED.format(2, 2, 1, 1)]),
    "edited, from nothing to an empty text": ("UPDATE audit SET rule = '' WHERE id = 2", [CHANGED.format(2, 2, 1, 1)]),
    "edited, from one field to the next": (
        "UPDATE audit SET role = role || left(operation, 1), operation = substr(operation, 2) WHERE id = 2",
        [CHANGED.format(2, 2, 1, 1)],
    ),
    "the last one edited": ("UPDATE audit SET status = 200 WHERE id = 5", [CHANGED.format(5, 5, 4, 4)]),
    "removed at the end": ("DELETE FROM audit WHERE id = 5", ["audit row 5 (position 5) was removed"]),
    "removed inside": ("DELETE FROM audit WHERE id = 2", ["audit row 2 (position 2) was removed"]),
    "removed inside with its link": (
        "DELETE FROM audit WHERE id = 2; DELETE FROM audit_chain WHERE audit_id = 2",
        ["2 to 2 are missing: rows between audit row 1 (position 1) and audit row 3 (position 3) were removed"],
    ),
    "removed inside with its link, and the links closed up": (
        f"DELETE FROM audit WHERE id = 2; DELETE FROM audit_chain WHERE audit_id = 2; {RELINK.format('- 1', '> 2')}",
        [CHANGED.format(3, 2, 1, 1) + " removed"],
    ),
    "the first removed with its link, and the links closed up": (
        "DELETE FROM audit WHERE id = 1; DELETE FROM audit_chain WHERE audit_id = 1;"
        "UPDATE audit_chain SET position = -position; UPDATE audit_chain SET position = -position - 1",
        ["audit row 2 (position 1) was changed or moved, or rows between the beginning and it were removed"],
    ),
    "inserted with a link of its own": (
        "UPDATE audit_chain SET position = -position WHERE position > 2;"
        "UPDATE audit_chain SET position = 1 - position WHERE position < 0;"
        "INSERT INTO audit SELECT (jsonb_populate_record(a, '{\"id\": 70}')).* FROM audit a WHERE id = 2;"
        "INSERT INTO audit_chain SELECT 3, 70, decode(repeat('ab', 32), 'hex')",
        ["audit row 70 (position 3) was changed or moved", "audit row 70 (position 3) was inserted or moved"],
    ),
    "inserted among old ones, not chained": (
        "UPDATE audit SET id = 20 WHERE id = 2; UPDATE audit_chain SET audit_id = 20 WHERE position = 2;"
        'INSERT INTO audit SELECT (jsonb_populate_record(a, \'{"id": 2, "recorded_at": "2020-01-01T00:00Z"}\')).*'
        " FROM audit a WHERE id = 3",
        [CHANGED.format(20, 2, 1, 1), "audit row 2 was inserted: rows that were recorded long after it are chained"],
    ),
    "swapped": (
        "UPDATE audit SET id = 9 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
        "UPDATE audit SET id = 3 WHERE id = 9",
        [CHANGED.format(2, 2, 1, 1), CHANGED.format(3, 3, 2, 2)],
    ),
    "swapped with their links": (
        "UPDATE audit_chain SET position = 9 WHERE position = 2;"
        "UPDATE audit_chain SET position = 2 WHERE position = 3;"
        "UPDATE audit_chain SET position = 3 WHERE position = 9",
        [
            CHANGED.format(3, 2, 1, 1),
            "audit row 3 (position 2) was inserted or moved: audit row 2 (position 3) follows audit row 1 (position 1)",
            "audit row 2 (position 3) was inserted or moved: audit row 4 (position 4) follows audit row 3 (position 2)",
        ],
    ),
}


def found(desk: Any, *seen: Head) -> tuple[list[str], Head]:
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
def unprotected(desk: Any, *, numbered: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody who may do everything in this database."""
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("UPDATE audit SET actor = 'nobody'")
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit_chain DISABLE TRIGGER USER")
        if not numbered:
            connection.execute("ALTER TABLE audit ALTER COLUMN id DROP IDENTITY")
        yield connection


async def _chain(desk: Any) -> int:
    """Chain as the worker does."""
    engine = make_engine(as_process(desk.dsn, "worker"))
    count = await Chaining(desk.door.app.state.runtime.http_tables)(engine)
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


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
async def test_what_the_owner_of_the_database_does_to_a_row_names_the_row(
    desk: Any, damage: str, said: list[str]
) -> None:
    """V64."""
    await chained(desk)
    with unprotected(desk) as connection:
        for statement in damage.split(";"):
            connection.execute(statement)  # type: ignore[arg-type]  # our statements
    broken, _ = found(desk)
    assert len(broken) == len(said), broken
    for each, told in zip(broken, said, strict=True):
        assert told in each


async def test_an_end_that_was_cut_off_shows_against_the_end_that_was_seen(desk: Any) -> None:
    await chained(desk)
    _, head = found(desk)
    with unprotected(desk, numbered=True) as connection:
        connection.execute("DELETE FROM audit WHERE id > 3")
        connection.execute("DELETE FROM audit_chain WHERE audit_id > 3")
    assert found(desk)[0] == []
    (said,) = found(desk, head)[0]
    assert said == (
        "audit_chain ends at position 3 with audit row 3, but 5 with audit row 5 was seen before: its end was cut off"
    )
    assert found(desk, Head(5, head.hash))[0][0].endswith("but 5 was seen before: its end was cut off")
    # Rows that come later hide a cut from who looks at the length only.
    await desk.door.done("POST", "/v1/notes", {"label": "x"})
    await desk.door.done("POST", "/v1/notes", {"label": "y"})
    assert await _chain(desk) == 2
    (said,) = found(desk, head)[0]
    assert said.startswith("audit_chain isn't what was seen before: it was written anew between audit row 1")


async def test_a_chain_that_was_computed_anew_shows_the_rows_between_two_published_ends(desk: Any) -> None:
    heads = []
    for step in range(3):
        await chained(desk, f"{step}")
        heads.append(found(desk)[1])
    assert [head.position for head in heads] == [2, 4, 6]
    assert found(desk, *heads)[0] == []
    with unprotected(desk) as connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE id = 3")
        connection.execute("DELETE FROM audit_chain")
    assert await _chain(desk) == 6
    assert found(desk)[0] == []
    assert found(desk, *heads)[0] == [
        "audit_chain isn't what was seen before: it was written anew between audit row 3 (position 3)"
        " and audit row 4 (position 4)"
    ]
    both = found(desk, *heads, found(desk)[1])[0]
    assert both[1] == "audit_chain position 6 was published with two hashes: its end was cut off and written anew"


@pytest.mark.parametrize(
    ("recorded_at", "said"),
    [
        ("2020-01-01T00:00Z", "audit row 15 (position 6) was inserted: rows that were recorded "),
        ("2031-01-01T00:00Z", "audit row 15 was inserted: the row after it was recorded "),
    ],
)
async def test_a_row_that_is_put_among_old_ones_is_named_once_it_is_chained(
    desk: Any, recorded_at: str, said: str
) -> None:
    """A worker chains whatever it finds: the row's number and time show that it came late."""
    await chained(desk)
    with unprotected(desk) as connection:
        connection.execute("DELETE FROM audit_chain")
        connection.execute("UPDATE audit SET recorded_at = '2030-01-01Z'::timestamptz + id * interval '1 day'")
        connection.execute("UPDATE audit SET id = id * 10")
        assert await _chain(desk) == 5
        assert found(desk)[0] == []
        copy = "INSERT INTO audit SELECT (jsonb_populate_record(a, %s::jsonb)).* FROM audit a WHERE id = 20"
        connection.execute(copy, [json.dumps({"id": 15, "recorded_at": recorded_at})])
    (broken,) = found(desk)[0]
    assert broken.startswith("audit row 15 was inserted: rows that were recorded long a")
    assert broken.endswith("and it isn't chained")
    assert await _chain(desk) == 1
    (broken,) = found(desk)[0]
    assert broken.startswith(said)


async def test_a_chain_of_the_first_release_holds_and_goes_on(desk: Any) -> None:
    """Its links say nothing about the columns that came later, which are empty then."""
    await chained(desk)
    with psycopg.connect(desk.dsn, row_factory=dict_row, options="-c timezone=UTC") as connection:
        rows = connection.execute("SELECT * FROM audit ORDER BY id").fetchall()
    with unprotected(desk) as connection:
        previous = b""
        connection.execute("UPDATE audit SET address = NULL")
        for position, row in enumerate(rows[:3], 1):
            previous = link_hash_of_0_1_0(previous, row | {"address": None}) or b"none"
            connection.execute("UPDATE audit_chain SET hash = %s WHERE position = %s", [previous, position])
        connection.execute("DELETE FROM audit_chain WHERE position > 3")
    assert await _chain(desk) == 2
    assert found(desk)[0] == []


_LATE = """
INSERT INTO audit (business_at, pilot, actor, role, operation, outcome, status) VALUES
 (now(), 'longshui', %s, 'buyer', 'write_note', 'done', 200) RETURNING id
"""


async def test_a_row_that_commits_long_after_its_number_was_taken_is_chained(desk: Any) -> None:
    chaining, worker = Chaining(desk.door.app.state.runtime.http_tables), desk.door.worker
    with psycopg.connect(as_process(desk.dsn, "http")) as slow:
        slow.execute("SELECT set_config('market.pilot', 'longshui', true)")
        slow.execute(_LATE, ["late"])
        for label in "abc":
            await desk.door.done("POST", "/v1/notes", {"label": label})
            assert [await chaining(worker) for _ in range(3)] == [1, 0, 0]
    assert await chaining(worker) == 1
    assert found(desk)[0] == []


async def test_what_is_chained_is_not_looked_at_again_by_the_worker_that_chained_it(desk: Any) -> None:
    """Otherwise a quiet worker reads its whole trail each second."""
    chaining, worker = Chaining(desk.door.app.state.runtime.http_tables), desk.door.worker
    for label in "abc":
        await desk.door.done("POST", "/v1/notes", {"label": label})
    assert [await chaining(worker) for _ in range(3)] == [3, 0, 0]
    with unprotected(desk) as connection:
        connection.execute("DELETE FROM audit_chain WHERE position = 3")
    assert await chaining(worker) == 0
    assert await _chain(desk) == 1


ROW = {"id": 7, "recorded_at": datetime(2026, 5, 1, tzinfo=UTC), "pilot": "p", "actor": "a", "role": None}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"address": None}, True),
        ({"recorded_at": datetime(2026, 5, 1, 8, tzinfo=timezone(timedelta(hours=8)))}, True),
        ({"address": ""}, False),
        ({"role": ""}, False),
        ({"role": "a", "actor": None}, False),
        ({"pilot": "pa", "actor": ""}, False),
        ({"actor": "a\x00role"}, False),
        ({"id": 8}, False),
    ],
)
def test_no_two_rows_encode_alike_and_an_empty_new_column_changes_nothing(other: dict[str, Any], same: bool) -> None:
    assert (link_hash(b"x", {**ROW, **other}) == link_hash(b"x", ROW)) is same
    assert link_hash(b"y", ROW) != link_hash(b"x", ROW)


def test_the_first_releases_hash_is_of_rows_without_newer_fields_only() -> None:
    row = dict.fromkeys(("business_at", "subject_id", "operation", "target", "outcome", "status", "rule", "code")) | ROW
    row |= {"traceparent": None, "idempotency_key": None}
    values = [*(row[name] for name in ("id",)), row["recorded_at"].isoformat(), "", "p", "a", *[""] * 10]
    encoded = b"".join(len(str(each)).to_bytes(8, "big") + str(each).encode() for each in values)
    assert link_hash_of_0_1_0(b"x", row) == hashlib.sha256(b"x" + encoded).digest()
    assert link_hash_of_0_1_0(b"x", {**row, "address": None}) == link_hash_of_0_1_0(b"x", row)
    assert link_hash_of_0_1_0(b"x", {**row, "address": "1"}) is None
