"""Many rows of a table in one statement: inserted, replaced or changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import JSON, Table, TableValuedAlias, Text, Update, bindparam, column, func, select, update
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import set_committed_value

from shared.documents import Document

_ROWS = "rows"


async def put_all(
    session: AsyncSession, table: type[DeclarativeBase] | Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert or replace rows by primary key, in one statement; all have the same columns.

    Of several rows with one key the last stays. Rows are written in the order of their keys, so that two writers of the
    same rows wait for each other instead of ending in a deadlock.
    """
    if not rows:
        return
    target = table_of(table)
    keys = [column.name for column in target.primary_key]
    last = {tuple(row[key] for key in keys): row for row in rows}
    await session.execute(_replacing(target, tuple(rows[0])), as_rows(target, [last[key] for key in sorted(last)]))


def table_of(table: type[DeclarativeBase] | Table) -> Table:
    """The table of a row class, or the table itself."""
    return table if isinstance(table, Table) else cast(Table, table.__table__)


async def change_all(session: AsyncSession, changes: Sequence[tuple[DeclarativeBase, Mapping[str, Any]]]) -> None:
    """Write the new values of loaded rows of one table in one statement, and keep them in the rows.

    The caller holds the lock under which these rows change.
    """
    if not changes:
        return
    target = table_of(type(changes[0][0]))
    names = tuple(sorted({name for _, new in changes for name in new}))
    keys = tuple(column.name for column in target.primary_key)
    rows = [{**{name: getattr(row, name) for name in keys + names if name not in new}, **new} for row, new in changes]
    await session.execute(_changing(target, names), as_rows(target, rows))
    for row, new in changes:
        for name, value in new.items():
            set_committed_value(row, name, value)


@cache
def _given(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    """The rows that `as_rows` makes one parameter of.

    One parameter, because PostgreSQL takes 32,767 of them; JSON, because an array of arrays can't be unnested by rows.
    """
    text = cast_to(bindparam(_ROWS, type_=Text), JSON)
    typed = (column(name, table.c[name].type) for name in names)
    return func.json_to_recordset(text).table_valued(*typed, name=_ROWS).render_derived(with_types=True)


@cache
def _changing(table: Table, names: tuple[str, ...]) -> Update:
    keys = tuple(column.name for column in table.primary_key)
    given = _given(table, keys + names)
    return (
        update(table)
        .where(*(table.c[key] == given.c[key] for key in keys))
        .values({name: given.c[name] for name in names})
    )


@cache
def insert_of_rows(table: Table, names: tuple[str, ...]) -> Insert:
    """An INSERT of any number of rows with these columns, which `as_rows` gives it as its one parameter."""
    given = _given(table, names)
    return insert(table).from_select(names, select(*(given.c[name] for name in names)), include_defaults=False)


@cache
def _replacing(table: Table, names: tuple[str, ...]) -> Insert:
    """The same INSERT, which replaces what has a row's key."""
    statement, keys = insert_of_rows(table, names), [column.name for column in table.primary_key]
    newest = {name: statement.excluded[name] for name in names if name not in keys}
    if not newest:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=newest)


def as_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The one parameter of such a statement; documents are written from their models, as elsewhere."""
    documents = {each.name: each.type.adapter for each in table.c if isinstance(each.type, Document)}
    written = []
    for row in rows:
        told = dict(row)
        for name in documents.keys() & row.keys():
            if row[name] is not None:
                told[name] = orjson.Fragment(documents[name].dump_json(row[name]))
        written.append(told)
    return {_ROWS: orjson.dumps(written, default=_in_json).decode()}


def _in_json(value: Any) -> str:
    # An id that the driver has read is of a class of its own.
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(f"a column of rows can't be a {type(value).__name__}")
