"""Conflict cases: kept, opened and closed as a declaration's facts disagree or agree again (R-DECL-7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.rows import narrowed
from shared.scope import Scope, within
from trade_ledger.domain.cases import turn_of
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.store.declarations import declarations_seen_by
from trade_ledger.store.facts import site_is_filed
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow
from trade_ledger.store.tables.packing import LoadRow

_FACTS = "receipts"


def conflicts_seen_by(scope: Scope, *, must_act: str | None = None, is_open: bool | None = None) -> Select[ConflictRow]:
    """The cases a caller may see: all; those of declarations it consigns or submits; those on which a site must act,
    of what arrived there or at no site yet. Narrowed to what is asked."""
    row = ConflictRow
    declarations = declarations_seen_by(scope).with_only_columns(DeclarationRow.id)

    def of_site(site: UUID) -> ColumnElement[bool]:
        content = DeclarationRow.content["assessed"]["load_ids"]
        ids = select(cast(func.jsonb_array_elements_text(content), Uuid)).where(DeclarationRow.id == row.declaration_id)
        # Two queries deep SQLAlchemy correlates nothing by itself: it would read the loads of every case.
        ids = ids.correlate(row)
        known = select(LoadRow.id).where(LoadRow.id.in_(ids), LoadRow.site_id.is_not(None))
        here = or_(~known.exists(), known.where(LoadRow.site_id == site).exists())
        return and_(row.must_act == "site_operator", here, site_is_filed(site, scope))

    query = within(select(row), row, scope, subject=lambda _: row.declaration_id.in_(declarations), site=of_site)
    if must_act is not None:
        query = query.where(row.must_act == must_act)
    if is_open is None:
        return query
    return query.where(row.closed_at.is_(None) if is_open else row.closed_at.is_not(None))


def conflicts_like(query: Select[ConflictRow], **columns: Any) -> Select[ConflictRow]:
    """Those of a query's cases that are asked for."""
    return narrowed(query, ConflictRow, columns)


def conflicts_in_short(query: Select[ConflictRow]) -> Select[ConflictRow]:
    """The same cases without the portions that they name, of which a declaration may have 2,000."""
    return query.options(defer(ConflictRow.portion_ids, raiseload=True))


async def versions_of(session: AsyncSession, declaration_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The newest version of some declarations."""
    query = select(DeclarationRow.id, DeclarationRow.version).where(DeclarationRow.id.in_(set(declaration_ids)))
    return {declaration_id: version for declaration_id, version in await session.execute(query)}


async def conflicts_of(session: AsyncSession, declaration_id: UUID) -> list[ConflictRow]:
    """All conflict cases, open and closed."""
    query = select(ConflictRow).where(ConflictRow.declaration_id == declaration_id).order_by(ConflictRow.id)
    return list((await session.execute(query)).scalars())


async def open_conflicts_of(session: AsyncSession, declaration_id: UUID) -> list[ConflictRow]:
    """The conflict cases that are still open."""
    return [each for each in await conflicts_of(session, declaration_id) if each.closed_at is None]


@dataclass(frozen=True, slots=True)
class Turned:
    """The cases that were opened, and those that later facts closed."""

    opened: list[ConflictRow]
    closed: list[ConflictRow]


async def keep_cases(
    session: AsyncSession,
    row: DeclarationRow,
    cases: Iterable[Case],
    act: Act,
    *,
    among: Collection[str] | None = None,
    reason: str = "the receipts agree now",
) -> Turned:
    """Open new cases and close those that later facts explain, of all codes or of those that were looked at."""
    found = {(each.code, each.receipt_id): each for each in cases}
    closed = []
    for known in await conflicts_of(session, row.id):
        if among is not None and known.code not in among:
            continue
        now = found.pop((known.code, known.receipt_id), None)
        still = now is not None
        if now is not None and known.closed_at is None:
            known.detail, known.must_act, known.portion_ids = now.detail, now.must_act, _named(now)
        opened, closed_by_facts = known.closed_at is None, known.closed_by == _FACTS
        turn = turn_of(known.code, still=still, opened=opened, closed_by_facts=closed_by_facts)
        if turn == "close":
            known.closed_at, known.closed_by, known.closing_reason = act.now, _FACTS, reason
            closed.append(known)
        elif turn == "reopen":
            known.closed_at, known.closed_by, known.closing_reason = None, None, None
    return Turned([open_case(session, row, case, act) for case in found.values()], closed)


def _named(case: Case) -> tuple[UUID, ...]:
    return tuple(UUID(each) for each in case.portions)


def open_case(session: AsyncSession, row: DeclarationRow, case: Case, act: Act) -> ConflictRow:
    """A case as it opens."""
    opened = ConflictRow(
        id=uuid7(),
        declaration_id=row.id,
        pilot=row.pilot,
        code=case.code,
        receipt_id=case.receipt_id,
        detail=case.detail,
        must_act=case.must_act,
        portion_ids=_named(case),
        opened_at=act.now,
        closed_at=None,
        closed_by=None,
        closing_reason=None,
        closing_evidence_hash=None,
    )
    session.add(opened)
    return opened
