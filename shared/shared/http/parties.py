"""The party that a token names must be filed and in force, in every service alike (R-FILE-1, R-FILE-3, R-FILE-9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import of_pilot
from shared.http.identity import Caller
from shared.scope import NAMED
from shared.vocabulary.errors import PartyNotFiled
from shared.vocabulary.standing import Filing, Standing, may_act, standing_in

FilingsOf = Callable[[AsyncSession, UUID, str], Awaitable[Iterable[Filing]]]
"""The filings of a subject of a pilot; none for one that isn't known there."""
IsFiled = Callable[[AsyncSession, UUID, str, date], Awaitable[bool]]
"""Whether a bank or site of a pilot is filed on a day."""


def filings_in(copies: Any) -> FilingsOf:
    """The filings as the table of a service's copies of subjects has them."""

    async def filings_of(session: AsyncSession, subject_id: UUID, pilot: str) -> Iterable[Filing]:
        row = await session.get(copies, subject_id)
        return () if row is None or row.pilot != pilot else row.roles

    return filings_of


async def _nobody(session: AsyncSession, party_id: UUID, pilot: str, day: date) -> bool:
    return False


async def _nothing(runtime: Any, caller: Caller, operation: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Parties:
    """What a service knows of parties, from its own copies; it gives no access to kinds of which it keeps none.

    `remembers`: whether the process knows the party as in force without asking, for an operation whose own statement
    judges the party once more.
    """

    filings: FilingsOf
    banks: IsFiled = _nobody
    sites: IsFiled = _nobody
    remembers: Callable[[Any, Caller, str], Awaitable[bool]] = _nothing

    async def standing(self, session: AsyncSession, caller: Caller, today: date) -> Standing:
        """How the party of the caller stands in the caller's role."""
        named, pilot = NAMED[caller.role], caller.pilot
        if named == "subject":
            filings = () if caller.subject_id is None else await self.filings(session, caller.subject_id, pilot)
            return standing_in(caller.role, filings)
        party_id, is_filed = (caller.bank_id, self.banks) if named == "bank" else (caller.site_id, self.sites)
        filed = party_id is not None and await is_filed(session, party_id, pilot, today)
        return Standing.IN_FORCE if filed else Standing.UNFILED


async def require_filed(request: Request, caller: Caller, operation: str, today: date, *, also_ended: bool) -> None:
    """PartyNotFiled where the party that the caller's token names may not act; officers name none.

    A read goes on in the session that asked: `end_reading` closes it.
    """
    if caller.role not in NAMED:
        return
    runtime: Any = request.app.state.runtime
    parties: Parties = request.app.state.parties
    if await parties.remembers(runtime, caller, operation):
        return
    reads = request.method == "GET"
    session: AsyncSession = runtime.sessions(info=of_pilot(caller.pilot))
    request.state.session = session
    standing = await parties.standing(session, caller, today)
    if not reads:
        await end_reading(request)
    _require(caller, standing, reads=reads, also_ended=also_ended)


def session_begun(request: Request) -> AsyncSession | None:
    """The session in which it was asked whether the party of a read is filed, if it was."""
    begun: AsyncSession | None = getattr(request.state, "session", None)
    return begun


async def end_reading(request: Request) -> None:
    """Close that session: its connection is free before the answer leaves, and before anything else takes one."""
    if (session := session_begun(request)) is not None:
        request.state.session = None
        await session.close()


def require_standing(caller: Caller, filings: Iterable[Filing], *, reads: bool, also_ended: bool = False) -> None:
    """PartyNotFiled where the subject that the caller's token names may not act, as its filings were just read."""
    if NAMED.get(caller.role) == "subject":
        _require(caller, standing_in(caller.role, filings), reads=reads, also_ended=also_ended)


def _require(caller: Caller, standing: Standing, *, reads: bool, also_ended: bool) -> None:
    if not may_act(standing, reads=reads, also_ended=also_ended):
        raise PartyNotFiled(NAMED[caller.role], ended=standing is Standing.ENDED)
