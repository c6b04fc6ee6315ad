"""One statement writes the trades of several pilots' requests; what it said of pilots ends with it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import psycopg

from shared.workshop.testing.servers import as_process
from trade_ledger.store.register_statement import REGISTER, TRADE_COLUMNS, WRITTEN
from trade_ledger.store.registrations import LineText, Registration, arrays_of

_CHECKS = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 0"


def _registration(pilot: str) -> Registration:
    """A trade of parties that nobody has filed: this statement looks at versions only, and finds none."""
    trade_id = uuid4()
    said: dict[str, Any] = dict.fromkeys(TRADE_COLUMNS)
    said |= {name: uuid4() for name in TRADE_COLUMNS if name.endswith("_id")} | {
        "subject_id": "s",
        "trade_id": trade_id,
    }
    said |= {name: 0 for name in TRADE_COLUMNS if name.endswith("_version")}
    said |= {name: name for name in ("number", "currency", "actor", "told_as", "role", "operation")}
    said |= {
        "registered_by": uuid4(),
        "pilot": pilot,
        "eligible": True,
        "external_ref": "1",
        "trade_date": date(2026, 5, 13),
        "total": "1",
    }
    said |= {"at": datetime(2026, 5, 13, tzinfo=UTC), "state": "{}", "payload": b"{}", "number": str(trade_id)}
    line = LineText(uuid4(), 1, b"{}", Decimal(1))
    return Registration(trade_id, None, "1", tuple(said[name] for name in TRADE_COLUMNS), (line,), ("0" * 64,))


async def test_a_batch_writes_the_trades_of_all_its_pilots_and_leaves_no_pilot_behind(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        for table, check in owner.execute(_CHECKS).fetchall():
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{check}"')
        # As if the worker had compared: the outbox takes events.
        owner.execute("UPDATE lineage SET compared_in = incarnation()")
    http = await asyncpg.connect(as_process(dsn, "http"))
    batch = [_registration(pilot) for pilot in ("one", "two")]
    outcomes = [row["outcome"] for row in await http.fetch(REGISTER, *arrays_of(batch))]
    assert outcomes == [WRITTEN, WRITTEN]
    assert await http.fetchval("SELECT current_setting('market.pilot', true)") in (None, "")
    assert await http.fetchval("SELECT count(*) FROM trades") == 0
    async with http.transaction():
        await http.execute("SELECT set_config('market.pilot', 'two', true)")
        for table in ("trades", "trade_lines", "trade_line_counters", "trade_versions", "trade_documents", "outbox"):
            assert await http.fetchval(f"SELECT count(*) FROM {table}") == 1, table
    await http.close()
