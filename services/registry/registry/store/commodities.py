"""Questions about commodity lists, decisions and the tasks they wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import CommodityDecisionRow, CommodityListRow, RecognitionTaskRow
from shared.database import in_force_on
from shared.http.paging import Wanted
from shared.rows import lock_name
from shared.scope import Scope, within
from shared.vocabulary.recognition import Entry, by_prefix, decided, entries_about, listed, recognise


async def next_list_version(session: AsyncSession, pilot: str, kind: str) -> int:
    """The number of the next version; of two who publish at once the second waits for the first to commit."""
    await lock_name(session, f"commodity list {pilot} {kind}")
    query = select(func.max(CommodityListRow.version)).where(
        CommodityListRow.pilot == pilot, CommodityListRow.kind == kind
    )
    return (await session.scalar(query) or 0) + 1


async def entries_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    """The entries of the newest list of each kind in force, and remembered decisions, newest first."""
    lists = (
        select(CommodityListRow)
        .where(CommodityListRow.pilot == pilot, CommodityListRow.effective_from <= day)
        .ext(distinct_on(CommodityListRow.kind))
        .order_by(CommodityListRow.kind, CommodityListRow.version.desc())
    )
    listed_entries = [
        Entry(
            listed(f"{row.kind}@{row.version}", number),
            each.hs_prefix,
            each.keywords,
            each.verdict,
            each.reason,
            each.reason_zh,
            number=number,
            barred_from_simplification=each.barred_from_simplification,
        )
        for row in (await session.execute(lists)).scalars()
        for number, each in enumerate(row.entries, 1)
    ]
    return listed_entries + await decisions_in_force(session, pilot, day)


async def decisions_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    """The decisions of persons that hold on a day, as entries."""
    made = CommodityDecisionRow
    query = select(made).where(made.pilot == pilot, in_force_on(made.effective_from, made.expires_on, day))
    return [
        Entry(decided(row.id), row.hs_code, (row.goods_name,), row.verdict, row.reason, row.reason, by_person=True)
        for row in (await session.execute(query)).scalars()
    ]


async def open_tasks(session: AsyncSession, scope: Scope, page: Wanted) -> list[RecognitionTaskRow]:
    """The page's trade lines on whose goods no decision holds today, and one more, newest first.

    What a decision covers is recognition's to say, so the tasks are read one after the other until the page is full:
    two statements, however many tasks are decided.
    """
    task = RecognitionTaskRow
    decisions = by_prefix(await decisions_in_force(session, scope.pilot, scope.today))
    query = within(select(task), task, scope).where(task.closed_at.is_(None))
    if page.before is not None:
        query = query.where(task.line_id < page.before)
    found: list[RecognitionTaskRow] = []
    async for row in await session.stream_scalars(query.order_by(task.line_id.desc())):
        if not recognise(row.goods_name, row.hs_code, entries_about(row.hs_code, decisions)).candidates:
            found.append(row)
        if len(found) > page.limit:
            break
    return found


async def tasks_of_trades(session: AsyncSession, trade_ids: Collection[UUID]) -> dict[UUID, list[RecognitionTaskRow]]:
    """The tasks that the lines of some trades opened, by trade; a trade without any isn't there."""
    found: dict[UUID, list[RecognitionTaskRow]] = defaultdict(list)
    query = select(RecognitionTaskRow).where(RecognitionTaskRow.trade_id.in_(trade_ids))
    for task in (await session.execute(query.order_by(RecognitionTaskRow.line_id))).scalars():
        found[task.trade_id].append(task)
    return found


async def lists_of(session: AsyncSession, pilot: str, kind: str | None, page: Wanted) -> Sequence[Row[Any]]:
    """(id, kind, version, effective_from, entry_count) of a page of a pilot's list versions and of one row more.

    They are of one kind or of both, newest first.
    """
    table = CommodityListRow
    count = func.jsonb_array_length(table.entries).label("entry_count")
    query = select(table.id, table.kind, table.version, table.effective_from, count).where(table.pilot == pilot)
    if kind is not None:
        query = query.where(table.kind == kind)
    rows: Sequence[Row[Any]] = (await session.execute(page.of(query, table.id))).all()
    return rows


def decisions_seen_by(scope: Scope) -> Select[CommodityDecisionRow]:
    """Every decision, for an authority: those that no longer hold included."""
    return within(select(CommodityDecisionRow), CommodityDecisionRow, scope)
