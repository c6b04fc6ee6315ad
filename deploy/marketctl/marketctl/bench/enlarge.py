"""Makes a lived market large: each row that its days wrote is written again and again, as other parties' business.

Copy k of a row has k in the fourth group of each of its ids, and in the numbers of its papers, customs and stalls,
wherever they stand: in columns, in documents, in events. So the copies hang together as the product's own rows do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from shared.workshop.processes.problem import ProcessProblem

MOST_COPIES = 9999

_MARK = "¤"
# Done once for each row of the days: what differs in a copy is marked, so that a copy is one plain replacement.
_MARKED_TEXT = rf"""
CREATE FUNCTION pg_temp.marked(said text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(said,
    '([0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-)[0-9a-f]{{4}}(-[0-9a-f]{{12}})', '\1{_MARK}\2', 'g'),
    '\m([A-Z]{{2}}-[A-Z]{{2}}-)(\d{{7}}-\d{{2}})\M', '\1{_MARK}-\2', 'g'),
    '\m(\d{{4}})\d{{4}}(\d{{10}})\M', '\1{_MARK}\2', 'g'),
    '\m(\d{{2}}-\d{{6}})\M', '\1-{_MARK}', 'g')
$$
"""
# Copies of what everybody shares would be refused or would change what counts.
_SHARED = frozenset(
    {
        "administrators",
        "alembic_version",
        "calendar_days",
        "calendar_entries",
        "commodity_decisions",
        "commodity_decision_copies",
        "commodity_entry_copies",
        "commodity_list_copies",
        "commodity_lists",
        "consumer_positions",
        "contradictions",
        "copy_versions",
        "customs_rates",
        "lineage",
        "lost_acts",
        "middle_rates",
        "outbox_placement",
        "parked_events",
        "pilot_copies",
        "policy_parameters",
        "policy_proposals",
        "rate_buckets",
        "rates",
        "reconciliations",
        "topic_identities",
    }
)
# Before all that the days wrote: the relay and the chain of the audit trail go on where they were.
_BEFORE = {"outbox_positions": "position", "audit_chain": "position"}
_STEPS = {"outbox_positions": "outbox_id", "audit_chain": "audit_id"}
_COUNTED = {"outbox": "id", "audit": "id"}
_NUMBERED = frozenset({"audit", *_BEFORE})
# Texts that must differ and hold no id.
_UNLIKE = {
    ("idempotency_keys", "key"),
    ("idempotency_keys", "principal"),
    ("subjects", "identity_index"),
    ("subject_copies", "identity_index"),
    ("loads", "container_number"),
    ("collections", "bank_reference"),
    ("pass_ons", "bank_reference"),
    ("conversions", "bank_reference"),
    ("certificates", "issued_number"),
}
_STRIDE = 10_000_000
_WITH_IDS = ("uuid", "text", "text[]", "jsonb")
_BYTES = {("outbox", "payload"), ("idempotency_keys", "body")}


def keep(dsn: str) -> None:
    """Keep what the days wrote in the schema `days` of the database, with marks where copies differ.

    Rows and events without a mark are about what everybody shares, and are left out.
    """
    with copying(dsn) as connection:
        connection.execute(_MARKED_TEXT)
        connection.execute("CREATE SCHEMA days")
        for table in _tables(connection, "public"):
            columns = _columns(connection, table)
            marked = [
                sql.SQL("{} AS {}").format(_marked(table, name, kind), sql.Identifier(name))
                for name, kind, _ in columns
            ]
            connection.execute(
                sql.SQL("CREATE TABLE {} AS SELECT {} FROM {} r").format(
                    sql.Identifier("days", table), sql.SQL(", ").join(marked), sql.Identifier(table)
                )
            )
            if table not in _NUMBERED:
                shared = sql.SQL("DELETE FROM {} r WHERE NOT {} LIKE {}")
                told = sql.SQL("key" if {"topic", "key"} <= {name for name, _, _ in columns} else "r::text")
                connection.execute(shared.format(sql.Identifier("days", table), told, sql.Literal(f"%{_MARK}%")))
        connection.execute("DELETE FROM days.outbox_positions WHERE outbox_id NOT IN (SELECT id FROM days.outbox)")


def enlarge(dsn: str, first: int, copies: int) -> None:
    """Write each row of the days `copies` times more, as the database's superuser; `first` numbers the first copy.

    No trigger and no foreign key is asked: what hangs together in the rows of the days hangs together in their copies.
    """
    with copying(dsn) as connection:
        for table in _tables(connection, "days"):
            copier = Copier(connection, table)
            written = copier.write("generate_series(%s::int, %s::int) n", first, first + copies - 1)
            if written != copier.rows * copies:
                raise ProcessProblem(f"{written} of {copier.rows} × {copies} rows of {table} could be copied")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


@contextmanager
def copying(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may write copies."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        yield connection


def _tables(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace ORDER BY 1", (schema,)
    ).fetchall()
    return [name for (name,) in found if name not in _SHARED]


def _columns(connection: psycopg.Connection[Any], table: str) -> list[tuple[str, str, bool]]:
    """By name the type of each column, and whether the table counts it itself."""
    return connection.execute(
        "SELECT attname, format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute WHERE"
        " attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        (f"public.{table}",),
    ).fetchall()


class Copier:
    """Writes copies of the rows that the days wrote into a table."""

    def __init__(self, connection: psycopg.Connection[Any], table: str, *, goes_on: bool = False) -> None:
        """`goes_on` leaves counted columns to the table, as if the rows were written now."""
        self._connection = connection
        written = [
            (name, kind)
            for name, kind, counted in _columns(connection, table)
            if not (counted and (goes_on or table not in _COUNTED)) and not (goes_on and kind == "xid8")
        ]
        self._statement = sql.SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM"
            " (SELECT n, lpad(n::text, 4, '0') AS k FROM {{}}) c, {} r {{}} ON CONFLICT DO NOTHING"
        ).format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(name) for name, _ in written),
            sql.SQL(", ").join(_value(table, name, kind) for name, kind in written),
            sql.Identifier("days", table),
        )
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("days", table))
        self.rows = int(connection.execute(count).fetchall()[0][0])

    def write(self, copies: LiteralString, *values: int, where: LiteralString = "") -> int:
        """Write the copies that `copies` numbers as `n`; how many rows that were."""
        statement = self._statement.as_string(self._connection).replace("{}", copies, 1).replace("{}", where, 1)
        return self._connection.execute(statement, values).rowcount  # type: ignore[arg-type]  # put together above


def _marked(table: str, column: str, kind: str) -> sql.Composable:
    name = sql.Identifier("r", column)
    if (table, column) in _UNLIKE:
        return sql.SQL("{} || {}").format(name, sql.Literal(f"~{_MARK}"))
    if (table, column) in _BYTES:
        return sql.SQL("pg_temp.marked(convert_from({}, 'UTF8'))").format(name)
    if kind in _WITH_IDS:
        return sql.SQL("pg_temp.marked({}::text)").format(name)
    return name


def _value(table: str, column: str, kind: str) -> sql.Composable:
    name = sql.Identifier("r", column)
    if column in (_BEFORE.get(table), _STEPS.get(table), _COUNTED.get(table)):
        return sql.SQL("{} - n * {}").format(name, sql.Literal(_STRIDE))
    differing = sql.SQL("replace({}, {}, k)").format(name, sql.Literal(_MARK))
    if (table, column) in _BYTES:
        return sql.SQL("convert_to({}, 'UTF8')").format(differing)
    if kind in _WITH_IDS:
        return sql.SQL("{}::{}").format(differing, sql.SQL(kind))
    return name
