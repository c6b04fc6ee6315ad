"""Questions about items, returns and rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tax_exemption.domain.period import Frequency
from tax_exemption.store.tables import (
    CertificateRow,
    ExemptionItem,
    ItemDecisionRow,
    MiddleRateRow,
    ReturnLineRow,
    ReturnRow,
    SubjectCopy,
)

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


async def decisions_on(session: AsyncSession, portion_id: UUID) -> int:
    """How many decisions there are on a portion."""
    query = select(func.count()).select_from(ItemDecisionRow).where(ItemDecisionRow.portion_id == portion_id)
    return await session.scalar(query) or 0


async def frequencies_of(session: AsyncSession, stall_holder_id: UUID | None) -> tuple[Frequency, ...]:
    """How often the stall holder files, as registry last said."""
    known = await session.get(SubjectCopy, stall_holder_id) if stall_holder_id else None
    return tuple(
        Frequency(
            each["value"],
            date.fromisoformat(each["valid_from"]),
            date.fromisoformat(each["valid_to"]) if each["valid_to"] else None,
        )
        for each in (known.qualifications if known else [])
        if each["kind"] == "filing_frequency"
    )


def items_seen_by(pilot: str, subject_id: UUID | None) -> Select[ExemptionItem]:
    """The items a caller may see: those it owns, files or consigned; all of the pilot where it is no party."""
    query = select(ExemptionItem).where(ExemptionItem.pilot == pilot)
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


def returns_seen_by(pilot: str, subject_id: UUID | None) -> Select[ReturnRow]:
    """The returns a caller may see: its own or filed by it; all of the pilot where it is no party."""
    query: Select[Any] = select(ReturnRow).where(ReturnRow.pilot == pilot)
    if subject_id is None:
        return query
    return query.where(or_(ReturnRow.stall_holder_id == subject_id, ReturnRow.filer_id == subject_id))


def certificates_seen_by(pilot: str, subject_id: UUID | None) -> Select[CertificateRow]:
    """The certificates a caller may see: as operator or principal; all of the pilot where it is no party."""
    query: Select[Any] = select(CertificateRow).where(CertificateRow.pilot == pilot)
    if subject_id is None:
        return query
    return query.where(or_(CertificateRow.operator_id == subject_id, CertificateRow.principal_id == subject_id))


async def lines_of(session: AsyncSession, return_id: UUID) -> list[ReturnLineRow]:
    """A return's lines in order."""
    query = select(ReturnLineRow).where(ReturnLineRow.return_id == return_id).order_by(ReturnLineRow.line_no)
    return list((await session.execute(query)).scalars())


async def middle_rate(
    session: AsyncSession, currency: str, day: date, *, reach_days: int
) -> tuple[str, Decimal] | None:
    """(rate id, CNY per unit) published for the day, or last before it within reach; CNY itself is 1."""
    if currency == "CNY":
        return "CNY", Decimal(1)
    query = (
        select(MiddleRateRow)
        .where(MiddleRateRow.currency == currency, MiddleRateRow.day <= day)
        .where(MiddleRateRow.day >= day - timedelta(days=reach_days))
        .order_by(MiddleRateRow.day.desc())
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else (f"middle:{row.day}:{row.currency}", row.cny_per_unit)
