"""A service's tables, grown to many rows: each copy of a row is of another world, whose ids no other world has.

The same id becomes the same other id wherever it stands, in columns and in documents. So a copied trade has its own
lines and parties, and what belongs to one thing stays as few as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from shared.messaging.standing import COMPARED

_DIGITS = "[0-9a-f]"
# Its first digits are those of a world in a copy: what is sorted by ids has the things of one world together.
_ID = f"{_DIGITS}{{4}}({_DIGITS}{{4}}-{_DIGITS}{{4}}-{_DIGITS}{{4}}-{_DIGITS}{{4}}-{_DIGITS}{{12}})"
_FIRST = 65_535
"""The digits of the world before the first: ids fall as times do, and stay over those of our days."""
_WITH_IDS = {"uuid", "uuid[]", "jsonb", "json", "text", "text[]", "character varying"}
_TEXTS = {"text", "character varying"}
_NUMBERS = {"bigint", "integer"}
_MANY = 0.5
"""A text column names its row where so large a part of its values differ."""

_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attgenerated <> '' AS generated
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT array(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY k.place) AS columns
FROM pg_index i WHERE i.indrelid = %s::regclass AND i.indisunique
"""
_REFERENCES = """
SELECT c.conrelid::regclass::text AS table, c.confrelid::regclass::text AS of,
       array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY k(num, place)
             JOIN pg_attribute ON attrelid = c.conrelid AND attnum = k.num ORDER BY k.place) AS columns,
       array(SELECT attname FROM unnest(c.confkey) WITH ORDINALITY k(num, place)
             JOIN pg_attribute ON attrelid = c.confrelid AND attnum = k.num ORDER BY k.place) AS keys
FROM pg_constraint c WHERE c.contype = 'f'
"""
_INDEXES = """
SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE NOT indisunique AND c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
# Rows come in the order of their times where an index of ranges serves them.
_IN_TIME = """
SELECT a.attname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey::int2[])
WHERE i.indrelid = %s::regclass AND m.amname = 'brin'
"""
_LATER = {"timestamp with time zone": "interval '1 day'", "date": "1"}
_CHECKS = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"


@dataclass(slots=True)
class Table:
    """What is known of a table before it grows."""

    name: str
    types: dict[str, str]
    keys: list[list[str]]
    rows: int
    other: dict[str, str] = field(default_factory=dict)
    """The columns that differ in each world, with how: `id`, `suffix`, `either` of these, `shift` or `time`."""


class Growing:
    """The tables of one database; its owner's triggers and checks are off for good."""

    def __init__(self, dsn: str, rows: int) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True, row_factory=psycopg.rows.dict_row)
        self._rows = rows

    def __enter__(self) -> Growing:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _all(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return self._connection.execute(statement.encode(), values).fetchall()

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table, and which of its columns the worlds differ in."""
        names = [each["name"] for each in self._all(
            "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind = 'r'"
            " AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version' ORDER BY 1"
        )]  # fmt: skip
        found = {name: self._table(name) for name in names}
        # What a key must differ in is known only after every table was looked at; a reference differs as its key does.
        for each in self._all(_REFERENCES):
            for column, key in zip(each["columns"], each["keys"], strict=True):
                how = found[each["of"]].other.get(key)
                if how is not None:
                    found[each["table"]].other.setdefault(column, how)
        return found

    def _table(self, name: str) -> Table:
        types = {each["name"]: each["type"] for each in self._all(_COLUMNS, name) if not each["generated"]}
        (counted,) = self._all(f"SELECT count(*) AS rows FROM {name}")
        table = Table(name, types, [each["columns"] for each in self._all(_KEYS, name)], counted["rows"])
        for column, kind in types.items():
            ids = kind in _WITH_IDS and self._has_ids(name, column)
            if kind in _TEXTS and (column.endswith("_hash") or self._names_rows(name, column)):
                table.other[column] = "either" if ids else "suffix"
            elif ids:
                table.other[column] = "id"
        for each in self._all(_IN_TIME, name):
            if each["name"] not in table.other and types.get(each["name"]) in _LATER:
                table.other[each["name"]] = "time"
        for key in table.keys:
            if not table.other.keys() & set(key):
                self._make_differ(table, key)
        return table

    def _has_ids(self, name: str, column: str) -> bool:
        (asked,) = self._all(f"""SELECT EXISTS (SELECT FROM {name} WHERE "{column}"::text ~ '{_ID}') AS found""")
        return bool(asked["found"])

    def _names_rows(self, name: str, column: str) -> bool:
        value = f"""nullif("{column}", '')"""
        (asked,) = self._all(
            f"SELECT count(DISTINCT {value}) AS values, count({value}) AS rows,"
            f" bool_and({value}::text ~ '[0-9]') AS numbered FROM {name}"
        )
        return bool(asked["numbered"] and asked["rows"] > 1 and asked["values"] >= _MANY * asked["rows"])

    def _make_differ(self, table: Table, key: list[str]) -> None:
        for kinds, how in ((_NUMBERS, "shift"), (_TEXTS, "suffix")):
            for column in reversed(key):
                if table.types.get(column) in kinds:
                    table.other[column] = how
                    return

    def grow(self, skipped: set[str]) -> dict[str, int]:
        """Copy the rows of every table but some until there are enough; how many rows each has then."""
        for each in self._all(_CHECKS):
            self._connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.SQL(each["conrelid"]), sql.Identifier(each["conname"])
                )
            )
        self._connection.execute("SET session_replication_role = replica")
        # Made anew at the end, which takes less time than keeping them.
        indexes = self._all(_INDEXES)
        for table in self.tables.values():
            if table.name not in skipped and 0 < table.rows < self._rows:
                self._copy(table, [each for each in indexes if each["table"] == table.name])
        self._connection.execute("RESET session_replication_role")
        self._connection.execute(COMPARED)
        self._connection.execute("VACUUM ANALYZE")
        return {name: self._all(f"SELECT count(*) AS rows FROM {name}")[0]["rows"] for name in self.tables}

    def _copy(self, table: Table, indexes: list[dict[str, Any]]) -> None:
        for each in indexes:
            self._connection.execute(f"DROP INDEX {each['name']}".encode())
        worlds = -(-self._rows // table.rows)
        columns = ", ".join(f'"{each}"' for each in table.types)
        values = ", ".join(self._value(table, each) for each in table.types)
        self._connection.execute(
            f"INSERT INTO {table.name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values}"
            f" FROM generate_series({worlds}, 1, -1) world, {table.name} old"
            f" ON CONFLICT DO NOTHING".encode()
        )
        for each in indexes:
            self._connection.execute(each["made"].encode())

    def _value(self, table: Table, column: str) -> str:
        old, kind = f'old."{column}"', table.types[column]
        world = f"to_hex({_FIRST} - world)"
        other_id = f"regexp_replace({old}::text, '{_ID}', {world} || '\\1', 'g')::{kind}"
        suffixed = f"CASE WHEN {old} <> '' THEN {old} || '~' || world ELSE {old} END"
        match table.other.get(column):
            case "id" if kind == "uuid":
                return f"overlay({old}::text PLACING {world} FROM 1)::uuid"
            case "id":
                return other_id
            case "suffix":
                return suffixed
            case "either":
                return f"CASE WHEN {old} ~ '{_ID}' THEN {other_id} ELSE {suffixed} END"
            case "shift":
                return f"{old} - world * {self._step(table, column)}"
            case "time":
                return f"{old} - world * {_LATER[kind]}"
        return old

    def _step(self, table: Table, column: str) -> int:
        """The width of a world's numbers: a reference has that of what it refers to."""
        of = [each for each in self._all(_REFERENCES) if each["table"] == table.name and column in each["columns"]]
        name, key = (of[0]["of"], of[0]["keys"][of[0]["columns"].index(column)]) if of else (table.name, column)
        (asked,) = self._all(f"""SELECT coalesce(max("{key}"), 0) + 1 AS step FROM {name} WHERE "{key}" < 1000000000""")
        return int(asked["step"])
