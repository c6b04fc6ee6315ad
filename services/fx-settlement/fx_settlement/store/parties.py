"""Who takes part: subjects with their qualifications, banks with their clients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import BankCopy, GradeCopy, SubjectCopy
from shared.rows import has_account_at
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


def keeps_account(row: SubjectCopy, account_kind: str, bank_id: UUID, day: date) -> bool:
    """Whether a bank keeps a trade or personal account of a subject on a day, that the subject confirmed."""
    kind = "personal_fx_account" if account_kind == "personal" else "fx_account"
    return any(
        each.kind == kind
        and each.bank_id == bank_id
        and each.confirmed
        and in_force(each.valid_from, each.valid_to, day)
        for each in row.qualifications
    )


async def is_client(session: AsyncSession, subject_id: UUID, bank_id: UUID, on: date) -> bool:
    """Whether a bank keeps an account of a subject on a day."""
    query = select(SubjectCopy.subject_id).where(
        SubjectCopy.subject_id == subject_id, SubjectCopy.subject_id.in_(clients_of(bank_id, on))
    )
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
    return select(SubjectCopy.subject_id).where(has_account_at(SubjectCopy.qualifications, bank_id, on))
