"""The versions of registry's copies: a subject, an agreement and a pilot have their row's own, the lists have one.

A row's version is PostgreSQL's own mark of who wrote it (xmin), so that whatever writes a row moves it: an event, a
rebuild, a repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registry import PilotEvent
from trade_ledger.store.tables.copies import AgreementCopy, CopyVersion, PlaceCopy, SubjectCopy

SUBJECT = "subject"
AGREEMENT = "agreement"
PILOT = "pilot"
GOODS = "goods"
Name = tuple[str, UUID | str | None]
"""A row by its kind and key; a pilot's lists count as one."""
Version = int

_XMIN = "{table}.xmin::text::bigint"


def _version_of(table: type[SubjectCopy | AgreementCopy | PlaceCopy]) -> ColumnElement[int]:
    return literal_column(_XMIN.format(table=table.__tablename__), BigInteger)


async def subjects_read(session: AsyncSession, ids: Sequence[UUID | str | None]) -> list[tuple[SubjectCopy, Version]]:
    """The subjects that there are, each with its version."""
    if not ids:
        return []
    query = select(SubjectCopy, _version_of(SubjectCopy)).where(SubjectCopy.subject_id.in_(ids))
    return [(row, version) for row, version in await session.execute(query)]


async def agreements_read(
    session: AsyncSession, ids: Sequence[UUID | str | None]
) -> list[tuple[AgreementCopy, Version]]:
    """The agreements that there are, each with its version."""
    if not ids:
        return []
    query = select(AgreementCopy, _version_of(AgreementCopy)).where(AgreementCopy.agreement_id.in_(ids))
    return [(row, version) for row, version in await session.execute(query)]


async def pilot_read(session: AsyncSession, pilot: str) -> tuple[str | None, Version]:
    """What the pilot's numbers begin with, and its version."""
    query = select(PlaceCopy.content, _version_of(PlaceCopy)).where(_is_pilot(pilot))
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None, 0
    content, version = found
    return content.number_prefix if isinstance(content, PilotEvent) else None, version


async def lists_version(session: AsyncSession, pilot: str) -> Version:
    """The one version of a pilot's commodity lists and decisions."""
    found = await session.get(CopyVersion, (pilot, GOODS))
    return 0 if found is None else found.version


async def versions_now(session: AsyncSession, pilot: str, names: Iterable[Name]) -> dict[Name, Version]:
    """The versions that named rows have now, in one statement; a row that isn't there has none."""
    asked = list(names)
    subjects, agreements = ([key for kind, key in asked if kind == wanted] for wanted in (SUBJECT, AGREEMENT))
    parts: list[Select[str, str, int]] = [
        select(literal(PILOT), PlaceCopy.place_id, _version_of(PlaceCopy)).where(_is_pilot(pilot)),
        select(literal(GOODS), CopyVersion.pilot, CopyVersion.version).where(
            CopyVersion.pilot == pilot, CopyVersion.name == GOODS
        ),
        select(literal(SUBJECT), cast(SubjectCopy.subject_id, Text), _version_of(SubjectCopy)).where(
            SubjectCopy.subject_id.in_(subjects)
        ),
        select(literal(AGREEMENT), cast(AgreementCopy.agreement_id, Text), _version_of(AgreementCopy)).where(
            AgreementCopy.agreement_id.in_(agreements)
        ),
    ]
    rows = (await session.execute(union_all(*parts))).all()
    return {(row[0], UUID(row[1]) if row[0] in (SUBJECT, AGREEMENT) else row[1]): row[2] for row in rows}


def _is_pilot(pilot: str) -> ColumnElement[bool]:
    return and_(PlaceCopy.kind == PILOT, PlaceCopy.place_id == pilot)
