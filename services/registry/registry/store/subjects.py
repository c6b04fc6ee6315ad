"""Questions about subjects and their filings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from registry.domain.filing import speaks_for
from registry.domain.lifecycle import ACTIVE
from registry.store.tables import AgreementRow, CreditGradeRow, RoleFilingRow, SubjectRow, SubjectVersionRow, messaging
from shared.act import Act
from shared.events.registry import SUBJECTS
from shared.rows import announced_since, narrowed
from shared.vocabulary.errors import Hidden, NotFound, Stale


async def subject_for_update(session: AsyncSession, subject_id: UUID) -> SubjectRow | None:
    """The subject, locked until commit."""
    return await session.get(SubjectRow, subject_id, with_for_update=True, populate_existing=True)


async def subject_by_identity(
    session: AsyncSession, pilot: str, identity_index: str, former: Sequence[str] = ()
) -> SubjectRow | None:
    """The one subject of an identity, locked until commit; of several under former indexes the one filed first."""
    query = select(SubjectRow).where(
        SubjectRow.pilot == pilot, SubjectRow.identity_index.in_((identity_index, *former))
    )
    return (await session.execute(query.order_by(SubjectRow.id).limit(1).with_for_update())).scalar_one_or_none()


async def filings_of(session: AsyncSession, subject_id: UUID) -> list[RoleFilingRow]:
    """A subject's filings in the order of their roles."""
    query = select(RoleFilingRow).where(RoleFilingRow.subject_id == subject_id).order_by(RoleFilingRow.role)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def filings_of_many(session: AsyncSession, ids: list[UUID]) -> dict[UUID, list[RoleFilingRow]]:
    """The filings of several subjects."""
    found: dict[UUID, list[RoleFilingRow]] = {subject_id: [] for subject_id in ids}
    query = select(RoleFilingRow).where(RoleFilingRow.subject_id.in_(ids)).order_by(RoleFilingRow.role)
    for row in (await session.execute(query)).scalars():
        found[row.subject_id].append(row)
    return found


async def active_roles_of(session: AsyncSession, subject_id: UUID, pilot: str) -> frozenset[str]:
    """The roles in which a subject may act now in the pilot; another pilot's filings don't count (V69)."""
    filings = await filings_of(session, subject_id)
    return frozenset(row.role for row in filings if row.status in ACTIVE and row.pilot == pilot)


async def subject_to_change(
    session: AsyncSession,
    subject_id: UUID,
    version: int,
    act: Act,
    *,
    role: str | None,
    open_to: frozenset[str] = frozenset({"commerce"}),
) -> SubjectRow:
    """The subject at the version the caller saw; somebody else's is hidden from a party.

    Who filed a role for another acts on that filing; on the subject itself (no `role`) as long as it speaks for it.
    """
    subject = await subject_for_update(session, subject_id)
    if subject is None or subject.pilot != act.pilot:
        raise NotFound(f"no subject {subject_id}")
    party = UUID(act.subject_id) if act.subject_id else None
    if act.role not in open_to and not is_own(subject, party, act.actor):
        filed_by = {row.role: row.filed_by for row in await filings_of(session, subject_id)}
        filed = party is not None and filed_by.get(role or "") == party
        if not filed and (role is not None or not speaks_for(party, subject.account, filed_by.values())):
            raise Hidden(f"subject {subject_id} is somebody else's")
    if subject.version != version:
        raise Stale(f"the subject has version {subject.version}")
    return subject


async def filing_of_role(session: AsyncSession, subject_id: UUID, role: str) -> RoleFilingRow:
    """The filing of the role, under the subject's lock; NotFound where there is none."""
    filing = next((row for row in await filings_of(session, subject_id) if row.role == role), None)
    if filing is None:
        raise NotFound(f"no filing of role {role}")
    return filing


async def subject_made(session: AsyncSession, row: dict[str, Any]) -> SubjectRow:
    """The one subject of the row's identity, made of the row where none is there, locked until commit.

    Of two who make it at once the second waits for the first.
    """
    making = insert(SubjectRow).values(row)
    await session.execute(making.on_conflict_do_nothing(index_elements=["pilot", "identity_index"]))
    made = await subject_by_identity(session, row["pilot"], row["identity_index"])
    if made is None:
        raise RuntimeError("the subject vanished between insert and read")
    return made


async def newest_grade(session: AsyncSession, subject_id: UUID, authority: str) -> int:
    """The number of the subject's newest grade on an authority's scale, 0 before the first."""
    table = CreditGradeRow
    query = select(func.max(table.sequence)).where(table.subject_id == subject_id, table.authority == authority)
    return await session.scalar(query) or 0


def subjects_seen_by(pilot: str, subject_id: UUID | None, account: str, *, all_of_them: bool) -> Select[SubjectRow]:
    """The subjects a caller may see: all, or its own, those it filed, and its counterparties.

    A proposal shows the proposer to the other party; the other party shows itself by confirming.
    """
    query = select(SubjectRow).where(SubjectRow.pilot == pilot)
    if all_of_them:
        return query
    mine = [SubjectRow.account == account]
    if subject_id is not None:
        filed = select(RoleFilingRow.subject_id).where(RoleFilingRow.filed_by == subject_id)
        agents = select(AgreementRow.agent_id).where(
            AgreementRow.principal_id == subject_id, AgreementRow.agent_confirmed_at.is_not(None)
        )
        principals = select(AgreementRow.principal_id).where(
            AgreementRow.agent_id == subject_id, AgreementRow.principal_confirmed_at.is_not(None)
        )
        mine += [SubjectRow.id == subject_id]
        mine += [SubjectRow.id.in_(others) for others in (filed, agents, principals)]
    return query.where(or_(*mine))


def versions_of(subject_id: UUID) -> Select[SubjectVersionRow]:
    """Every state a subject had."""
    return select(SubjectVersionRow).where(SubjectVersionRow.subject_id == subject_id)


async def versions_before(session: AsyncSession, ids: set[UUID], instant: datetime) -> dict[UUID, SubjectVersionRow]:
    """The last state each of the subjects had before an instant; those not filed by then are missing."""
    table = SubjectVersionRow
    query = (
        select(table)
        .where(table.subject_id.in_(ids), table.at < instant)
        .ext(distinct_on(table.subject_id))
        .order_by(table.subject_id, table.version.desc())
    )
    return {row.subject_id: row for row in (await session.execute(query)).scalars()}


def grades_of(subject_id: UUID) -> Select[CreditGradeRow]:
    """Every grade of a subject on every scale."""
    return select(CreditGradeRow).where(CreditGradeRow.subject_id == subject_id)


def is_own(subject: SubjectRow, subject_id: UUID | None, account: str) -> bool:
    """Whether a party is the subject itself: by its token, or by the account that filed it."""
    return subject.id == subject_id or subject.account == account


def subjects_filed(
    query: Select[SubjectRow], *, role: str | None = None, status: str | None = None
) -> Select[SubjectRow]:
    """Of these subjects, those that have a filing of the role, in the state, or of the role in the state."""
    asked = [RoleFilingRow.role == role] * (role is not None) + [RoleFilingRow.status == status] * (status is not None)
    if not asked:
        return query
    return query.where(select(RoleFilingRow.id).where(RoleFilingRow.subject_id == SubjectRow.id, *asked).exists())


def subjects_like(query: Select[SubjectRow], *, updated_since: datetime | None, **columns: Any) -> Select[SubjectRow]:
    """Of these subjects, those that are what is asked for."""
    query = narrowed(query, SubjectRow, columns)
    return announced_since(query, messaging.outbox, SUBJECTS.name, SubjectRow.id, updated_since)


def subjects_named(query: Select[SubjectRow], name: str, name_index: str) -> Select[SubjectRow]:
    """Of these subjects, the enterprises with `name` in their name, and the persons of exactly that name."""
    part = and_(~SubjectRow.natural_person, SubjectRow.display_name.icontains(name, autoescape=True))
    return query.where(or_(part, SubjectRow.name["blind_index"].astext == name_index))


def summaries_of(query: Select[SubjectRow]) -> Select[SubjectRow]:
    """These subjects without their stalls and qualifications."""
    return query.options(defer(SubjectRow.stalls, raiseload=True), defer(SubjectRow.qualifications, raiseload=True))
