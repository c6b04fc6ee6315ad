"""The audit trail: a changed, removed, added or moved line is found (V64, I10, F33)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from shared.http.audit import broken_links, chain

DAMAGES = {
    "changed": "UPDATE audit SET actor = 'nobody' WHERE id = 2",
    "removed": "DELETE FROM audit WHERE id = 2",
    "removed with its link": "DELETE FROM audit WHERE id = 2; DELETE FROM audit_chain WHERE audit_id = 2",
    "swapped": "UPDATE audit SET id = 9 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
    " UPDATE audit SET id = 3 WHERE id = 9",
    "moved between fields": "UPDATE audit SET role = role || left(operation, 1), operation = substr(operation, 2)"
    " WHERE id = 2",
}


def found(desk: Any) -> list[str]:
    url = desk.dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC"})
    with engine.connect() as connection:
        broken = list(broken_links(connection, desk.door.app.state.runtime.http_tables))
    engine.dispose()
    return broken


async def chained(desk: Any) -> None:
    """Three changes and a refusal, chained in two steps."""
    runtime = desk.door.app.state.runtime
    for labels in ("ab", "c"):
        for label in labels:
            await desk.door.done("POST", "/v1/notes", {"label": label})
        assert (await desk.door.call("POST", "/v1/notes", {}, role="buyer")).status_code == 403
        async with runtime.engine.begin() as connection:
            assert await chain(connection, runtime.http_tables) == len(labels) + 1


async def test_an_unchanged_trail_is_valid(desk: Any) -> None:
    await chained(desk)
    assert found(desk) == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
async def test_a_changed_trail_is_reported(desk: Any, damage: str) -> None:
    """V64."""
    await chained(desk)
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("UPDATE audit SET actor = 'nobody'")
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit_chain DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit ALTER COLUMN id DROP IDENTITY")
        for statement in damage.split(";"):
            connection.execute(statement)  # type: ignore[arg-type]  # our statements
    assert found(desk)
