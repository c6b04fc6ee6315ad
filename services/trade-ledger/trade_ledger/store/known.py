"""Caches registry's copies in the process between requests, each row with its own version."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.database import of_pilot
from shared.row_sets import as_rows, insert_of_rows, table_of
from shared.vocabulary.errors import Busy
from shared.vocabulary.recognition import EntriesByPrefix, Verdict, by_prefix, entries_about, recognise
from trade_ledger.domain.parties import HOLDING, StallTerm, Standings
from trade_ledger.store.facts import agreement_between, entries_in_force, stalls_of, standings_of
from trade_ledger.store.row_versions import (
    AGREEMENT,
    GOODS,
    PILOT,
    SUBJECT,
    Name,
    Version,
    agreements_read,
    lists_version,
    pilot_read,
    subjects_read,
    versions_now,
)
from trade_ledger.store.tables.copies import AgreementCopy, CopyVersion

TRIES = 8
"""How often a decision is made anew because the rows that it named changed under it."""
PARTIES = "parties"
"""The one version of all parties that HTTP processes of release 0.1.0 ask for, while they still run."""
_MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Party:
    """A subject as registration looks at it."""

    standings: Standings
    stalls: tuple[StallTerm, ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """The commodity lists and decisions in force on a day, and the verdicts reached on them."""

    day: date
    entries: EntriesByPrefix
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def verdict(self, goods_name: str, hs_code: str) -> Verdict:
        """The verdict on goods; a name met before is not looked up again."""
        asked = (goods_name, hs_code)
        found = self.verdicts.get(asked)
        if found is None:
            if len(self.verdicts) >= _MOST_REMEMBERED:
                self.verdicts.clear()
            found = recognise(goods_name, hs_code, entries_about(hs_code, self.entries)).verdict
            self.verdicts[asked] = found
        return found


@dataclass(frozen=True, slots=True)
class Copy:
    """What a named row says, None where it says nothing to this pilot, and the row's version: 0 where there is none."""

    content: Any
    version: Version


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that one decision names, as they were read; nothing of it changes."""

    pilot: str
    copies: dict[Name, Copy]

    @property
    def prefix(self) -> str | None:
        """What the pilot's numbers begin with; None before registry said it."""
        prefix: str | None = self.copies[PILOT, self.pilot].content
        return prefix

    @property
    def goods(self) -> Goods:
        """The lists of the day."""
        goods: Goods = self.copies[GOODS, self.pilot].content
        return goods

    def party(self, subject_id: UUID | None) -> Party | None:
        """A named subject; None where the pilot doesn't know it."""
        copy = self.copies.get((SUBJECT, subject_id))
        return None if copy is None else copy.content

    def agreement(self, agreement_id: UUID | None) -> AgreementCopy | None:
        """A named agreement; None where the pilot doesn't know it."""
        copy = self.copies.get((AGREEMENT, agreement_id))
        return None if copy is None else copy.content

    def version(self, kind: str, key: UUID | str | None) -> Version:
        """The version that a row had; 0 for a row that isn't there or isn't named."""
        copy = self.copies.get((kind, key))
        return 0 if copy is None else copy.version


class KnownFacts:
    """The facts of a process, row by row.

    Whoever decides on them says their versions in the statement that writes, and asks anew where they moved. An event
    about other rows moves none of these.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._copies: dict[str, dict[Name, Copy]] = {}
        self._loading: dict[tuple[str, Name], asyncio.Future[None]] = {}

    async def about(
        self,
        pilot: str,
        day: date,
        subjects: Iterable[UUID],
        agreements: Iterable[UUID],
        within: AsyncSession | None = None,
    ) -> Known:
        """The facts about these subjects and agreements, and that day's lists. Raises Busy if they don't rest."""
        names = _names(pilot, subjects, agreements)
        copies = self._copies.setdefault(pilot, {})
        for _ in range(TRIES):
            found = {name: copies[name] for name in names if name in copies}
            missing = [name for name in names if name not in found or not _is_of(name, found[name], day)]
            if not missing:
                return Known(pilot, found)
            if within is None:
                await self._load_once(pilot, missing, day)
            else:
                async with self._reading(pilot, within) as session:
                    self._keep(pilot, await _loaded(session, pilot, missing, day))
        raise keeps_changing()

    def remembered(self, pilot: str, day: date, subjects: Iterable[UUID], agreements: Iterable[UUID]) -> Known | None:
        """The same facts where the process has them all; None where it would have to ask."""
        copies, names = self._copies.get(pilot, {}), _names(pilot, subjects, agreements)
        found = {name: copies[name] for name in names if name in copies and _is_of(name, copies[name], day)}
        return Known(pilot, found) if len(found) == len(names) else None

    async def stands(self, pilot: str, subject_id: UUID, role: str, day: date) -> bool:
        """Whether the subject holds the role as it was read last: enough for who is judged again by what writes."""
        party = (await self.about(pilot, day, [subject_id], [])).party(subject_id)
        filed = None if party is None else party.standings.get(role)
        return filed is not None and filed.status in HOLDING

    async def _load_once(self, pilot: str, missing: Sequence[Name], day: date) -> None:
        """Load what nobody loads yet, and wait for who loads the rest: each row is read by one at a time.

        Who holds a connection doesn't come here: it would wait for one who waits for a connection.
        """
        mine = [name for name in missing if (pilot, name) not in self._loading]
        others = {self._loading[pilot, name] for name in missing if (pilot, name) in self._loading}
        if mine:
            done = asyncio.get_running_loop().create_future()
            self._loading |= {(pilot, name): done for name in mine}
            try:
                async with self._sessions(info=of_pilot(pilot)) as session:
                    self._keep(pilot, await _loaded(session, pilot, mine, day))
            finally:
                for name in mine:
                    del self._loading[pilot, name]
                done.set_result(None)
        for each in others:
            await each

    def _keep(self, pilot: str, loaded: dict[Name, Copy]) -> None:
        copies = self._copies.setdefault(pilot, {})
        if len(copies) + len(loaded) > _MOST_REMEMBERED:
            copies.clear()
        copies |= loaded

    async def export_agency_of(
        self, pilot: str, principal_id: UUID, agent_id: UUID, day: date, within: AsyncSession | None
    ) -> UUID | None:
        """The export agency of two parties that covers a day, the newest where there are several."""
        async with self._reading(pilot, within) as session:
            found = await agreement_between(session, pilot, "export_agency", principal_id, agent_id, day)
        return None if found is None else found.agreement_id

    @asynccontextmanager
    async def _reading(self, pilot: str, within: AsyncSession | None) -> AsyncIterator[AsyncSession]:
        """A session to read with, on the connection of who holds one: all who hold one could wait for a second.

        It is another session even then: what it read stays readable whatever becomes of the caller's.
        """
        if within is None:
            async with self._sessions(info=of_pilot(pilot)) as session:
                yield session
        else:
            async with AsyncSession(await within.connection(), expire_on_commit=False) as session:
                yield session

    async def moved(self, known: Known, within: AsyncSession | None = None) -> bool:
        """Whether a row that was named changed since; then those rows are forgotten, and no others."""
        copies = self._copies.setdefault(known.pilot, {})
        if any(copies.get(name) is not copy for name, copy in known.copies.items()):
            return True
        async with self._reading(known.pilot, within) as session:
            now = await versions_now(session, known.pilot, known.copies)
        outdated = [name for name, copy in known.copies.items() if now.get(name, 0) != copy.version]
        for name in outdated:
            if copies.get(name) is known.copies[name]:
                del copies[name]
        return bool(outdated)

    def forget(self, known: Known, *names: Name) -> None:
        """Read these rows again next time, unless they were meanwhile."""
        copies = self._copies.setdefault(known.pilot, {})
        for name in names:
            if copies.get(name) is known.copies[name]:
                del copies[name]


def keeps_changing() -> Busy:
    """The refusal where no decision could be made on rows that stood still."""
    return Busy("facts_keep_changing", f"the facts that it names changed {TRIES} times while it was decided")


def _names(pilot: str, subjects: Iterable[UUID], agreements: Iterable[UUID]) -> set[Name]:
    named = {(PILOT, pilot), (GOODS, pilot)}
    return named | {(SUBJECT, each) for each in subjects} | {(AGREEMENT, each) for each in agreements}


def _is_of(name: Name, copy: Copy, day: date) -> bool:
    return name[0] != GOODS or copy.content.day == day


async def _loaded(session: AsyncSession, pilot: str, names: Sequence[Name], day: date) -> dict[Name, Copy]:
    """The rows as they are; for the lists the version is read first, so that it is never newer than they."""
    loaded = {name: Copy(None, 0) for name in names}
    asked = {kind: [key for each, key in names if each == kind] for kind in (SUBJECT, AGREEMENT, PILOT, GOODS)}
    for subject, version in await subjects_read(session, asked[SUBJECT]):
        party = Party(standings_of(subject) or {}, stalls_of(subject)) if subject.pilot == pilot else None
        loaded[SUBJECT, subject.subject_id] = Copy(party, version)
    for agreement, version in await agreements_read(session, asked[AGREEMENT]):
        loaded[AGREEMENT, agreement.agreement_id] = Copy(agreement if agreement.pilot == pilot else None, version)
    if asked[PILOT]:
        loaded[PILOT, pilot] = Copy(*await pilot_read(session, pilot))
    if asked[GOODS]:
        version = await lists_version(session, pilot)
        goods = Goods(day, by_prefix(await entries_in_force(session, pilot, day)))
        loaded[GOODS, pilot] = Copy(goods, version)
    return loaded


async def advance(session: AsyncSession, name: str, pilots: Iterable[str]) -> None:
    """One event more for each pilot that is named, about copies that have one version together, in the transaction
    that changes them.
    """
    said = [{"pilot": pilot, "name": name, "version": events} for pilot, events in sorted(Counter(pilots).items())]
    table = table_of(CopyVersion)
    statement = insert_of_rows(table, ("pilot", "name", "version"))
    following = {"version": table.c.version + statement.excluded.version}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["pilot", "name"], set_=following), as_rows(table, said)
    )
