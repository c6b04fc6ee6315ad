"""Keyset pages: an opaque cursor over ids that sort by time (UUIDv7), or over the columns that order a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from shared.wire import Instant, OpaqueText, WholeNumberInUrl

T = TypeVar("T")
R = TypeVar("R")
Key = InstrumentedAttribute[Any] | Column[Any]
_MOST = 200
_LAST_SERIAL = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """A page; `next_cursor` is absent on the last one."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = None


class Wanted(BaseModel):
    """Which page is asked for."""

    limit: int
    before: UUID | None

    def of(self, query: Select[R], id_column: InstrumentedAttribute[UUID]) -> Select[R]:
        """The query for this page and one row more, newest first."""
        if self.before is not None:
            query = query.where(id_column < self.before)
        return query.order_by(id_column.desc()).limit(self.limit + 1)

    async def rows(self, session: AsyncSession, query: Select[R], id_column: InstrumentedAttribute[UUID]) -> list[R]:
        """The rows of this page and one more where there are any, newest first."""
        return list((await session.execute(self.of(query, id_column))).scalars())

    def page(self, rows: Sequence[Any], shown: Sequence[T], id_name: str) -> Page[T]:
        """The page of `rows` as `shown`; both in the query's order, the extra row included."""
        more = len(rows) > self.limit
        cursor = cursor_after(getattr(rows[self.limit - 1], id_name)) if more else None
        return Page(items=list(shown[: self.limit]), next_cursor=cursor)

    @property
    def serial(self) -> int | None:
        """The running number that the cursor stands for, in a list whose rows are numbered."""
        return None if self.before is None else min(self.before.int, _LAST_SERIAL)


def cursor_after(last_id: UUID | int) -> str:
    """The opaque cursor of the page that follows `last_id`."""
    known = UUID(int=last_id) if isinstance(last_id, int) else last_id
    return base64.urlsafe_b64encode(known.bytes).decode().rstrip("=")


class WantedByKeys(BaseModel):
    """Which page is asked for of a list in the order of several columns, which together are one of their kind."""

    limit: int
    after: tuple[str, ...] | None

    def of(self, query: Select[R], *keys: Key, newest_first: bool = False) -> Select[R]:
        """The query for this page and one row more, in the order of the columns, or from the last one back.

        Raises Malformed for a cursor of another list.
        """
        if self.after is not None:
            there, here = tuple_(*keys), tuple_(*_values(keys, self.after))
            query = query.where(there < here if newest_first else there > here)
        return query.order_by(*(key.desc() if newest_first else key for key in keys)).limit(self.limit + 1)

    async def rows(self, session: AsyncSession, query: Select[R], *keys: Key, newest_first: bool = False) -> list[R]:
        """The rows of this page and one more where there are any."""
        return list((await session.execute(self.of(query, *keys, newest_first=newest_first))).scalars())

    def page(self, rows: Sequence[Any], shown: Sequence[T], *keys: Key) -> Page[T]:
        """The page of `rows` as `shown`; both in the query's order, the extra row included."""
        return Page(items=list(shown[: self.limit]), next_cursor=self.cursor(rows, *keys))

    def cursor(self, rows: Sequence[Any], *keys: Key) -> str | None:
        """The cursor of the page that follows, where there is one."""
        if len(rows) <= self.limit:
            return None
        last = [_text(getattr(rows[self.limit - 1], key.key)) for key in keys]
        return base64.urlsafe_b64encode(json.dumps(last, ensure_ascii=False).encode()).decode().rstrip("=")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _values(keys: Sequence[Key], after: Sequence[str]) -> list[ColumnElement[Any]]:
    if len(after) != len(keys):
        raise _malformed()
    try:
        read = [_READ[key.type.python_type](text) for key, text in zip(keys, after, strict=True)]
    except ValueError as error:
        raise _malformed() from error
    return [literal(value, key.type) for key, value in zip(keys, read, strict=True)]


def _storable(text: str) -> str:
    text.encode()
    if "\0" in text:
        raise ValueError("NUL")
    return text


def _serial(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**31):
        raise ValueError("no serial number")
    return int(text)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no time zone")
    return instant


_READ: Mapping[type, Callable[[str], Any]] = {
    UUID: UUID,
    str: _storable,
    int: _serial,
    date: date.fromisoformat,
    datetime: _instant,
}
Limit = Annotated[WholeNumberInUrl, Query(ge=1, le=_MOST, description="items on a page")]
_CURSOR = "`next_cursor` of the page before"


def _malformed() -> Malformed:
    return Malformed((Breach("malformed_cursor", "", "/cursor", {}),))


def _decoded(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def _wanted(
    limit: Limit = 50, cursor: Annotated[OpaqueText | None, Query(max_length=64, description=_CURSOR)] = None
) -> Wanted:
    if cursor is None:
        return Wanted(limit=limit, before=None)
    try:
        return Wanted(limit=limit, before=UUID(bytes=_decoded(cursor)))
    except ValueError as error:
        raise _malformed() from error


def _wanted_by_keys(
    limit: Limit = 50, cursor: Annotated[OpaqueText | None, Query(max_length=800, description=_CURSOR)] = None
) -> WantedByKeys:
    if cursor is None:
        return WantedByKeys(limit=limit, after=None)
    try:
        after = json.loads(_decoded(cursor))
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not (isinstance(after, list) and all(isinstance(each, str) for each in after)):
        raise _malformed()
    return WantedByKeys(limit=limit, after=tuple(after))


UpdatedSince = Annotated[Instant | None, Query(description="only what had an event since then")]
WantedPage = Annotated[Wanted, Depends(_wanted)]
WantedPageByKeys = Annotated[WantedByKeys, Depends(_wanted_by_keys)]
