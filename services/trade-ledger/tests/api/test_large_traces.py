"""A trace reads by keys what it tells, however much else the pilot has, and under its row policies."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.events.fx_settlement import EntitlementChanged
from shared.workshop.testing.plans import rows_read
from shared.workshop.testing.servers import as_process, database_of
from trade_ledger.store.trace_statement import TELL
from trade_ledger.store.traced_statement import FIND

_MANY = 5000
_MOST = 100
# Plans hang on how many rows there are: each of these is written again and again, as other trades'.
_COPIED = {
    "trades": ("id", "number", "external_ref"),
    "trade_lines": ("id", "trade_id"),
    "portions": ("id", "trade_id", "declaration_id"),
    "packed_lines": ("id", "trade_id", "packing_list_id"),
    "trace_links": ("event_id", "key", "refs"),
    "outbox": ("event_id", "key"),
}
_NEW = {
    "number": "'LS-TR-' || n || '-' || k",
    "external_ref": "''",
    **dict.fromkeys(("id", "trade_id", "declaration_id", "packing_list_id", "event_id"), "gen_random_uuid()"),
    "key": "gen_random_uuid()",
    "refs": "ARRAY[gen_random_uuid()::text]",
}


def multiply(admin: str) -> None:
    """Write rows of the tables again, thousands of times."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, names in _COPIED.items():
            columns = [
                name
                for (name,) in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                    " AND NOT attisdropped AND attgenerated = '' AND attidentity = ''",
                    (table,),
                ).fetchall()
            ]
            values = [sql.SQL(_NEW[name]) if name in names else sql.Identifier("row", name) for name in columns]
            connection.execute(
                sql.SQL(
                    "INSERT INTO {} ({}) SELECT {} FROM (SELECT *, row_number() OVER () AS k FROM {}) AS row"
                    " CROSS JOIN generate_series(1, %s / (SELECT count(*) FROM {})) AS n"
                ).format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.SQL(", ").join(values),
                    *[sql.Identifier(table)] * 2,
                ),
                (_MANY,),
            )
        connection.execute("VACUUM ANALYZE")


@pytest.mark.parametrize("kind", ["trade", "declaration"])
async def test_a_trace_reads_no_more_of_a_large_market(
    yard: Any, parties: Any, dsn: str, postgres: Any, kind: str
) -> None:
    """R-DECL-5."""
    declaration = await yard.submitted()
    (portion,) = declaration["declaration"]["portions"]
    room = {name: portion[name] for name in ("portion_id", "collector_id", "owner_id")}
    state = {"declaration_id": declaration["id"], "pilot": "longshui", "version": 1, "currency": "USD", "frozen": False}
    sums = {"collectable": "300.00", "matched": "0"}
    told = {**state, **sums, "tolerance": "0", "portions": [{**room, **sums}]}
    await yard.hear(EntitlementChanged.model_validate({"entitlement": told}), key=declaration["id"])
    multiply(postgres.admin_dsn(database_of(dsn)))
    asked = {"trade": portion["trade_id"], "declaration": declaration["id"]}[kind]
    with psycopg.connect(as_process(dsn, "http")) as http:
        http.execute("SELECT set_config('market.pilot', 'longshui', false), set_config('plan_cache_mode', %s, false)",
                     ("force_generic_plan",))  # fmt: skip
        http.execute(f"PREPARE find (text, text, uuid, uuid, text, text[], boolean, text[]) AS {FIND}".encode())
        http.execute(f"PREPARE tell (text, uuid[], text[], uuid, text, boolean) AS {TELL}".encode())
        party = parties["operator"]
        finding = rows_read(
            http, f"EXECUTE find('longshui', '{asked}', '{asked}', '{party}', 'operator', '{{}}', false, '{{{asked}}}')"
        )
        telling = rows_read(
            http, f"EXECUTE tell('longshui', '{{{portion['trade_id']}}}', '{{}}', '{party}', 'operator', false)"
        )
    assert {table: rows for table, rows in finding.items() if rows > _MOST} == {}
    assert {table: rows for table, rows in telling.items() if rows > _MOST} == {}
    assert {"trades", "portions", "outbox", "trace_links"} <= telling.keys()
