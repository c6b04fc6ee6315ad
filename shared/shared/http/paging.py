"""Keyset pages: an opaque cursor over ids that sort by time (UUIDv7)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from shared.wire import Instant, OpaqueText, WholeNumberInUrl

T = TypeVar("T")
R = TypeVar("R")
_MOST = 200
_LAST_SERIAL = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """A page, newest first; `next_cursor` is absent on the last one."""

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


def _wanted(
    limit: Annotated[WholeNumberInUrl, Query(ge=1, le=_MOST, description="items on a page")] = 50,
    cursor: Annotated[OpaqueText | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
) -> Wanted:
    if cursor is None:
        return Wanted(limit=limit, before=None)
    try:
        return Wanted(limit=limit, before=UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except ValueError as error:
        raise Malformed((Breach("malformed_cursor", "", "/cursor", {}),)) from error


UpdatedSince = Annotated[Instant | None, Query(description="only what had an event since then")]
WantedPage = Annotated[Wanted, Depends(_wanted)]
