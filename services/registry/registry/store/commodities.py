"""Questions about commodity lists, decisions and the tasks they wait for."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.recognition import Entry
from registry.store.tables import CommodityDecisionRow, CommodityListRow, RecognitionTaskRow
from shared.database import in_force_on


async def newest_list_version(session: AsyncSession, pilot: str, kind: str) -> int:
    """The version number published last, 0 before the first."""
    query = select(func.max(CommodityListRow.version)).where(
        CommodityListRow.pilot == pilot, CommodityListRow.kind == kind
    )
    return await session.scalar(query) or 0


async def entries_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    """The entries of the newest list of each kind in force, and remembered decisions, newest first."""
    lists = (
        select(CommodityListRow)
        .where(CommodityListRow.pilot == pilot, CommodityListRow.effective_from <= day)
        .ext(distinct_on(CommodityListRow.kind))
        .order_by(CommodityListRow.kind, CommodityListRow.version.desc())
    )
    entries = [
        Entry(
            entry=f"{row.kind}@{row.version}#{number}",
            hs_prefix=each.hs_prefix,
            keywords=each.keywords,
            verdict=each.verdict,
            reason=each.reason,
            reason_zh=each.reason_zh,
        )
        for row in (await session.execute(lists)).scalars()
        for number, each in enumerate(row.entries, 1)
    ]
    decided = select(CommodityDecisionRow).where(CommodityDecisionRow.pilot == pilot, _holds_on(day))
    for made in (await session.execute(decided.order_by(CommodityDecisionRow.id.desc()))).scalars():
        reason = made.reason
        entries.append(
            Entry(f"decision:{made.id}", made.hs_code, (made.goods_name,), made.verdict, reason, reason, True)
        )
    return entries


def _holds_on(day: date) -> ColumnElement[bool]:
    return in_force_on(CommodityDecisionRow.effective_from, CommodityDecisionRow.expires_on, day)


def tasks_open_on(pilot: str, day: date) -> Select[RecognitionTaskRow]:
    """The trade lines on whose goods no decision holds on the day; it fits goods as recognition says (R-GOODS-2)."""
    task, made = RecognitionTaskRow, CommodityDecisionRow
    decided = select(made.id).where(
        made.pilot == task.pilot,
        func.strpos(func.lower(task.goods_name), func.lower(made.goods_name)) > 0,
        func.starts_with(task.hs_code, made.hs_code),
        _holds_on(day),
    )
    return select(task).where(task.pilot == pilot, task.closed_at.is_(None), ~decided.exists())


async def tasks_of_trade(session: AsyncSession, trade_id: UUID) -> list[RecognitionTaskRow]:
    """The tasks that a trade's lines opened."""
    query = select(RecognitionTaskRow).where(RecognitionTaskRow.trade_id == trade_id)
    return list((await session.execute(query)).scalars())


def lists_of(pilot: str, kind: str | None) -> Select[CommodityListRow]:
    """The list versions of a pilot, of one kind or of both."""
    query = select(CommodityListRow).where(CommodityListRow.pilot == pilot)
    return query if kind is None else query.where(CommodityListRow.kind == kind)


def decisions_of(pilot: str) -> Select[CommodityDecisionRow]:
    """Every decision of a pilot, those that no longer hold included."""
    return select(CommodityDecisionRow).where(CommodityDecisionRow.pilot == pilot)
