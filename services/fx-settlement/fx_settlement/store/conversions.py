"""Questions about conversions, and what their proofs and statements are still good for (R-FX-5, V43)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import CollectionRow, ConversionRow, MatchRow, messaging
from shared.events.fx_settlement import COLLECTIONS
from shared.rows import announced_since, lock_name, narrowed, of_month
from shared.scope import Scope, within


async def lock_proof(session: AsyncSession, document_hash: str, pilot: str) -> None:
    """Only one conversion at a time goes on with a proof document."""
    await lock_name(session, f"proof {pilot} {document_hash}")


async def converted_under(
    session: AsyncSession, reference: str, *, holder_id: UUID, bank_id: UUID, currency: str
) -> Decimal:
    """What was converted before within the quota of a bank's statement."""
    earlier = select(func.coalesce(func.sum(ConversionRow.amount), 0)).where(
        ConversionRow.holder_id == holder_id,
        ConversionRow.bank_id == bank_id,
        ConversionRow.currency == currency,
        ConversionRow.uses_quota.is_(True),
        ConversionRow.quota_statement["reference"].astext == reference,
    )
    return await session.scalar(earlier) or Decimal(0)


async def matched_on(
    session: AsyncSession, portion_ids: Collection[UUID], *, holder_id: UUID, currency: str, pilot: str
) -> Decimal:
    """What is matched for some portions that the holder owns or collects for."""
    matched = (
        select(func.coalesce(func.sum(MatchRow.amount), 0))
        .join(CollectionRow, CollectionRow.id == MatchRow.collection_id)
        .where(
            MatchRow.portion_id.in_(set(portion_ids)),
            or_(MatchRow.owner_id == holder_id, CollectionRow.collector_id == holder_id),
            MatchRow.unmatched_at.is_(None),
            CollectionRow.currency == currency,
            CollectionRow.pilot == pilot,
        )
    )
    return await session.scalar(matched) or Decimal(0)


async def converted_on_proof(
    session: AsyncSession, portion_ids: Collection[UUID], document_hash: str | None, *, currency: str, pilot: str
) -> Decimal:
    """The amount converted before, by anyone, on any of the portions or on the document."""
    same = []
    if portion_ids:
        same.append(ConversionRow.proof_portion_ids.has_any(array([str(each) for each in sorted(set(portion_ids))])))
    if document_hash is not None:
        same.append(ConversionRow.proof_document_hash == document_hash)
    if not same:
        return Decimal(0)
    earlier = select(func.coalesce(func.sum(ConversionRow.amount), 0)).where(
        ConversionRow.pilot == pilot, ConversionRow.currency == currency, or_(*same)
    )
    return await session.scalar(earlier) or Decimal(0)


def conversions_seen_by(scope: Scope) -> Select[ConversionRow]:
    """The conversions of a pilot, of a bank that made them, or of a holder."""
    row = ConversionRow
    return within(
        select(row), row, scope, subject=lambda party: row.holder_id == party, bank=lambda bank: row.bank_id == bank
    )


def conversions_like(
    query: Select[ConversionRow], *, month: str | None, updated_since: datetime | None, **columns: Any
) -> Select[ConversionRow]:
    """Those of a query's conversions that are asked for."""
    query = of_month(narrowed(query, ConversionRow, columns), ConversionRow.converted_on, month)
    return announced_since(query, messaging.outbox, COLLECTIONS.name, ConversionRow.id, updated_since)
