"""Questions about returns, choices of rate and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.tax_exemption import RETURNS
from shared.row_sets import as_rows, insert_of_rows, table_of
from shared.rows import announced_since, narrowed
from shared.scope import Scope, within
from tax_exemption.store.tables import ItemDecisionRow, RateChoiceRow, ReturnLineRow, ReturnRow, messaging


def returns_seen_by(scope: Scope) -> Select[ReturnRow]:
    """The returns a caller may see: its own or filed by it; all of the pilot where it is no party."""
    row = ReturnRow
    return within(
        select(row), row, scope, subject=lambda party: or_(row.stall_holder_id == party, row.filer_id == party)
    )


def returns_like(query: Select[ReturnRow], *, updated_since: datetime | None, **columns: Any) -> Select[ReturnRow]:
    """Those of a query's returns that are asked for."""
    query = narrowed(query, ReturnRow, columns)
    return announced_since(query, messaging.outbox, RETURNS.name, ReturnRow.id, updated_since)


async def lines_of(session: AsyncSession, return_id: UUID) -> Sequence[RowMapping]:
    """The columns of a return's lines, in order."""
    table = table_of(ReturnLineRow)
    query = select(table).where(table.c.return_id == return_id).order_by(table.c.line_no)
    return (await session.execute(query)).mappings().all()


async def add_lines(session: AsyncSession, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the lines of a new return in one statement; each has all columns."""
    table = table_of(ReturnLineRow)
    await session.execute(insert_of_rows(table, tuple(lines[0])), as_rows(table, lines))


async def decisions_on(session: AsyncSession, portion_id: UUID) -> int:
    """How many decisions there are on a portion."""
    query = select(func.count()).select_from(ItemDecisionRow).where(ItemDecisionRow.portion_id == portion_id)
    return await session.scalar(query) or 0


async def choice_since(session: AsyncSession, stall_holder_id: UUID, month: str) -> str | None:
    """The first choice of rate that the stall holder made for a month or a later one."""
    query = select(RateChoiceRow.choice).where(
        RateChoiceRow.stall_holder_id == stall_holder_id, RateChoiceRow.chosen_for >= month
    )
    choice: str | None = await session.scalar(query.order_by(RateChoiceRow.chosen_for).limit(1))
    return choice
