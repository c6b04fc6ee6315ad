"""Questions about entitlements, collections, payables and balances; and the journal's one way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.store.tables import (
    BankCopy,
    CollectionRow,
    EntitlementPortion,
    EntitlementRow,
    JournalRow,
    MatchRow,
    PortionRoomRow,
    SubjectCopy,
    numbers,
)
from shared.act import Act


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a double entry: positive debits, negative credits."""

    account: str
    currency: str
    amount: Decimal


async def post(session: AsyncSession, postings: Sequence[Posting], *, reference: str, act: Act) -> None:
    """Write one entry; the database refuses at commit what doesn't sum to zero per currency (R-FX-7)."""
    entry = uuid7()
    rows = [
        {
            "entry_id": entry,
            "pilot": act.pilot,
            "account": each.account,
            "currency": each.currency,
            "amount": each.amount,
            "reference": reference,
            "at": act.now,
            "actor": act.actor,
        }
        for each in postings
        if each.amount
    ]
    if rows:
        await session.execute(insert(JournalRow), rows)


async def next_number(session: AsyncSession, kind: str) -> int:
    """The next running number of a kind."""
    number: int | None = await session.scalar(select(numbers[kind].next_value()))
    return number or 0


async def bank_in_force(session: AsyncSession, bank_id: UUID, day: date) -> bool:
    """Whether a bank is a filed handling bank on a day (R-FILE-9)."""
    bank = await session.get(BankCopy, bank_id)
    return bank is not None and bank.valid_from <= day and (bank.valid_to is None or day <= bank.valid_to)


async def subject(session: AsyncSession, subject_id: UUID, pilot: str) -> SubjectCopy | None:
    """A subject of the pilot."""
    row = await session.get(SubjectCopy, subject_id)
    return row if row is not None and row.pilot == pilot else None


def qualification_value(row: SubjectCopy, kind: str, day: date) -> str | None:
    """The newest value of a qualification in force on a day."""
    held = [
        each
        for each in row.qualifications
        if each["kind"] == kind
        and each["valid_from"] <= day.isoformat()
        and (each["valid_to"] is None or day.isoformat() <= each["valid_to"])
    ]
    return max(held, key=lambda each: each["valid_from"])["value"] if held else None


async def portions_of(session: AsyncSession, declaration_id: UUID) -> list[EntitlementPortion]:
    """The entitled portions of a declaration."""
    query = select(EntitlementPortion).where(EntitlementPortion.declaration_id == declaration_id)
    rows = await session.execute(
        query.order_by(EntitlementPortion.portion_id).execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def entitlements_for_update(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EntitlementRow]:
    """The rooms of some declarations, locked in the order of their ids."""
    query = select(EntitlementRow).where(EntitlementRow.declaration_id.in_(set(ids)))
    locked = query.order_by(EntitlementRow.declaration_id).with_for_update().execution_options(populate_existing=True)
    return {row.declaration_id: row for row in (await session.execute(locked)).scalars()}


async def rooms_of(session: AsyncSession, declaration_id: UUID) -> list[PortionRoomRow]:
    """The rooms of a declaration's portions; its entitlement's lock guards them."""
    query = select(PortionRoomRow).where(PortionRoomRow.declaration_id == declaration_id)
    rows = await session.execute(query.order_by(PortionRoomRow.portion_id).execution_options(populate_existing=True))
    return list(rows.scalars())


async def rooms_by_portion(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, PortionRoomRow]:
    """The rooms of some portions."""
    query = select(PortionRoomRow).where(PortionRoomRow.portion_id.in_(set(ids)))
    rows = await session.execute(query.execution_options(populate_existing=True))
    return {row.portion_id: row for row in rows.scalars()}


async def collection_for_update(session: AsyncSession, collection_id: UUID) -> CollectionRow | None:
    """The collection, locked until commit."""
    return await session.get(CollectionRow, collection_id, with_for_update=True, populate_existing=True)


async def matches_of(session: AsyncSession, collection_id: UUID) -> list[MatchRow]:
    """A collection's matches, undone ones included."""
    query = select(MatchRow).where(MatchRow.collection_id == collection_id).order_by(MatchRow.id)
    return list((await session.execute(query)).scalars())


async def live_matches_of_portions(session: AsyncSession, ids: Iterable[UUID]) -> list[MatchRow]:
    """The matches in force of some portions, newest first."""
    query = select(MatchRow).where(MatchRow.portion_id.in_(set(ids)), MatchRow.unmatched_at.is_(None))
    return list((await session.execute(query.order_by(MatchRow.id.desc()))).scalars())


def collections_seen_by(
    pilot: str, *, subject_id: UUID | None, bank_id: UUID | None, all_of_them: bool
) -> Select[tuple[CollectionRow]]:
    """The collections a caller may see: all, those its bank booked, or those it collected or owns."""
    query: Select[Any] = select(CollectionRow).where(CollectionRow.pilot == pilot)
    if all_of_them:
        return query
    if bank_id is not None:
        return query.where(CollectionRow.bank_id == bank_id)
    owned = select(MatchRow.collection_id).where(MatchRow.owner_id == subject_id)
    return query.where(or_(CollectionRow.collector_id == subject_id, CollectionRow.id.in_(owned)))
