"""Questions about items, returns and rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tax_exemption.store.tables import (
    ExemptionItem,
    ItemDecisionRow,
    MiddleRateRow,
    ReturnLineRow,
    ReturnRow,
    numbers,
)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item and how much of it no return and no decision holds yet; negative after a late return of goods."""

    item: ExemptionItem
    open_fob: Decimal
    adjustment: bool


async def next_number(session: AsyncSession, kind: str) -> int:
    """The next running number of a kind."""
    number: int | None = await session.scalar(select(numbers[kind].next_value()))
    return number or 0


async def lock_holder(session: AsyncSession, stall_holder_id: UUID) -> None:
    """Only one return of a stall holder is made at a time, so that no item is declared twice (V48, V50)."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(stall_holder_id), 0))))


async def items_of(session: AsyncSession, pilot: str, stall_holder_id: UUID) -> list[OpenItem]:
    """A stall holder's items with what is open of each, oldest export first."""
    declared = (
        select(ReturnLineRow.portion_id, func.sum(ReturnLineRow.fob_value).label("fob"))
        .group_by(ReturnLineRow.portion_id)
        .subquery()
    )
    query = (
        select(ExemptionItem, declared.c.fob, ItemDecisionRow.fob_value)
        .outerjoin(declared, declared.c.portion_id == ExemptionItem.portion_id)
        .outerjoin(ItemDecisionRow, ItemDecisionRow.portion_id == ExemptionItem.portion_id)
        .where(ExemptionItem.pilot == pilot, ExemptionItem.stall_holder_id == stall_holder_id)
        .order_by(ExemptionItem.export_date, ExemptionItem.portion_id)
    )
    found = []
    for item, fob, decided in await session.execute(query):
        held = (fob or Decimal(0)) + (decided or Decimal(0))
        found.append(OpenItem(item, item.departed_fob - item.returned_fob - held, fob is not None))
    return found


def items_seen_by(pilot: str, subject_id: UUID | None, *, all_of_them: bool) -> Select[ExemptionItem]:
    """The items a caller may see: all, its own, or those it files or consigned."""
    query = select(ExemptionItem).where(ExemptionItem.pilot == pilot)
    if all_of_them:
        return query
    item = ExemptionItem
    return query.where(
        or_(
            item.stall_holder_id == subject_id,
            item.exemption_filer_id == subject_id,
            item.consignor_id == subject_id,
        )
    )


def returns_seen_by(pilot: str, subject_id: UUID | None, *, all_of_them: bool) -> Select[ReturnRow]:
    """The returns a caller may see: all, its own, or those it filed."""
    query: Select[Any] = select(ReturnRow).where(ReturnRow.pilot == pilot)
    if all_of_them:
        return query
    return query.where(or_(ReturnRow.stall_holder_id == subject_id, ReturnRow.filer_id == subject_id))


async def return_for_update(session: AsyncSession, return_id: UUID) -> ReturnRow | None:
    """The return, locked until commit."""
    return await session.get(ReturnRow, return_id, with_for_update=True, populate_existing=True)


async def lines_of(session: AsyncSession, return_id: UUID) -> list[ReturnLineRow]:
    """A return's lines in order."""
    query = select(ReturnLineRow).where(ReturnLineRow.return_id == return_id).order_by(ReturnLineRow.line_no)
    return list((await session.execute(query)).scalars())


async def middle_rate(session: AsyncSession, currency: str, day: date) -> tuple[str, Decimal] | None:
    """(rate id, CNY per unit) published for the day, or last before it; CNY itself is 1."""
    if currency == "CNY":
        return "CNY", Decimal(1)
    query = (
        select(MiddleRateRow)
        .where(MiddleRateRow.currency == currency, MiddleRateRow.day <= day)
        .order_by(MiddleRateRow.day.desc())
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else (f"middle:{row.day}:{row.currency}", row.cny_per_unit)
