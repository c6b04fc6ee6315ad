"""Who takes part: subjects with their qualifications, banks with their clients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import BankCopy, CollectionRow, GradeCopy, HoldRow, PassOnRow, SubjectCopy
from shared.vocabulary.legal_time import in_force

_ACCOUNTS = ("fx_account", "personal_fx_account")


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


async def is_client(session: AsyncSession, subject_id: UUID, bank_id: UUID) -> bool:
    """Whether a bank handles a subject's business."""
    query = select(SubjectCopy.subject_id).where(
        SubjectCopy.subject_id == subject_id, SubjectCopy.subject_id.in_(clients_of(bank_id))
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


def clients_of(bank_id: UUID) -> Select[tuple[UUID]]:
    """The subjects whose business a bank handles: an account filed there, or money booked, held or paid by it."""
    accounts = [
        select(SubjectCopy.subject_id).where(
            SubjectCopy.qualifications.contains([{"kind": kind, "bank_id": str(bank_id)}])
        )
        for kind in _ACCOUNTS
    ]
    booked = select(CollectionRow.collector_id).where(CollectionRow.bank_id == bank_id)
    held = select(HoldRow.collector_id).where(HoldRow.bank_id == bank_id)
    paid = select(PassOnRow.principal_id).where(PassOnRow.bank_id == bank_id)
    clients = union(*accounts, booked, held, paid).subquery()
    return select(clients.c[0])
