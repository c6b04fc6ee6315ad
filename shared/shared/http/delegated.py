"""A call for another party: the header names it, and the delegation on file gives the right (V65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import of_pilot
from shared.http.delegations import Delegations
from shared.http.identity import Caller
from shared.vocabulary.errors import Forbidden

HEADER = "on-behalf-of"


async def acting_for(request: Request, caller: Caller, operation: str, named: str, today: date) -> Caller:
    """The caller as the party that it acts for, in that party's role; Forbidden without a delegation in force.

    The answer is the same whether there is no such party, no delegation, another act, or another day. Who has one is
    told where its own filing, or its role as a clerk, isn't in force any more.
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
            found = await delegations.find(session, caller, told_as, grantor_id, wanted, today)
    if found is None:
        raise Forbidden(f"no delegation in force lets the caller {wanted} for the party that On-Behalf-Of names")
    request.state.delegate = caller
    return replace(caller, role=found.role, subject_id=found.grantor_id, delegation_id=found.delegation_id)


async def require_held(request: Request, session: AsyncSession, caller: Caller) -> None:
    """Forbidden where the delegation, or the delegate, ended meanwhile: an act precedes the end, or isn't done."""
    if caller.delegation_id is None:
        return
    delegations: Delegations = request.app.state.delegations
    state = request.state
    await delegations.hold(session, state.delegate, caller.delegation_id, state.scope.today)
