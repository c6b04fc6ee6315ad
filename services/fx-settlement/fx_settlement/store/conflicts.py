"""Questions about conflict cases (R-DECL-7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.rooms import portion_is_of
from fx_settlement.store.tables import CollectionRow, ConflictRow, EntitlementPortion, EntitlementRow, MatchRow
from shared.act import Act
from shared.rows import any_in, narrowed
from shared.scope import Scope, within

_OPEN = ConflictRow.closed_at.is_(None)


async def open_conflict(session: AsyncSession, declaration_id: UUID, code: str) -> ConflictRow | None:
    """The open case of a kind about a declaration, if any."""
    query = select(ConflictRow).where(ConflictRow.declaration_id == declaration_id, ConflictRow.code == code, _OPEN)
    return (await session.execute(query)).scalar_one_or_none()


async def open_conflict_of_collection(session: AsyncSession, collection_id: UUID) -> ConflictRow | None:
    """The open case about a collection, if any."""
    query = select(ConflictRow).where(ConflictRow.collection_id == collection_id, _OPEN)
    return (await session.execute(query)).scalar_one_or_none()


async def conflicts_of(session: AsyncSession, declaration_id: UUID) -> list[ConflictRow]:
    """The open cases about a declaration."""
    query = select(ConflictRow).where(ConflictRow.declaration_id == declaration_id, _OPEN)
    return list((await session.execute(query.order_by(ConflictRow.id))).scalars())


async def accepted_excess(session: AsyncSession, declaration_id: UUID, code: str) -> Decimal:
    """The largest excess for which a case of the kind was closed by a person; zero where none was."""
    query = select(func.max(ConflictRow.accepted_excess)).where(
        ConflictRow.declaration_id == declaration_id, ConflictRow.code == code
    )
    return (await session.execute(query)).scalar_one() or Decimal(0)


async def version_behind(session: AsyncSession, case: ConflictRow) -> int:
    """The version of the room or the collection that a case is about."""
    version = (
        select(CollectionRow.version).where(CollectionRow.id == case.collection_id)
        if case.collection_id is not None
        else select(EntitlementRow.version).where(EntitlementRow.declaration_id == case.declaration_id)
    )
    return (await session.execute(version)).scalar_one()


def end_case(case: ConflictRow, *, reason: str, evidence_hash: str, act: Act) -> None:
    """Write down who closed a case, when, why and on which evidence."""
    case.closed_at, case.closed_by = act.now, act.actor
    case.closing_reason, case.closing_evidence_hash = reason, evidence_hash


def conflicts_seen_by(scope: Scope, *, is_open: bool | None = None) -> Select[ConflictRow]:
    """The cases of a pilot, of a bank's bookings and matches, or of a party's collections and portions."""
    case = ConflictRow
    query = within(select(case), case, scope, subject=_of_subject, bank=_of_bank)
    if is_open is not None:
        query = query.where(_OPEN if is_open else ~_OPEN)
    return query


def _of_bank(bank_id: UUID) -> ColumnElement[bool]:
    booked = select(CollectionRow.id).where(CollectionRow.bank_id == bank_id)
    matched = select(MatchRow.declaration_id).where(MatchRow.collection_id.in_(booked), MatchRow.unmatched_at.is_(None))
    return or_(ConflictRow.collection_id == any_in(booked), ConflictRow.declaration_id == any_in(matched))


def _of_subject(subject_id: UUID) -> ColumnElement[bool]:
    collected = select(CollectionRow.id).where(CollectionRow.collector_id == subject_id)
    portions = select(EntitlementPortion.declaration_id).where(portion_is_of(subject_id))
    return or_(ConflictRow.collection_id == any_in(collected), ConflictRow.declaration_id == any_in(portions))


def conflicts_like(query: Select[ConflictRow], **columns: Any) -> Select[ConflictRow]:
    """Those of a query's cases that are asked for."""
    return narrowed(query, ConflictRow, columns)
