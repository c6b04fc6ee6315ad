"""A call for another party: the header names it, and the delegation on file gives the right (V65)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.database import of_pilot
from shared.http.identity import Caller
from shared.vocabulary.errors import Forbidden
from shared.vocabulary.legal_time import legal_date

HEADER = "on-behalf-of"


class Held(Protocol):
    """A delegation as a service knows it."""

    @property
    def delegation_id(self) -> UUID: ...
    @property
    def role(self) -> str: ...
    @property
    def grantor_id(self) -> UUID: ...


class Delegations(Protocol):
    """What a service knows of delegations; `acts` are its operations that may be done under one, with their act."""

    @property
    def acts(self) -> Mapping[str, str]: ...

    async def find(
        self, session: AsyncSession, caller: Caller, told_as: str, grantor_id: UUID, act: str, today: date
    ) -> Held | None:
        """The delegation in force by which a caller may do an act for a party."""

    async def hold(self, session: AsyncSession, delegation_id: UUID, today: date) -> bool:
        """Whether it is in force still; until the transaction ends, nobody ends it here."""

    async def note(
        self,
        session: AsyncSession,
        delegation_id: UUID,
        operation: str,
        target: str | None,
        value: Decimal | None,
        act: Act,
    ) -> None:
        """Keep what was done under it."""


async def acting_for(request: Request, caller: Caller, operation: str, named: str) -> Caller:
    """The caller as the party that it acts for, in that party's role; Forbidden without a delegation in force.

    The answer is the same whether there is no such party, no delegation, another act, or another day.
    """
    delegations: Delegations | None = request.app.state.delegations
    wanted = None if delegations is None else delegations.acts.get(operation)
    if delegations is None or wanted is None:
        raise Forbidden(f"{operation} isn't done for another party")
    runtime: Any = request.app.state.runtime
    try:
        grantor_id = UUID(named)
    except ValueError:
        raise Forbidden("On-Behalf-Of names no party by its id") from None
    found = None
    if caller.is_party:
        told_as = runtime.actors.opaque(caller.issuer, caller.actor)
        async with runtime.sessions(info=of_pilot(caller.pilot)) as session:
            today = legal_date(runtime.clock.now())
            found = await delegations.find(session, caller, told_as, grantor_id, wanted, today)
    if found is None:
        raise Forbidden(f"no delegation in force lets the caller {wanted} for the party that On-Behalf-Of names")
    return replace(caller, role=found.role, subject_id=found.grantor_id, delegation_id=found.delegation_id)


async def require_held(request: Request, session: AsyncSession, caller: Caller, act: Act) -> None:
    """Forbidden where the delegation ended meanwhile: an act precedes the end, or isn't done."""
    if caller.delegation_id is None:
        return
    delegations: Delegations = request.app.state.delegations
    if not await delegations.hold(session, caller.delegation_id, legal_date(act.now)):
        raise Forbidden("the delegation has ended")
