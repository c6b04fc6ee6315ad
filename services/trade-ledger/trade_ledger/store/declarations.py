"""Questions about declarations, portions, receipts, conflicts and rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trade_ledger.domain.portions import Numbers, Submitted
from trade_ledger.domain.receipts import INACTIVE, Receipt
from trade_ledger.domain.valuation import slip_value_kept
from trade_ledger.store.tables.declarations import (
    ConflictRow,
    CustomsRateRow,
    DeclarationRow,
    PortionRow,
    ReceiptRow,
)
from trade_ledger.store.tables.packing import PackingListRow


async def declaration_for_update(session: AsyncSession, declaration_id: UUID) -> DeclarationRow | None:
    """The declaration, locked until commit."""
    return await session.get(DeclarationRow, declaration_id, with_for_update=True, populate_existing=True)


def declarations_seen_by(pilot: str, subject_id: UUID | None, *, all_of_them: bool) -> Select[DeclarationRow]:
    """The declarations a caller may see: all, or those it consigns or submits."""
    query = select(DeclarationRow).where(DeclarationRow.pilot == pilot)
    if all_of_them:
        return query
    return query.where(or_(DeclarationRow.consignor_id == subject_id, DeclarationRow.declarant_id == subject_id))


def declarations_like(
    query: Select[DeclarationRow], *, status: str | None, customs_number: str | None
) -> Select[DeclarationRow]:
    """Those of a query's declarations that are asked for."""
    if status is not None:
        query = query.where(DeclarationRow.status == status)
    return query if customs_number is None else query.where(DeclarationRow.customs_number == customs_number)


async def portions_of(session: AsyncSession, declaration_id: UUID) -> list[PortionRow]:
    """A declaration's portions in the order of their ids."""
    query = select(PortionRow).where(PortionRow.declaration_id == declaration_id).order_by(PortionRow.id)
    return list((await session.execute(query)).scalars())


def submitted_of(row: PortionRow) -> Submitted:
    """What a portion declared when it was submitted, as the rules look at it."""
    return Submitted(**dict(row.content.submitted), currency=row.declared_currency, slip_currency=row.slip_currency)


def keep_numbers(row: PortionRow, numbers: Numbers) -> None:
    """The portion with its new numbers."""
    for each in fields(numbers):
        setattr(row, each.name, getattr(numbers, each.name))


def keep_totals(row: DeclarationRow, portions: Iterable[PortionRow]) -> None:
    """The declaration with the totals of its portions."""
    held = list(portions)
    row.total_value = sum((each.declared_value for each in held), Decimal(0))
    row.total_fob = sum((each.fob_value for each in held), Decimal(0))
    row.total_fob_usd = sum((each.fob_usd for each in held), Decimal(0))


async def receipts_known(session: AsyncSession, declaration_id: UUID, attempt: int) -> list[Receipt]:
    """All receipts of an attempt, as the rules look at them."""
    query = select(ReceiptRow).where(ReceiptRow.declaration_id == declaration_id, ReceiptRow.attempt == attempt)
    return [_receipt(row) for row in (await session.execute(query)).scalars()]


def _receipt(row: ReceiptRow) -> Receipt:
    told = row.content
    return Receipt(
        receipt_id=row.receipt_id,
        kind=row.kind,
        issued_at=row.issued_at,
        customs_number=told.customs_number,
        export_date=told.export_date,
        quantities={str(each.portion_id): each.quantity for each in told.portions},
        values={str(each.portion_id): each.declared_value for each in told.portions if each.declared_value is not None},
        codes={str(each.portion_id): each.hs_code for each in told.portions if each.hs_code},
    )


async def receipt_by_id(session: AsyncSession, declaration_id: UUID, receipt_id: str) -> ReceiptRow:
    """The receipt that is kept under an id of customs."""
    query = select(ReceiptRow).where(ReceiptRow.declaration_id == declaration_id, ReceiptRow.receipt_id == receipt_id)
    return (await session.execute(query)).scalar_one()


async def conflicts_of(session: AsyncSession, declaration_id: UUID) -> list[ConflictRow]:
    """All conflict cases, open and closed."""
    query = select(ConflictRow).where(ConflictRow.declaration_id == declaration_id).order_by(ConflictRow.id)
    return list((await session.execute(query)).scalars())


async def customs_number_holder(
    session: AsyncSession, pilot: str, customs_number: str, *, but_not: UUID
) -> DeclarationRow | None:
    """Another declaration of the pilot with the same customs number (V34, V69)."""
    row = DeclarationRow
    query = select(row).where(row.pilot == pilot, row.customs_number == customs_number, row.id != but_not)
    query = query.order_by(row.id)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def packing_lists_for_update(session: AsyncSession, ids: list[UUID]) -> list[PackingListRow]:
    """Several packing lists, locked in the order of their ids."""
    query = select(PackingListRow).where(PackingListRow.id.in_(set(ids))).order_by(PackingListRow.id)
    return list((await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalars())


async def rates_of_month(session: AsyncSession, month: date) -> dict[str, tuple[str, Decimal]]:
    """The customs rates of a month: currency to (rate id, CNY per unit); CNY itself is always 1."""
    query = select(CustomsRateRow).where(CustomsRateRow.month == month)
    found = {row.currency: (row.id, row.cny_per_unit) for row in (await session.execute(query)).scalars()}
    return {**found, "CNY": (f"customs:{month:%Y-%m}:CNY", Decimal(1))}


async def slip_values_declared(session: AsyncSession, line_ids: Iterable[UUID], but_not: UUID) -> dict[UUID, Decimal]:
    """What other live declarations took of some lines' amounts; what was shut out of them went back."""
    row = PortionRow
    query = (
        select(row.line_id, row.slip_value, row.quantity, row.shut_out_quantity, row.slip_currency)
        .join(DeclarationRow, DeclarationRow.id == row.declaration_id)
        .where(row.line_id.in_(set(line_ids)), row.declaration_id != but_not, DeclarationRow.status.not_in(INACTIVE))
    )
    taken: dict[UUID, Decimal] = {}
    for line_id, value, quantity, shut_out, currency in await session.execute(query):
        taken[line_id] = taken.get(line_id, Decimal(0)) + slip_value_kept(value, quantity, shut_out, currency)
    return taken
