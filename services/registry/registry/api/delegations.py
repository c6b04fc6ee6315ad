"""Delegations: granted, accepted, ended at once by either side, and listed by both (V65)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import Select

from registry.api.delegation_schemas import DelegationIn, DelegationOut
from registry.api.schemas import StepIn
from registry.operations.delegations.accept_delegation import accept_delegation
from registry.operations.delegations.end_delegation import end_delegation
from registry.operations.delegations.grant_delegation import GrantedDelegation, grant_delegation
from registry.store.delegations import delegations_seen_by
from registry.store.tables import DelegationRow
from shared.events.registry import DelegationStatus
from shared.http.access import Authorised, Scoped
from shared.http.command import Commanded, Reading
from shared.http.identity import Caller
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, narrowed, row_seen
from shared.scope import Scope, subject_of
from shared.wire import Chosen

router = service_router("delegations")


@dataclass(frozen=True, slots=True)
class AskedDelegations:
    """Which delegations are asked for."""

    status: Annotated[DelegationStatus, Chosen("delegation_status")] | None = None


WantedDelegations = Annotated[AskedDelegations, Depends()]


async def _answer(command: Commanded, row: DelegationRow, status: int = 200) -> Response:
    location = f"/v1/delegations/{row.id}" if status == 201 else None
    return await command.answer(model_from(DelegationOut, row), status=status, version=row.version, location=location)


def _seen_by(caller: Caller, scope: Scope, request: Request) -> Select[DelegationRow]:
    return delegations_seen_by(scope, request.app.state.runtime.actors.opaque(caller.issuer, caller.actor))


@router.post("/v1/delegations", status_code=201, response_model=DelegationOut)
async def grant_a_delegation(body: DelegationIn, command: Commanded, request: Request) -> Response:
    """Let another party, or an account of one's own, do named acts for the caller's party."""
    actors = request.app.state.runtime.actors
    terms = GrantedDelegation(
        **body.model_dump(exclude={"acts"}),
        acts=tuple(body.acts),
        told_account=None if body.account is None else actors.opaque(command.caller.issuer, body.account),
    )
    row = await grant_delegation(command.session, terms, grantor_id=subject_of(command.scope), act=command.act)
    return await _answer(command, row, 201)


@router.get("/v1/delegations")
async def list_delegations(
    session: Reading,
    caller: Authorised,
    scope: Scoped,
    wanted: WantedPage,
    asked: WantedDelegations,
    request: Request,
) -> Page[DelegationOut]:
    """What the caller's party gave and has; a clerk's account sees what names it."""
    query = narrowed(_seen_by(caller, scope, request), DelegationRow, {"status": asked.status})
    rows = await wanted.rows(session, query, DelegationRow.id)
    return wanted.page(rows, [model_from(DelegationOut, each) for each in rows], "id")


@router.get("/v1/delegations/{delegation_id}")
async def read_delegation(
    delegation_id: UUID, session: Reading, caller: Authorised, scope: Scoped, request: Request, response: Response
) -> DelegationOut:
    """One delegation, as either side sees it."""
    query = _seen_by(caller, scope, request)
    row = await row_seen(session, query, delegation_id, pilot=caller.pilot, what="delegation")
    response.headers["etag"] = f'"{row.version}"'
    return model_from(DelegationOut, row)


@router.post("/v1/delegations/{delegation_id}/acceptances", response_model=DelegationOut)
async def accept_a_delegation(delegation_id: UUID, command: Commanded) -> Response:
    """Accept as the party that is to act."""
    version = command.expected_version()
    return await _answer(
        command, await accept_delegation(command.session, delegation_id, version=version, act=command.act)
    )


@router.post("/v1/delegations/{delegation_id}/endings", response_model=DelegationOut)
async def end_a_delegation(delegation_id: UUID, body: StepIn, command: Commanded) -> Response:
    """End it at once, as either side; security ends any."""
    version = command.expected_version()
    row = await end_delegation(command.session, delegation_id, version=version, reason=body.reason, act=command.act)
    return await _answer(command, row)
