"""Questions about subjects and their filings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, defer

from registry.domain.lifecycle import ACTIVE, EDITS
from registry.domain.speaking import Asker, speaks_for
from registry.store.tables import (
    AgreementRow,
    CreditGradeRow,
    RoleFilingRow,
    SubjectAmendmentRow,
    SubjectRow,
    SubjectVersionRow,
    messaging,
)
from shared.act import Act
from shared.events.registry import SUBJECTS
from shared.rows import announced_since, any_in, has_account_at, narrowed, row_seen
from shared.scope import OfBank, OfSubject, Scope, reached, within
from shared.sealing import ERASED
from shared.vocabulary.errors import Conflict, Hidden, NotFound, Stale


async def subject_for_update(session: AsyncSession, subject_id: UUID) -> SubjectRow | None:
    """The subject, locked until commit."""
    return await session.get(SubjectRow, subject_id, with_for_update=True, populate_existing=True)


async def subject_by_identity(session: AsyncSession, pilot: str, indexes: Sequence[str]) -> SubjectRow | None:
    """The one subject of an identity, locked until commit; of several under former indexes the one filed first."""
    query = select(SubjectRow).where(SubjectRow.pilot == pilot, SubjectRow.identity_index.in_(indexes))
    return (await session.execute(query.order_by(SubjectRow.id).limit(1).with_for_update())).scalar_one_or_none()


async def filings_of(session: AsyncSession, subject_id: UUID) -> list[RoleFilingRow]:
    """A subject's filings in the order of their roles."""
    query = select(RoleFilingRow).where(RoleFilingRow.subject_id == subject_id).order_by(RoleFilingRow.role)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def filings_in(session: AsyncSession, subject_id: UUID, pilot: str) -> list[RoleFilingRow]:
    """A subject's filings in a pilot."""
    return [row for row in await filings_of(session, subject_id) if row.pilot == pilot]


async def filings_of_many(session: AsyncSession, ids: list[UUID]) -> dict[UUID, list[RoleFilingRow]]:
    """The filings of several subjects."""
    found: dict[UUID, list[RoleFilingRow]] = {subject_id: [] for subject_id in ids}
    query = select(RoleFilingRow).where(RoleFilingRow.subject_id.in_(ids)).order_by(RoleFilingRow.role)
    for row in (await session.execute(query)).scalars():
        found[row.subject_id].append(row)
    return found


def asker_in(scope: Scope) -> Asker:
    """The party that asks, as the rule on speaking for a subject sees it."""
    return Asker(scope.party if isinstance(scope, OfSubject) else None, scope.account)


def asker_of(act: Act) -> Asker:
    """Who acts, as the rule on speaking for a subject sees it."""
    return Asker(UUID(act.subject_id) if act.subject_id else None, act.actor)


def speaks(asker: Asker, subject: SubjectRow, filings: Sequence[RoleFilingRow]) -> bool:
    """Whether the asker speaks for the subject (`registry.domain.speaking`)."""
    return speaks_for(asker, subject.id, subject.account, (row.filed_by for row in filings))


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
    erased_too: bool = False,
) -> SubjectRow:
    """The subject at the version the caller saw; somebody else's is hidden from a party, an erased one stays as it is.

    Who filed a role for another acts on that filing; on the subject itself (no `role`) as long as it speaks for it.
    """
    subject = await subject_for_update(session, subject_id)
    if subject is None or subject.pilot != act.pilot:
        raise NotFound(f"no subject {subject_id}")
    if act.role not in open_to:
        asker, filings = asker_of(act), await filings_of(session, subject_id)
        filed = asker.party is not None and any((row.role, row.filed_by) == (role, asker.party) for row in filings)
        if not filed and not speaks(asker, subject, filings):
            raise Hidden(f"subject {subject_id} is somebody else's")
    if subject.version != version:
        raise Stale(f"the subject has version {subject.version}")
    if subject.data_key == ERASED and not erased_too:
        raise Conflict("subject_erased")
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
    made = await subject_by_identity(session, row["pilot"], [row["identity_index"]])
    if made is None:
        raise RuntimeError("the subject vanished between insert and read")
    return made


async def newest_grade(session: AsyncSession, subject_id: UUID, authority: str) -> int:
    """The number of the subject's newest grade on an authority's scale, 0 before the first."""
    table = CreditGradeRow
    query = select(func.max(table.sequence)).where(table.subject_id == subject_id, table.authority == authority)
    return await session.scalar(query) or 0


def subjects_seen_by(scope: Scope) -> Select[SubjectRow]:
    """The subjects that a caller sees at all: those seen whole, and as masks those that its party filed."""
    query = _seen_by(scope)
    if isinstance(scope, OfBank):
        # Of one subject its own accounts are asked; a list needs an index of all who name the bank.
        return query.where(SubjectRow.id.in_(select(func.subjects_naming_bank(str(scope.party)))))
    return query


def _seen_by(scope: Scope) -> Select[SubjectRow]:
    row, seen = SubjectRow, _seen_whole(scope)
    return within(
        select(row), row, scope, subject=lambda party: or_(seen, _filed_by(party)), bank=lambda _: seen, newcomer=seen
    )


async def subject_seen(session: AsyncSession, scope: Scope, subject_id: UUID) -> SubjectRow:
    """The subject, if the caller may see it, whole or masked; somebody else's is hidden."""
    return await row_seen(session, _seen_by(scope), subject_id, pilot=scope.pilot, what="subject")


def _seen_whole(scope: Scope) -> ColumnElement[bool]:
    """What narrows by a subject's own data: for whom a party speaks, and its counterparties; a bank's clients.

    What a party is shown of a row is decided by `speaks_for` alone.
    """
    row = SubjectRow

    def own(party: UUID) -> ColumnElement[bool]:
        alone = and_(row.account.is_(None), row.id == any_in(_filed_alone_by(party)))
        return or_(row.id == party, row.id == any_in(_counterparties(party)), alone)

    return reached(
        scope,
        subject=own,
        bank=lambda bank: has_account_at(row.qualifications, bank, scope.today),
        newcomer=row.account == scope.account,
    )


def _filed_by(party: UUID) -> ColumnElement[bool]:
    return SubjectRow.id == any_in(select(RoleFilingRow.subject_id).where(RoleFilingRow.filed_by == party))


def _filed_alone_by(party: UUID) -> Select[UUID]:
    filing, other = aliased(RoleFilingRow), aliased(RoleFilingRow)
    by_others = select(other.id).where(other.subject_id == filing.subject_id, other.filed_by.is_distinct_from(party))
    return select(filing.subject_id).where(filing.filed_by == party, ~by_others.exists())


def _counterparties(party: UUID) -> Select[UUID]:
    """A proposal shows the proposer to the other party; the other party shows itself by confirming."""
    own = AgreementRow.principal_id == party
    other = case((own, AgreementRow.agent_id), else_=AgreementRow.principal_id)
    shown = case((own, AgreementRow.agent_confirmed_at), else_=AgreementRow.principal_confirmed_at)
    return select(other).where(or_(own, AgreementRow.agent_id == party), shown.is_not(None))


async def counterparties_among(session: AsyncSession, party: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the subjects that showed themselves to the party by an agreement."""
    query = select(SubjectRow.id).where(SubjectRow.id.in_(ids), SubjectRow.id.in_(_counterparties(party)))
    return set((await session.execute(query)).scalars())


async def editors_of(session: AsyncSession, subject_id: UUID, role: str) -> set[str]:
    """The accounts that gave the filing of a role, in any version, its content; qualifications belong to every role.

    The content of an approved amendment is that of who proposed it.
    """
    table, proposed = SubjectVersionRow, SubjectAmendmentRow
    query = select(table.actor).where(
        table.subject_id == subject_id, table.step.in_(EDITS), or_(table.role == role, table.role.is_(None))
    )
    amended = select(proposed.proposed_by).where(
        proposed.subject_id == subject_id,
        proposed.status == "approved",
        or_(proposed.role == role, proposed.role.is_(None)),
    )
    return set((await session.execute(query.union(amended))).scalars())


def grades_of(subject_id: UUID) -> Select[CreditGradeRow]:
    """Every grade of a subject on every scale."""
    return select(CreditGradeRow).where(CreditGradeRow.subject_id == subject_id)


async def all_grades_of(session: AsyncSession, subject_id: UUID) -> list[CreditGradeRow]:
    """Every grade of a subject, oldest first."""
    query = grades_of(subject_id).order_by(CreditGradeRow.authority, CreditGradeRow.sequence)
    return list((await session.execute(query)).scalars())


def subjects_filed(
    query: Select[SubjectRow], scope: Scope, *, role: str | None = None, status: str | None = None
) -> Select[SubjectRow]:
    """Of these subjects, those that have a filing of the role, in the state, or of the role in the state.

    A filing that the caller doesn't see isn't found by it.
    """
    asked = [RoleFilingRow.role == role] * (role is not None) + [RoleFilingRow.status == status] * (status is not None)
    if not asked:
        return query
    seen = _seen_whole(scope)
    if isinstance(scope, OfSubject):
        seen = or_(seen, RoleFilingRow.filed_by == scope.party)
    return query.where(select(RoleFilingRow.id).where(RoleFilingRow.subject_id == SubjectRow.id, *asked, seen).exists())


def subjects_like(query: Select[SubjectRow], *, updated_since: datetime | None, **columns: Any) -> Select[SubjectRow]:
    """Of these subjects, those that are what is asked for."""
    query = narrowed(query, SubjectRow, columns)
    return announced_since(query, messaging.outbox, SUBJECTS.name, SubjectRow.id, updated_since)


def subjects_named(query: Select[SubjectRow], scope: Scope, name: str, indexes: Sequence[str]) -> Select[SubjectRow]:
    """Of these subjects, the enterprises with `name` in their name, and the persons of exactly that name.

    Who filed one for somebody else finds it by the name that it stated itself.
    """
    part = and_(~SubjectRow.natural_person, SubjectRow.display_name.icontains(name, autoescape=True))
    named = and_(_seen_whole(scope), or_(part, SubjectRow.name["blind_index"].astext.in_(indexes)))
    if not isinstance(scope, OfSubject):
        return query.where(named)
    stated = select(RoleFilingRow.id).where(
        RoleFilingRow.subject_id == SubjectRow.id,
        RoleFilingRow.filed_by == scope.party,
        RoleFilingRow.stated_name.icontains(name, autoescape=True),
    )
    return query.where(or_(named, and_(~SubjectRow.natural_person, stated.exists())))


def summaries_of(query: Select[SubjectRow]) -> Select[SubjectRow]:
    """These subjects without their stalls and qualifications."""
    return query.options(defer(SubjectRow.stalls, raiseload=True), defer(SubjectRow.qualifications, raiseload=True))
