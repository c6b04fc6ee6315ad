"""Reads trade-ledger's copies of other services' facts for its decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.database import in_force_on
from shared.events.registry import BankEvent, PilotEvent, PortEvent, SiteEvent
from shared.scope import Scope
from shared.vocabulary.legal_time import in_force
from shared.vocabulary.recognition import Entry, decided, listed
from trade_ledger.domain.parties import RoleStanding, StallTerm, Standings
from trade_ledger.domain.submission import Held
from trade_ledger.store.tables.copies import (
    AgreementCopy,
    CommodityDecisionCopy,
    CommodityEntryCopy,
    CommodityListCopy,
    GradeCopy,
    PlaceCopy,
    SubjectCopy,
)

CONFIRMED = "confirmed"


def standings_of(subject: SubjectCopy | None) -> Standings | None:
    """A subject's filings by role."""
    if subject is None:
        return None
    return {role.role: RoleStanding(role.status, role.stop_order, role.effective_from) for role in subject.roles}


async def standings_in_pilot(session: AsyncSession, act: Act) -> Standings | None:
    """The filings by role of the party that acts."""
    row = None if act.subject_id is None else await session.get(SubjectCopy, UUID(act.subject_id))
    return standings_of(row) if row is not None and row.pilot == act.pilot else None


def stalls_of(subject: SubjectCopy) -> tuple[StallTerm, ...]:
    """A subject's stalls with their days."""
    return tuple(StallTerm(stall.stall_number, stall.valid_from, stall.valid_to) for stall in subject.stalls)


def qualifications_of(subject: SubjectCopy | None) -> list[Held]:
    """What a subject holds or held; a value that its kind doesn't have is nothing held."""
    held = subject.qualifications if subject else ()
    return [Held(each.kind, each.valid_from, each.valid_to) for each in held if each.is_known]


async def subjects_by_id(session: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, SubjectCopy]:
    """The subjects known here."""
    wanted = [each for each in ids if each is not None]
    query = select(SubjectCopy).where(SubjectCopy.subject_id.in_(wanted))
    return {row.subject_id: row for row in (await session.execute(query)).scalars()}


async def agreements_by_id(session: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, AgreementCopy]:
    """The agreements known here."""
    wanted = [each for each in ids if each is not None]
    query = select(AgreementCopy).where(AgreementCopy.agreement_id.in_(wanted))
    return {row.agreement_id: row for row in (await session.execute(query)).scalars()}


async def agreement_between(
    session: AsyncSession, pilot: str, kind: str, principal_id: UUID, agent_id: UUID, day: date | None
) -> AgreementCopy | None:
    """The newest confirmed agreement of two parties, preferably one that covers the day."""
    query = select(AgreementCopy).where(
        AgreementCopy.pilot == pilot,
        AgreementCopy.kind == kind,
        AgreementCopy.principal_id == principal_id,
        AgreementCopy.agent_id == agent_id,
        AgreementCopy.status == CONFIRMED,
    )
    return newest_agreement((await session.execute(query)).scalars(), day)


def newest_agreement(agreements: Iterable[AgreementCopy], day: date | None) -> AgreementCopy | None:
    """The newest, preferably one that covers the day."""

    def rank(each: AgreementCopy) -> tuple[bool, UUID]:
        return day is not None and in_force(each.valid_from, each.valid_to, day), each.agreement_id

    return max(agreements, key=rank, default=None)


async def entries_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    """The entries of the newest complete version of each list in force, and the decisions in force."""
    counted = (
        select(CommodityEntryCopy.list_id, func.count().label("here")).group_by(CommodityEntryCopy.list_id).subquery()
    )
    lists = (
        select(CommodityListCopy)
        .join(counted, counted.c.list_id == CommodityListCopy.list_id)
        .where(
            CommodityListCopy.pilot == pilot,
            CommodityListCopy.effective_from <= day,
            counted.c.here == CommodityListCopy.entry_count,
        )
        .order_by(CommodityListCopy.version)
    )
    newest = {row.kind: row for row in (await session.execute(lists)).scalars()}
    named = {row.list_id: f"{row.kind}@{row.version}" for row in newest.values()}
    rows = await session.execute(select(CommodityEntryCopy).where(CommodityEntryCopy.list_id.in_(named)))
    entries = [
        Entry(
            reference=listed(named[row.list_id], row.entry_no),
            number=row.entry_no,
            hs_prefix=row.hs_prefix,
            keywords=row.keywords,
            verdict=row.verdict,
            reason=row.reason,
            reason_zh=row.reason_zh,
            barred_from_simplification=row.barred_from_simplification,
        )
        for row in rows.scalars()
    ]
    return entries + await _decisions_in_force(session, pilot, day)


async def _decisions_in_force(session: AsyncSession, pilot: str, day: date) -> list[Entry]:
    table = CommodityDecisionCopy
    query = select(table).where(
        table.pilot == pilot,
        in_force_on(table.effective_from, table.expires_on, day),
    )
    return [
        Entry(
            decided(row.decision_id),
            row.hs_code,
            (row.goods_name,),
            row.verdict,
            row.reason,
            row.reason,
            by_person=True,
        )
        for row in (await session.execute(query.order_by(table.decided_at.desc()))).scalars()
    ]


async def pilot_named(session: AsyncSession, pilot: str) -> PilotEvent | None:
    """A pilot's own data."""
    row = await session.get(PlaceCopy, ("pilot", pilot))
    return row.content if row is not None and isinstance(row.content, PilotEvent) else None


def site_is_filed(site_id: UUID, scope: Scope) -> ColumnElement[bool]:
    """Whether a site is a supervised one of the scope's pilot on its day, for a condition of a query."""
    row, day = PlaceCopy, scope.today.isoformat()
    valid_to = row.content["valid_to"].astext
    query = select(row.place_id).where(
        row.kind == "site",
        row.place_id == str(site_id),
        row.pilot == scope.pilot,
        row.content["kind"].astext == "supervised_site",
        row.content["valid_from"].astext <= day,
        or_(valid_to.is_(None), valid_to >= day),
    )
    return query.exists()


async def bank_in_force(session: AsyncSession, bank_id: UUID, pilot: str, day: date) -> bool:
    """Whether a bank is a filed handling bank of the pilot on a day (R-FILE-9)."""
    row = await session.get(PlaceCopy, ("bank", str(bank_id)))
    bank = None if row is None else row.content
    return isinstance(bank, BankEvent) and bank.pilot == pilot and in_force(bank.valid_from, bank.valid_to, day)


async def place_in_force(session: AsyncSession, site_id: UUID, pilot: str, day: date) -> bool:
    """Whether a site or warehouse of the pilot is filed on a day (R-FILE-9)."""
    row = await session.get(PlaceCopy, ("site", str(site_id)))
    site = None if row is None else row.content
    return isinstance(site, SiteEvent) and site.pilot == pilot and in_force(site.valid_from, site.valid_to, day)


async def site_in_force(session: AsyncSession, pilot: str, site_id: UUID, on: date) -> SiteEvent | None:
    """A pilot's supervised site, if it is one on a day; a warehouse is none (R-FILE-9)."""
    row = await session.get(PlaceCopy, ("site", str(site_id)))
    site = row.content if row is not None else None
    if not isinstance(site, SiteEvent) or site.pilot != pilot or site.kind != "supervised_site":
        return None
    return site if in_force(site.valid_from, site.valid_to, on) else None


async def port_in_force(session: AsyncSession, pilot: str, port_code: str, on: date) -> PortEvent | None:
    """A pilot's port of exit, if it is designated on a day (R-FILE-9)."""
    row = await session.get(PlaceCopy, ("port", f"{pilot}:{port_code}"))
    port = row.content if row is not None else None
    if not isinstance(port, PortEvent):
        return None
    return port if in_force(port.valid_from, port.valid_to, on) else None


async def grade_of(session: AsyncSession, subject_id: UUID, authority: str, on: date) -> GradeCopy | None:
    """A subject's grade in force on a date on an authority's own scale."""
    query = (
        select(GradeCopy)
        .where(GradeCopy.subject_id == subject_id, GradeCopy.authority == authority, GradeCopy.effective_from <= on)
        .order_by(GradeCopy.effective_from.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar()
