"""Who may call what: one table per service, deny by default, rendered as the docs page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from shared.http.address import line_of
from shared.http.administrators import hold_role
from shared.http.delegated import HEADER, acting_for
from shared.http.identity import ADMINISTRATORS, ROLES, Caller, NotAuthenticated
from shared.http.parties import require_filed
from shared.scope import Scope
from shared.vocabulary.errors import Forbidden, SetupProblem
from shared.vocabulary.legal_time import legal_date


@dataclass(frozen=True, slots=True)
class Grant:
    """The roles that may call an endpoint, and which rows they reach there (`sees`, for people).

    `cost`: how many requests it counts for (`rate.py`).
    `newcomers`: also a party's token that names no subject, or one that isn't filed yet, since a first filing needs it.
    `also_ended`: also a party whose filing has ended, to complete or undo what it began (V2); it reads in any case.
    """

    roles: frozenset[str]
    sees: str
    newcomers: bool = False
    cost: int = 1
    also_ended: bool = False


Access = dict[str, Grant]


def grant(*roles: str, sees: str, newcomers: bool = False, cost: int = 1, also_ended: bool = False) -> Grant:
    """A grant to known roles; a role that doesn't exist fails at import."""
    if unknown := set(roles) - set(ROLES):
        raise SetupProblem(f"access table names unknown roles: {sorted(unknown)}")
    return Grant(frozenset(roles), sees, newcomers, cost, also_ended)


def operation_of(route: APIRoute) -> str:
    """The id of a route's operation, verb and noun: `file_a_subject`, which calls `file_subject`, is that one too."""
    return route.operation_id or _without_article(route.name)


@cache
def _without_article(name: str) -> str:
    return re.sub(r"_an?_", "_", name)


def check_access(routers: Sequence[APIRouter], access: Access) -> None:
    """Fail unless table and endpoints name exactly each other."""
    routes = [each for router in routers for each in router.routes if isinstance(each, APIRoute)]
    operations = {operation_of(each) for each in routes}
    if missing := operations - set(access):
        raise SetupProblem(f"endpoints without an entry in the access table: {sorted(missing)}")
    if dead := set(access) - operations:
        raise SetupProblem(f"access table entries without an endpoint: {sorted(dead)}")


async def authorise(request: Request) -> Caller:
    """The authenticated caller, if its role may call this endpoint; asked once for each request."""
    known: Caller | None = getattr(request.state, "permitted", None)
    if known is not None:
        return known
    # Before the caller is known: a log line of a refused one says what was asked for.
    operation = operation_of(request.scope["route"])
    request.state.operation = operation
    runtime: Any = request.app.state.runtime
    caller = await _authenticated(request)
    request.state.caller = caller
    permitted: Grant | None = request.app.state.access.get(operation)
    # Before the caller's rights are looked up: what is refused costs the service as much.
    cost = 1 if permitted is None else permitted.cost
    request.state.standing = await runtime.buckets.take(f"{caller.issuer} {caller.actor}", cost)
    today = legal_date(runtime.clock.now())
    if (named := request.headers.get(HEADER)) is not None:
        caller = await acting_for(request, caller, operation, named, today)
    if permitted is None or caller.role not in permitted.roles:
        raise Forbidden(f"role {caller.role} may not call {operation}")
    newcomer = permitted.newcomers and caller.is_party
    if caller.lacks and not newcomer:
        raise Forbidden(f"the token names no {caller.lacks}")
    if not newcomer:
        await require_filed(request, caller, operation, today, also_ended=permitted.also_ended)
    if caller.role in ADMINISTRATORS:
        await hold_role(runtime.sessions, runtime.http_tables, caller)
    request.state.scope = caller.scope(today)
    request.state.caller = request.state.permitted = caller
    return caller


async def _authenticated(request: Request) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        await refuse_floods(request)
        raise NotAuthenticated("send a bearer token in the Authorization header")
    runtime: Any = request.app.state.runtime
    try:
        caller: Caller = await runtime.verifier.caller(token)
    except NotAuthenticated:
        state = request.state
        await runtime.failed_logins.note(line_of(state.address), state.operation, state.traceparent)
        await refuse_floods(request)
        raise
    return caller


async def refuse_floods(request: Request) -> None:
    """TooManyRequests where too many requests without a valid token come from one line; valid ones go on."""
    await request.app.state.runtime.anonymous.take(line_of(request.state.address))


Authorised = Annotated[Caller, Depends(authorise)]


async def _scope(request: Request, _: Authorised) -> Scope:
    found: Scope = request.state.scope
    return found


Scoped = Annotated[Scope, Depends(_scope)]
"""Whose rows the caller reaches, as every query of `store` needs it."""
