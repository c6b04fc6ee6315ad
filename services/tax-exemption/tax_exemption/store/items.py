"""Queries on items: departed, still open, and released per principal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.rows import any_of, ids_of, lock_name, narrowed, of_month
from shared.scope import Scope, within
from shared.vocabulary.errors import NotFound
from shared.vocabulary.legal_time import legal_date
from tax_exemption.domain.dues import DayValue, ItemFacts
from tax_exemption.domain.filing import DeclaredAt
from tax_exemption.store.tables import ExemptionItem, ItemDecisionRow, PrincipalRelease, ReturnLineRow, ReturnRow

# Outcomes that let the filer declare late; the others settle the portion themselves (R-TAX-7).
LATE_OUTCOMES = ("late_exemption", "no_fault")


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """A line of a return that holds a part of an item."""

    month: str
    fob: Decimal
    rmb: Decimal
    rate_id: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item of which something may be open: its lines, oldest first, and what was decided of it.

    `left` is what neither a line nor a decision holds; negative after goods came back. `late_from` is when the tax
    officer last let it be declared late.
    """

    item: ExemptionItem
    left: Decimal
    decided: Decimal
    late_from: datetime | None
    lines: tuple[DeclaredLine, ...]

    @property
    def declared_by_rate(self) -> list[DeclaredAt]:
        """What its lines declared at each rate, in the order of declaring."""
        found: dict[str, DeclaredAt] = {}
        for line in self.lines:
            before = found.get(line.rate_id, DeclaredAt(line.rate_id, line.rate, Decimal(0), Decimal(0)))
            found[line.rate_id] = replace(before, fob=before.fob + line.fob, rmb=before.rmb + line.rmb)
        return list(found.values())

    def may_be_late_after(self, last_day: date) -> bool:
        """Whether the tax officer let it be declared after a window that ended on this day (R-TAX-7)."""
        return self.late_from is not None and legal_date(self.late_from) > last_day

    @property
    def facts(self) -> ItemFacts:
        """What the rules look at."""
        item, declared = self.item, defaultdict[str, Decimal](Decimal)
        for line in self.lines:
            declared[line.month] += line.fob
        return ItemFacts(
            export_date=item.export_date,
            departed=item.departed_fob,
            returned=item.returned_fob,
            departures=tuple(DayValue(each.on, each.fob) for each in item.departures),
            returns=tuple(DayValue(each.on, each.fob) for each in item.returns),
            amended_on=item.amended_on,
            declared=declared,
            decided=self.decided,
        )


async def open_items(session: AsyncSession, *which: ColumnElement[bool]) -> list[OpenItem]:
    """The items of which something is open or came back, oldest export first."""
    declared = (
        select(ReturnLineRow.portion_id, func.sum(ReturnLineRow.fob_value).label("fob"))
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
            func.max(ItemDecisionRow.decided_at).filter(late).label("late_from"),
        )
        .join(ExemptionItem, ExemptionItem.portion_id == ItemDecisionRow.portion_id)
        .where(*which)
        .group_by(ItemDecisionRow.portion_id)
        .subquery()
    )
    settled = func.coalesce(decided.c.fob, 0).label("settled")
    left = (ExemptionItem.departed_fob - ExemptionItem.returned_fob - func.coalesce(declared.c.fob, 0) - settled).label(
        "left"
    )
    query = (
        select(ExemptionItem, left, settled, decided.c.late_from)
        .outerjoin(declared, declared.c.portion_id == ExemptionItem.portion_id)
        .outerjoin(decided, decided.c.portion_id == ExemptionItem.portion_id)
        .where(*which, or_(left != 0, ExemptionItem.returned_fob != 0))
        .order_by(ExemptionItem.export_date, ExemptionItem.portion_id)
    )
    rows = (await session.execute(query)).all()
    lines = await _lines_of(session, [row.ExemptionItem.portion_id for row in rows])
    return [
        OpenItem(row.ExemptionItem, row.left, row.settled, row.late_from, tuple(lines[row.ExemptionItem.portion_id]))
        for row in rows
    ]


async def _lines_of(session: AsyncSession, portion_ids: list[UUID]) -> dict[UUID, list[DeclaredLine]]:
    found: dict[UUID, list[DeclaredLine]] = defaultdict(list)
    line = ReturnLineRow
    query = (
        select(line.portion_id, ReturnRow.month, line.fob_value, line.exempt_rmb, line.rate_id, line.rate)
        .join(ReturnRow, ReturnRow.id == line.return_id)
        .where(line.portion_id == any_of(portion_ids))
        .order_by(line.id)
    )
    for row in await session.execute(query):
        told = DeclaredLine(row.month, row.fob_value, row.exempt_rmb, row.rate_id, row.rate)
        found[row.portion_id].append(told)
    return found


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


def items_like(query: Select[ExemptionItem], *, month: str | None, **columns: Any) -> Select[ExemptionItem]:
    """Those of a query's items that are asked for; the month is that of the export."""
    return of_month(narrowed(query, ExemptionItem, columns), ExemptionItem.export_date, month)


def items_seen_by(scope: Scope) -> Select[ExemptionItem]:
    """The items a caller may see: those it owns, files or consigned; all of the pilot where it is no party."""
    item = ExemptionItem

    def own(party: UUID) -> ColumnElement[bool]:
        return or_(item.stall_holder_id == party, item.exemption_filer_id == party, item.consignor_id == party)

    return within(select(item), item, scope, subject=own)


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
        emptied = update(ExemptionItem).where(ExemptionItem.portion_id == any_of(portion_ids))
        await session.execute(emptied.values(departed_fob=0, returned_fob=0))


async def drop_other_releases(
    session: AsyncSession, declaration_ids: Collection[UUID], kept: Collection[tuple[UUID, UUID]]
) -> None:
    """Of these declarations' releases only those of these declarations and principals are left."""
    table = PrincipalRelease
    pairs = select(*(func.unnest(ids_of([pair[place] for pair in kept])) for place in (0, 1)))
    others = tuple_(table.declaration_id, table.principal_id).not_in(pairs)
    await session.execute(delete(table).where(table.declaration_id == any_of(declaration_ids), others))
