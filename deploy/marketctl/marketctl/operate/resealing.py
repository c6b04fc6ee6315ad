"""Seals again, under the newest key of the ring, what another key or 0.1.0 sealed: in batches, beside running services.

A batch is a transaction and passes over rows that a request holds. Killed anywhere, the next run goes on: what is
sealed anew is no longer found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from shared.events.registry import Sealed
from shared.keyring import FIRST
from shared.sealing import ERASED, GONE, CannotOpen, SealedColumn, SealedRows, Sealer

BATCH = 100
_LEFT = '"ciphertext": "[^"]'
_SEALED = {"mask", "blind_index", "ciphertext"}
_COPIES = (("trade-ledger", "subject_copies"),)
"""Copies of `subjects.identity_index`, which their services can't compute: they never see the number."""

Connection = psycopg.Connection[Any]
Found = tuple[tuple[str, ...], SealedColumn, Sealed, Mapping[str, Any]]


@dataclass(slots=True)
class Pass:
    """What one pass over a table did; `closed` are rows whose values the ring can't open."""

    resealed: int = 0
    closed: list[str] = field(default_factory=list)


def resealing(connection: Connection, rows: SealedRows, sealer: Sealer) -> Iterator[Pass]:
    """One pass over a table; yields what is done so far after each batch, which is committed by then."""
    done, last = Pass(), None
    while True:
        with connection.transaction():
            batch = _stale(connection, rows, sealer, last)
            for row in batch:
                try:
                    _reseal(connection, rows, sealer, row)
                    done.resealed += 1
                except CannotOpen as error:
                    done.closed.append(f"{rows.table} {' '.join(str(row[name]) for name in rows.key)}: {error}")
        if not batch:
            return
        yield done
        last = [batch[-1][name] for name in rows.key]


def stale_rows(connection: Connection, rows: SealedRows, sealer: Sealer) -> int:
    """How many rows aren't sealed as they would be now."""
    query = sql.SQL("SELECT count(*) AS n {}").format(_from(rows, _stale_where(rows, sealer)))
    return _count(connection, query)


def rows_naming(connection: Connection, rows: SealedRows, key: str) -> int:
    """How many rows have a data key, a value or a blind index of one key of the ring."""
    index = f"{key}\\.(aes|gm)\\." + ('|[0-9a-f]{64}"' if key == FIRST else "")
    conditions = [sql.SQL("{}::text ~ {}").format(_column(rows, name), sql.Literal(f'"blind_index": "({index})'))
                  for name in rows.documents]  # fmt: skip
    conditions += [sql.SQL("{}::text LIKE {}").format(_column(rows, name), sql.Literal(f'%"ciphertext": "{key}.%'))
                   for name in rows.documents]  # fmt: skip
    conditions += [_of_key(_column(rows, name), key) for name in rows.indexes]
    if not rows.of:
        conditions.append(sql.SQL("data_key LIKE {}").format(sql.Literal(f"{key}.%")))
    return _count(connection, sql.SQL("SELECT count(*) AS n {}").format(_from(rows, sql.SQL(" OR ").join(conditions))))


def copies_naming(connect: Mapping[str, Connection], key: str) -> dict[str, int]:
    """How many copies of an identity's index in other services are of one key."""
    query = sql.SQL("SELECT count(*) AS n FROM {} WHERE {}")
    return {
        f"{service} {table}": _count(
            connect[service], query.format(sql.Identifier(table), _of_key(sql.Identifier("identity_index"), key))
        )
        for service, table in _COPIES
    }


def reindex_copies(connect: Mapping[str, Connection], sealer: Sealer) -> Iterator[tuple[str, int]]:
    """Give the copies of identities' indexes what their subjects have now; yields place and count of each batch."""
    ask = "SELECT id, identity_index FROM subjects WHERE id > %s AND identity_index LIKE %s ORDER BY id LIMIT %s"
    last: Any = "00000000-0000-0000-0000-000000000000"
    while True:
        with connect["registry"].transaction():
            batch = connect["registry"].execute(ask, [last, f"{sealer.named}%", BATCH]).fetchall()
        if not batch:
            return
        last = batch[-1][0]
        for service, table in _COPIES:
            change = sql.SQL(
                "WITH told AS (SELECT * FROM unnest(%s::uuid[], %s::text[]) AS t (id, told)), free AS MATERIALIZED"
                " (SELECT subject_id, told FROM {} AS copy JOIN told ON told.id = copy.subject_id"
                " WHERE copy.identity_index <> told ORDER BY subject_id FOR UPDATE OF copy SKIP LOCKED)"
                " UPDATE {} AS copy SET identity_index = free.told FROM free WHERE copy.subject_id = free.subject_id"
            ).format(sql.Identifier(table), sql.Identifier(table))
            with connect[service].transaction():
                changed = connect[service].execute(change, [[row[0] for row in batch], [row[1] for row in batch]])
            yield f"{service} {table}", changed.rowcount


def _of_key(column: sql.Composable, key: str) -> sql.Composable:
    condition = sql.SQL("{} LIKE {}").format(column, sql.Literal(f"{key}.%"))
    return sql.SQL("({} OR {} ~ '^[0-9a-f]{{64}}$')").format(condition, column) if key == FIRST else condition


def _count(connection: Connection, query: sql.Composable) -> int:
    with connection.transaction():
        (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)


def _column(rows: SealedRows, name: str) -> sql.Composable:
    return sql.SQL("t.{}").format(sql.Identifier(name))


def _from(rows: SealedRows, where: sql.Composable) -> sql.Composable:
    owner = sql.SQL(" JOIN {} AS owner ON owner.id = t.{}").format(
        sql.Identifier(rows.owner), sql.Identifier(rows.key[0])
    )
    return sql.SQL("FROM {} AS t{} WHERE ({})").format(
        sql.Identifier(rows.table), owner if rows.of else sql.SQL(""), where
    )


def _stale_where(rows: SealedRows, sealer: Sealer) -> sql.Composable:
    """What isn't sealed as it would be now; of a row whose data key was destroyed, what is left of its values."""
    key = sql.SQL("{}.data_key").format(sql.Identifier("owner" if rows.of else "t"))
    left = [sql.SQL("{}::text ~ {}").format(_column(rows, name), sql.Literal(_LEFT)) for name in rows.documents]
    return sql.SQL("CASE WHEN {} = {} THEN {} ELSE {} END").format(
        key, sql.Literal(ERASED), sql.SQL(" OR ").join(left), _of_another_key(rows, sealer)
    )


def _of_another_key(rows: SealedRows, sealer: Sealer) -> sql.Composable:
    named = sealer.named.replace(".", r"\.")
    stale = rf'"ciphertext": "(?!row\.{sealer.suite.name}\.|")|"blind_index": "(?!{named}|")'
    found = [sql.SQL("{}::text ~ {}").format(_column(rows, name), sql.Literal(stale)) for name in rows.documents]
    found += [
        sql.SQL("({} NOT LIKE {} AND {} LIKE '%.%.%' OR {} ~ '^[0-9a-f]{{64}}$')").format(
            _column(rows, name), sql.Literal(f"{sealer.named}%"), _column(rows, name), _column(rows, name)
        )
        for name in rows.indexes
    ]
    if not rows.of:
        found.append(sql.SQL("t.data_key NOT LIKE {}").format(sql.Literal(f"{sealer.named}%")))
    return sql.SQL(" OR ").join(found)


def _stale(
    connection: Connection, rows: SealedRows, sealer: Sealer, last: Sequence[Any] | None
) -> list[dict[str, Any]]:
    names = [*rows.key, *rows.documents, *rows.beside, *rows.indexes]
    columns = sql.SQL(", ").join([*(_column(rows, name) for name in names), sql.SQL("{}.data_key").format(
        sql.Identifier("owner" if rows.of else "t")
    )])  # fmt: skip
    key = sql.SQL(", ").join(_column(rows, name) for name in rows.key)
    after = sql.SQL("")
    if last is not None:
        after = sql.SQL(" AND ({}) > ({})").format(key, sql.SQL(", ").join(map(sql.Literal, last)))
    query = sql.SQL("SELECT {} {}{} ORDER BY {} LIMIT {} FOR UPDATE OF t SKIP LOCKED").format(
        columns, _from(rows, _stale_where(rows, sealer)), after, key, sql.Literal(BATCH)
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _reseal(connection: Connection, rows: SealedRows, sealer: Sealer, row: dict[str, Any]) -> None:
    key = None if row["data_key"] == ERASED else sealer.row_key(rows.owner, row[rows.key[0]], row["data_key"])
    if rows.of and row["data_key"] is None:
        raise CannotOpen(f"its row in {rows.of} has no data key yet")
    changes: list[sql.Composable] = []
    for name in rows.documents:
        document: sql.Composable = _column(rows, name)
        for path, column, sealed, beside in _sealed_in(row[name], rows, (), name, row):
            anew = sealer.resealed(key, sealed, column, beside) if key else GONE
            document = sql.SQL("jsonb_set({}, {}, {})").format(
                document, sql.Literal(list(path)), sql.Literal(Jsonb(anew.model_dump()))
            ) if path else sql.Literal(Jsonb(anew.model_dump()))  # fmt: skip
            changes += [
                sql.SQL("{} = {}").format(sql.Identifier(index), sql.Literal(anew.blind_index))
                for index, of in rows.indexes.items()
                if of == name and key is not None
            ]
        changes.append(sql.SQL("{} = {}").format(sql.Identifier(name), document))
    if not rows.of and key is not None:
        wrapped = key.wrapped if key.wrapped.startswith(sealer.named) else sealer.new_row_key(
            rows.table, row[rows.key[0]], key.secret
        ).wrapped  # fmt: skip
        changes.append(sql.SQL("data_key = {}").format(sql.Literal(wrapped)))
    where = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(_column(rows, name), sql.Literal(row[name])) for name in rows.key
    )
    change = sql.SQL("UPDATE {} AS t SET {} WHERE {}")
    connection.execute(change.format(sql.Identifier(rows.table), sql.SQL(", ").join(changes), where))


def _sealed_in(
    content: Any, rows: SealedRows, path: tuple[str, ...], name: str, beside: Mapping[str, Any]
) -> Iterator[Found]:
    if isinstance(content, list):
        for place, each in enumerate(content):
            yield from _sealed_in(each, rows, (*path, str(place)), name, beside)
    elif isinstance(content, dict) and content.keys() >= _SEALED:
        if content["ciphertext"]:
            yield path, rows.columns[name], Sealed.model_validate(content), beside
    elif isinstance(content, dict):
        for field_name, each in content.items():
            yield from _sealed_in(each, rows, (*path, field_name), field_name, content)
