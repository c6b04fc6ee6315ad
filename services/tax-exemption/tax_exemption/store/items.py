"""Queries on items: departed, still open, and released per principal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.rows import lock_name
from shared.vocabulary.errors import NotFound
from tax_exemption.domain.window import month_after
from tax_exemption.store.tables import ExemptionItem, ItemDecisionRow, PrincipalRelease, ReturnLineRow

# Outcomes that let the filer declare late; the others settle the portion themselves (R-TAX-7).
LATE_OUTCOMES = ("late_exemption", "no_fault")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item, what returns hold of it, and what neither they nor a decision hold; negative after goods came back."""

    item: ExemptionItem
    open_fob: Decimal
    declared_fob: Decimal
    declared_rmb: Decimal
    first_rate: tuple[str, Decimal] | None
    may_be_late: bool

    @property
    def adjustment(self) -> bool:
        """Whether a return holds the portion already."""
        return self.first_rate is not None


async def open_items(session: AsyncSession, *which: ColumnElement[bool]) -> list[OpenItem]:
    """The items of which something is open, oldest export first."""
    first = ReturnLineRow.adjustment.is_(False)
    declared = (
        select(
            ReturnLineRow.portion_id,
            func.sum(ReturnLineRow.fob_value).label("fob"),
            func.sum(ReturnLineRow.exempt_rmb).label("rmb"),
            func.max(ReturnLineRow.rate_id).filter(first).label("rate_id"),
            func.max(ReturnLineRow.rate).filter(first).label("rate"),
        )
        .join(ExemptionItem, ExemptionItem.portion_id == ReturnLineRow.portion_id)
        .where(*which)
        .group_by(ReturnLineRow.portion_id)
        .subquery()
    )
    late = ItemDecisionRow.outcome.in_(LATE_OUTCOMES)
    decided = (
        select(
            ItemDecisionRow.portion_id,
            func.sum(ItemDecisionRow.fob_value).filter(~late).label("fob"),
            func.bool_or(late).label("late"),
        )
        .join(ExemptionItem, ExemptionItem.portion_id == ItemDecisionRow.portion_id)
        .where(*which)
        .group_by(ItemDecisionRow.portion_id)
        .subquery()
    )
    held = func.coalesce(declared.c.fob, 0) + func.coalesce(decided.c.fob, 0)
    left = (ExemptionItem.departed_fob - ExemptionItem.returned_fob - held).label("left")
    query = (
        select(ExemptionItem, left, declared, decided.c.late)
        .outerjoin(declared, declared.c.portion_id == ExemptionItem.portion_id)
        .outerjoin(decided, decided.c.portion_id == ExemptionItem.portion_id)
        .where(*which, left != 0)
        .order_by(ExemptionItem.export_date, ExemptionItem.portion_id)
    )
    return [
        OpenItem(
            item=row.ExemptionItem,
            open_fob=row.left,
            declared_fob=row.fob or Decimal(0),
            declared_rmb=row.rmb or Decimal(0),
            first_rate=None if row.rate_id is None else (row.rate_id, row.rate),
            may_be_late=bool(row.late),
        )
        for row in await session.execute(query)
    ]


async def open_items_of(session: AsyncSession, pilot: str, stall_holder_id: UUID) -> list[OpenItem]:
    """A stall holder's items of which something is open."""
    return await open_items(session, ExemptionItem.pilot == pilot, ExemptionItem.stall_holder_id == stall_holder_id)


async def files_for(session: AsyncSession, pilot: str, filer_id: UUID, stall_holder_id: UUID) -> bool:
    """Whether the filer was ever named for an item of the stall holder."""
    query = select(ExemptionItem.portion_id).where(
        ExemptionItem.pilot == pilot,
        ExemptionItem.stall_holder_id == stall_holder_id,
        ExemptionItem.exemption_filer_id == filer_id,
    )
    return (await session.execute(query.limit(1))).first() is not None


def items_seen_by(pilot: str, subject_id: UUID | None, month: str | None = None) -> Select[ExemptionItem]:
    """The items a caller may see: those it owns, files or consigned; all of the pilot where it is no party.

    With a `month` only what was exported in it.
    """
    query = select(ExemptionItem).where(ExemptionItem.pilot == pilot)
    if month is not None:
        first, after = date.fromisoformat(f"{month}-01"), month_after(month)
        query = query.where(ExemptionItem.export_date >= first, ExemptionItem.export_date < after)
    if subject_id is None:
        return query
    item = ExemptionItem
    return query.where(
        or_(
            item.stall_holder_id == subject_id,
            item.exemption_filer_id == subject_id,
            item.consignor_id == subject_id,
        )
    )


async def item_to_decide(session: AsyncSession, portion_id: UUID, pilot: str) -> ExemptionItem:
    """A stall holder's item, read anew under its holder's name; NotFound for what has no holder."""
    item = await session.get(ExemptionItem, portion_id)
    if item is None or item.pilot != pilot or item.stall_holder_id is None:
        raise NotFound(f"no item {portion_id}")
    await lock_name(session, str(item.stall_holder_id))
    await session.refresh(item)
    return item


async def empty_items(session: AsyncSession, portion_ids: list[UUID]) -> None:
    """A deleted declaration's items are at zero; those that never departed don't exist."""
    if portion_ids:
        emptied = update(ExemptionItem).where(ExemptionItem.portion_id.in_(portion_ids))
        await session.execute(emptied.values(departed_fob=0, returned_fob=0))


async def drop_other_releases(session: AsyncSession, declaration_id: UUID, principals: Collection[UUID]) -> None:
    """Of a declaration's releases only those for these principals are left."""
    table = PrincipalRelease
    gone = delete(table).where(table.declaration_id == declaration_id, table.principal_id.not_in(principals))
    await session.execute(gone)
