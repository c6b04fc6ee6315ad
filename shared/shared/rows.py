"""Reading and writing rows in every service: who may see a row, its version, and conversion from and to models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    ARRAY,
    BindParameter,
    CollectionAggregate,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    func,
    inspect,
    literal,
    select,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.vocabulary.errors import Hidden, NotFound, Stale

COLUMN_TYPES: dict[Any, Any] = {
    str: Text,
    datetime: DateTime(timezone=True),
    date: Date,
}
"""What a column is, from its annotation; a service's `Row` takes it as its `type_annotation_map`.

A document is no plain type: it says its form (`shared.documents`).
"""

R = TypeVar("R", bound=DeclarativeBase)
M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q")

_ROWS = "rows"


class OfPilot(Protocol):
    """A row that belongs to a pilot."""

    pilot: Any


class Versioned(OfPilot, Protocol):
    """A row of an aggregate that changes."""

    version: Any


P = TypeVar("P", bound=OfPilot)
V = TypeVar("V", bound=Versioned)


def numbers_of(kind: str) -> str:
    """The name of the sequence that numbers a kind of aggregate."""
    return f"{kind}_numbers"


async def next_number(session: AsyncSession, kind: str) -> int:
    """The next running number of a kind; a transaction that rolls back leaves a gap."""
    number: int = (await session.execute(select(func.nextval(numbers_of(kind))))).scalar_one()
    return number


def narrowed(query: Select[Q], table: type[DeclarativeBase], asked: Mapping[str, Any]) -> Select[Q]:
    """The query's rows whose columns are what is asked for by their names; None doesn't narrow."""
    wanted = {name: value for name, value in asked.items() if value is not None}
    return query.where(*(getattr(table, name) == value for name, value in wanted.items()))


def of_month(query: Select[R], day: ColumnElement[date] | Any, month: str | None) -> Select[R]:
    """The query's rows whose day is in a month (`2026-05`); None doesn't narrow."""
    if month is None:
        return query
    first = date.fromisoformat(f"{month}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return query.where(day >= first, day < after)


def announced_since(query: Select[R], outbox: Table, topic: str, key: Any, since: datetime | None) -> Select[R]:
    """The query's aggregates with an event of the topic since then; None doesn't narrow."""
    if since is None:
        return query
    said = select(cast_to(outbox.c.key, key.type)).where(outbox.c.topic == topic, outbox.c.occurred_at >= since)
    # Row policies ask before a cast does, and then nothing finds the few that were announced among all there are.
    return query.where(key == any_in(said))


# What an account of 0.1.0 doesn't say counts as confirmed. Days are compared as ISO texts.
_ACCOUNT_AT_BANK = """$[*] ? ((@.kind == "fx_account" || @.kind == "personal_fx_account") && @.bank_id == $bank
  && !(@.confirmed == false) && @.valid_from <= $day && (!(@.valid_to != null) || @.valid_to >= $day))"""


def has_account_at(qualifications: Any, bank_id: UUID, on: date) -> ColumnElement[bool]:
    """Whether a column of qualifications has an account in force at a bank that its owner confirmed (R-FX-2)."""
    named = cast_to({"bank": str(bank_id), "day": on.isoformat()}, JSONB)
    return func.jsonb_path_exists(qualifications, cast_to(_ACCOUNT_AT_BANK, JSONPATH), named)


async def lock_name(session: AsyncSession, name: str) -> None:
    """Hold an advisory lock on a name until the transaction ends; for what has no row yet that could be locked."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def ids_of(ids: Iterable[UUID]) -> BindParameter[Sequence[UUID]]:
    """Any number of ids as one parameter of a statement."""
    return literal(list(ids), ARRAY(Uuid))


def any_of(ids: Iterable[UUID]) -> CollectionAggregate[Any]:
    """What a column of one of these ids equals, however many they are: a declaration alone has 2,000 portions."""
    return any_(ids_of(ids))


def any_in(query: Select[Any]) -> CollectionAggregate[Any]:
    """What a column of one of a query's ids equals: asked for once, so that an index serves it beside an `or_`."""
    return any_(func.array(query.correlate(None).scalar_subquery(), type_=ARRAY(Uuid)))


def columns_from(table: type[R], source: object, **others: Any) -> dict[str, Any]:
    """A row's columns from the attributes of the same names; `others` gives the columns that
    `source` lacks or that differ from it.

    Raises AttributeError if a column is in neither.
    """
    names = [column.key for column in inspect(table).column_attrs if column.key not in others]
    return {name: getattr(source, name) for name in names} | others


def model_from(model: type[M], source: object, **others: Any) -> M:
    """A model from a row's attributes of the same names; `others` gives the fields that the
    row lacks or that differ from it.

    Raises AttributeError if a field is in neither, so that a default never hides a missing column.
    """
    own = {name: getattr(source, name) for name in model.model_fields if name not in others}
    return model.model_validate(own | others)


async def row_seen(session: AsyncSession, query: Select[P], row_id: object, *, pilot: str, what: str) -> P:
    """The row with this id if `query` includes it; Hidden if it is somebody else's, NotFound if there is none."""
    table: type[P] = query.column_descriptions[0]["entity"]
    found = (await session.execute(query.where(_key(table) == row_id))).scalar_one_or_none()
    if found is not None:
        return found
    exists = await session.get(table, row_id)
    if exists is not None and exists.pilot == pilot:
        raise Hidden(f"{what} {row_id} is somebody else's")
    raise NotFound(f"no {what} {row_id}")


async def row_to_change(
    session: AsyncSession,
    table: type[V],
    row_id: object,
    *where: ColumnElement[bool],
    pilot: str,
    version: int | None,
    what: str,
    own: Callable[[V], bool] | None = None,
) -> V:
    """The row with this id, locked until commit, at the version that the caller saw (any version if None).

    Raises NotFound if the pilot has no such row that satisfies `where`, Hidden if it isn't the caller's `own`, Stale
    if its version has changed since.
    """
    query: Select[V] = select(table).where(_key(table) == row_id, *where).with_for_update()
    row = await _permitted(session, query.execution_options(populate_existing=True), row_id, pilot, what, own)
    if version is not None and row.version != version:
        raise Stale(f"the {what} has version {row.version}")
    return row


async def row_read(
    session: AsyncSession,
    table: type[P],
    row_id: object,
    *where: ColumnElement[bool],
    pilot: str,
    what: str,
    own: Callable[[P], bool] | None = None,
) -> P:
    """The row with this id, to be read only.

    Raises NotFound if the pilot has no such row that satisfies `where`, Hidden if it isn't the caller's `own`.
    """
    query: Select[P] = select(table).where(_key(table) == row_id, *where)
    return await _permitted(session, query, row_id, pilot, what, own)


async def _permitted(
    session: AsyncSession, query: Select[P], row_id: object, pilot: str, what: str, own: Callable[[P], bool] | None
) -> P:
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None or row.pilot != pilot:
        raise NotFound(f"no {what} {row_id}")
    if own is not None and not own(row):
        raise Hidden(f"{what} {row_id} is somebody else's")
    return row


def _key(table: type[Any]) -> Any:
    (key,) = inspect(table).primary_key
    return key
