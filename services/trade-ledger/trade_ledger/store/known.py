"""Caches registry's copies in the process between requests, with the copies' versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.vocabulary.recognition import EntriesByPrefix, Verdict, by_prefix, entries_about, recognise
from trade_ledger.domain.parties import StallTerm, Standings
from trade_ledger.store.facts import (
    agreements_by_id,
    entries_in_force,
    stalls_of,
    standings_of,
    subjects_by_id,
)
from trade_ledger.store.pilots import heard_prefix
from trade_ledger.store.tables.copies import AgreementCopy, CopyVersion

PARTIES = "parties"
GOODS = "goods"
_MOST_REMEMBERED = 50_000
Versions = dict[str, int]


@dataclass(frozen=True, slots=True)
class Party:
    """A subject as registration looks at it."""

    pilot: str
    standings: Standings
    stalls: tuple[StallTerm, ...]


@dataclass(slots=True)
class Known:
    """Facts of one pilot; all of them are the copies' state at `versions`."""

    pilot: str
    versions: Versions
    prefix: str | None
    """What the pilot's numbers begin with; None before registry said it."""
    parties: dict[UUID, Party] = field(default_factory=dict)
    agreements: dict[UUID, AgreementCopy] = field(default_factory=dict)
    entries: dict[date, EntriesByPrefix] = field(default_factory=dict)
    verdicts: dict[tuple[date, str, str], Verdict] = field(default_factory=dict)

    def verdict(self, goods_name: str, hs_code: str, day: date) -> Verdict:
        """The verdict on goods; a name met before is not looked up again."""
        asked = (day, goods_name, hs_code)
        found = self.verdicts.get(asked)
        if found is None:
            if len(self.verdicts) >= _MOST_REMEMBERED:
                self.verdicts.clear()
            found = recognise(goods_name, hs_code, entries_about(hs_code, self.entries[day])).verdict
            self.verdicts[asked] = found
        return found


class KnownFacts:
    """The facts of a process, by pilot.

    Whoever decides on them says their versions in the statement that writes, and asks anew where they moved.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._known: dict[str, Known] = {}

    async def about(
        self,
        pilot: str,
        day: date,
        subjects: Iterable[UUID],
        agreements: Iterable[UUID],
        within: AsyncSession | None = None,
    ) -> Known:
        """The facts of a pilot, at least about these subjects, agreements and that day's lists."""
        known = self._known.get(pilot)
        if known is None:
            async with self._reading(within) as session:
                versions = await versions_of(session, pilot)
                known = self._known.setdefault(pilot, Known(pilot, versions, await heard_prefix(session, pilot)))
        missing_subjects = [each for each in subjects if each not in known.parties]
        missing_agreements = [each for each in agreements if each not in known.agreements]
        if missing_subjects or missing_agreements or day not in known.entries:
            async with self._reading(within) as session:
                await _load(session, known, day, missing_subjects, missing_agreements)
        return known

    @asynccontextmanager
    async def _reading(self, within: AsyncSession | None) -> AsyncIterator[AsyncSession]:
        """A session to read with, on the connection of who holds one: all who hold one could wait for a second.

        It is another session even then: what it read stays readable whatever becomes of the caller's.
        """
        if within is None:
            async with self._sessions() as session:
                yield session
        else:
            async with AsyncSession(await within.connection(), expire_on_commit=False) as session:
                yield session

    async def moved(self, known: Known, within: AsyncSession | None = None) -> bool:
        """Whether the copies changed since; then these facts are forgotten."""
        async with self._reading(within) as session:
            now = await versions_of(session, known.pilot)
        if now == known.versions:
            return False
        self.forget(known)
        return True

    def forget(self, known: Known) -> None:
        """Drop facts that no longer hold, unless newer ones took their place."""
        if self._known.get(known.pilot) is known:
            del self._known[known.pilot]


async def versions_of(session: AsyncSession, pilot: str) -> Versions:
    """The versions of a pilot's copies."""
    query = select(CopyVersion.name, CopyVersion.version).where(CopyVersion.pilot == pilot)
    return {PARTIES: 0, GOODS: 0} | {row.name: row.version for row in await session.execute(query)}


async def advance(session: AsyncSession, pilot: str, name: str) -> None:
    """One event more about these copies, in the transaction that changes them."""
    statement = insert(CopyVersion).values(pilot=pilot, name=name, version=1)
    following = {"version": CopyVersion.version + 1}
    await session.execute(statement.on_conflict_do_update(index_elements=["pilot", "name"], set_=following))


async def _load(session: AsyncSession, known: Known, day: date, subjects: list[UUID], agreements: list[UUID]) -> None:
    if subjects:
        rows = await subjects_by_id(session, subjects)
        known.parties |= {
            key: Party(row.pilot, standings_of(row) or {}, stalls_of(row))
            for key, row in rows.items()
            if row.pilot == known.pilot
        }
    if agreements:
        found = await agreements_by_id(session, agreements)
        known.agreements |= {key: row for key, row in found.items() if row.pilot == known.pilot}
    if day not in known.entries:
        known.entries[day] = by_prefix(await entries_in_force(session, known.pilot, day))
