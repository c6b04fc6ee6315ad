"""Who takes part: subjects with their qualifications, banks with their clients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from fx_settlement.store.tables import BankCopy, CollectionRow, GradeCopy, SubjectCopy
from shared.rows import has_account_at
from shared.vocabulary.identifiers import first_account
from shared.vocabulary.legal_time import in_force


async def bank_in_force(session: AsyncSession, bank_id: UUID, pilot: str, day: date) -> bool:
    """Whether a bank is a filed handling bank of the pilot on a day (R-FILE-9)."""
    bank = await session.get(BankCopy, bank_id)
    if bank is None or bank.pilot != pilot:
        return False
    return in_force(bank.valid_from, bank.valid_to, day)


async def subject(session: AsyncSession, subject_id: UUID, pilot: str) -> SubjectCopy | None:
    """A subject of the pilot."""
    row = await session.get(SubjectCopy, subject_id)
    return row if row is not None and row.pilot == pilot else None


def is_filed(row: SubjectCopy) -> bool:
    """Whether a filing of it ever took effect; a suspended or exited one still completes what it began (V2)."""
    return any(role.effective_from for role in row.roles)


def qualification_value(row: SubjectCopy, kind: str, day: date) -> str | None:
    """The newest value of a qualification in force on a day."""
    held = [each for each in row.qualifications if each.kind == kind and in_force(each.valid_from, each.valid_to, day)]
    return max(held, key=lambda each: each.valid_from).value if held else None


ACCOUNT_KINDS = {"trade": "fx_account", "personal": "personal_fx_account"}


def accounts_at(
    row: SubjectCopy | None, bank_id: UUID, *, kind: str | None = None, on: date | None = None
) -> list[UUID]:
    """The accounts of a subject that are filed at a bank, in the order of their first days.

    With a kind (`trade` or `personal`) those of the kind; with a day those in force then that the subject confirmed.
    """
    if row is None:
        return []
    kinds = set(ACCOUNT_KINDS.values()) if kind is None else {ACCOUNT_KINDS[kind]}
    filed = [each for each in row.qualifications if each.kind in kinds and each.bank_id == bank_id]
    if on is not None:
        filed = [each for each in filed if each.confirmed and in_force(each.valid_from, each.valid_to, on)]
    ordered = sorted(filed, key=lambda each: each.valid_from)
    first = first_account(row.subject_id, bank_id)
    return list(dict.fromkeys(each.account_id or first for each in ordered))


async def is_client(session: AsyncSession, subject_id: UUID, bank_id: UUID, on: date) -> bool:
    """Whether a bank keeps an account of a subject on a day."""
    query = _with_account_at(bank_id, on).where(SubjectCopy.subject_id == subject_id)
    return await session.scalar(query) is not None


async def safe_grades_of(session: AsyncSession, subject_ids: Iterable[UUID], on: date) -> dict[UUID, str]:
    """The grades of some subjects in force on a date on SAFE's own scale."""
    query = (
        select(GradeCopy)
        .where(GradeCopy.subject_id.in_(set(subject_ids)), GradeCopy.authority == "safe")
        .where(GradeCopy.effective_from <= on)
        .order_by(GradeCopy.effective_from)
    )
    return {row.subject_id: row.grade for row in (await session.execute(query)).scalars()}


Clients = Select[UUID]
"""The ids of a bank's clients, as a query."""


def clients_of(bank_id: UUID, on: date) -> Clients:
    """The subjects with an account in force at a bank that its owner confirmed (R-FX-2): nothing that the bank says
    or does makes anybody its client."""
    naming = select(func.subjects_naming_bank(str(bank_id)))
    return _with_account_at(bank_id, on).where(SubjectCopy.subject_id.in_(naming))


def _with_account_at(bank_id: UUID, on: date) -> Clients:
    return select(SubjectCopy.subject_id).where(has_account_at(SubjectCopy.qualifications, bank_id, on))


def is_client_of(collector: InstrumentedAttribute[UUID], bank_id: UUID, on: date) -> ColumnElement[bool]:
    """`clients_of`, asked of each collector: for one trade or a few portions nobody lists all of a bank's clients."""
    return _with_account_at(bank_id, on).where(SubjectCopy.subject_id == collector).exists()


def collector_is_known_to(
    collector: InstrumentedAttribute[UUID], bank_id: UUID, on: date, collection_id: UUID | None = None
) -> ColumnElement[bool]:
    """Whose exports a bank may name: its clients', and those of who is paid by a collection that nothing blocks.

    Anybody else's are answered like unknown ones (V65).
    """
    row = CollectionRow
    paid = select(row.id).where(
        row.id == collection_id, row.bank_id == bank_id, row.blocked_by == (), row.collector_id == collector
    )
    return or_(is_client_of(collector, bank_id, on), paid.exists())
