"""Questions about the states that a subject had (V64)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from registry.store.tables import SubjectVersionRow
from shared.vocabulary.errors import Hidden, NotFound


def versions_of(subject_id: UUID, filer: UUID | None = None) -> Select[SubjectVersionRow]:
    """Every state a subject had; of a filer only those that its own filings made."""
    query = select(SubjectVersionRow).where(SubjectVersionRow.subject_id == subject_id)
    return query if filer is None else query.where(_made_by_filing_of(filer))


def versions_in_short(query: Select[SubjectVersionRow]) -> Select[SubjectVersionRow]:
    """The same versions without the states themselves."""
    return query.options(defer(SubjectVersionRow.state, raiseload=True))


async def version_of_subject(
    session: AsyncSession, subject_id: UUID, version: int, filer: UUID | None
) -> SubjectVersionRow:
    """A state that the subject had; Hidden from a filer whose filings didn't make it, NotFound if there is none."""
    query = versions_of(subject_id, filer).where(SubjectVersionRow.version == version)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None and await session.get(SubjectVersionRow, (subject_id, version)) is not None:
        raise Hidden(f"version {version} was made by another's filing")
    if found is None:
        raise NotFound(f"no version {version}")
    return found


def _made_by_filing_of(filer: UUID) -> ColumnElement[bool]:
    made = func.jsonb_build_array(
        func.jsonb_build_object("role", SubjectVersionRow.role, "filed_by", cast(literal(str(filer)), Text))
    )
    return cast(SubjectVersionRow.state["roles"], JSONB).contains(made)


async def versions_before(
    session: AsyncSession, ids: set[UUID], instant: datetime, filer: UUID | None = None
) -> dict[UUID, SubjectVersionRow]:
    """The last state each of the subjects had before an instant; those not filed by then are missing.

    Of a filer only the states that its own filings made.
    """
    table = SubjectVersionRow
    query = (
        select(table)
        .where(table.subject_id.in_(ids), table.at < instant, *([] if filer is None else [_made_by_filing_of(filer)]))
        .ext(distinct_on(table.subject_id))
        .order_by(table.subject_id, table.version.desc())
    )
    return {row.subject_id: row for row in (await session.execute(query)).scalars()}


async def all_versions_of(session: AsyncSession, subject_id: UUID) -> list[SubjectVersionRow]:
    """Every state a subject had, oldest first."""
    return list((await session.execute(versions_of(subject_id).order_by(SubjectVersionRow.version))).scalars())
