"""The rule parameters of a service over HTTP: what is in force, and setting a newer value by two persons (V6)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from types import GenericAlias
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, RootModel, TypeAdapter, create_model
from sqlalchemy import Row, Select, Table, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.http.access import Access, Authorised, grant
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import WantedPageByKeys
from shared.policy import EVERY_PILOT, OWNERS, Parameter, Parameters, proposals_beside
from shared.rows import lock_name
from shared.vocabulary.confirmations import breaches_of_parameter_confirmation
from shared.vocabulary.errors import Conflict, Forbidden, NotFound, Refused

RULE_PARAMETERS_ACCESS: Access = {
    "list_policy_parameters": grant(
        "system",
        "security",
        "auditor",
        "commerce",
        "customs",
        "tax",
        "safe",
        sees="common rule parameters and its pilot's",
    ),
    "set_policy_parameter": grant(*OWNERS, sees="its pilot's parameters of its own rules; system: technical ones"),
    "confirm_policy_parameter": grant(*OWNERS, sees="its pilot's parameters of its own rules; system: technical ones"),
}


class UnreadParameter(BaseModel):
    """A value set under an earlier version that this one doesn't take, and why; nothing is decided by it."""

    name: str
    pilot: str
    effective_from: date
    reason: str


def add_rule_parameters(router: APIRouter, policy: Table, parameters: Parameters) -> None:
    """Add the routes for one service's parameters; what a value may be is described parameter by parameter."""
    proposals = proposals_beside(policy)
    proposal: TypeAdapter[BaseModel] = TypeAdapter(parameters.proposed)
    held: Any = GenericAlias(list, parameters.held)
    proposed: Any = GenericAlias(list, parameters.proposed)
    page: Any = create_model(
        "PolicyParameters",
        __doc__="The parameters with their dates and references; a pilot's own, or everybody's (`*`).",
        items=(held, ...),
        proposed=(proposed, ...),
        unread=(list[UnreadParameter], Field(default_factory=list)),
        next_cursor=(str | None, None),
    )

    @router.get("/v1/policy-parameters", response_model=page)
    async def list_policy_parameters(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> BaseModel:
        """What counts, common and the pilot's own, the pilot's own first.

        The first page also says what waits for a second person.
        """
        seen = select(policy).where(policy.c.pilot.in_([EVERY_PILOT, caller.pilot]))
        keys = (policy.c.name, policy.c.effective_from, policy.c.pilot)
        found = (await session.execute(wanted.of(seen, *keys))).all()
        rows = found[: wanted.limit]
        unread = parameters.unread(rows)
        known = [dict(row._mapping) for row in rows if not any(each.is_of(row) for each in unread)]
        waiting = await _waiting(session, proposals, EVERY_PILOT, caller.pilot) if wanted.after is None else []
        outdated = parameters.unread(waiting)
        shown: BaseModel = page(
            items=known,
            proposed=[dict(row._mapping) for row in waiting if not any(each.is_of(row) for each in outdated)],
            unread=[UnreadParameter(**asdict(each)) for each in (*unread, *outdated)],
            next_cursor=wanted.cursor(found, *keys),
        )
        return shown

    async def set_policy_parameter(body: RootModel[Parameter], command: Commanded) -> Response:
        """Propose a value of the caller's own rules from a date on (V6); the national pilot's is for all pilots."""
        _check_owner(type(body.root), command)
        row = parameters.row(body.root, command.act.publishes_for)
        await lock_name(command.session, _name_of(row["pilot"], row["name"], row["effective_from"]))
        who = {"id": uuid7(), "proposed_by": command.caller.actor, "proposed_at": command.act.now}
        made = (
            await command.session.execute(plain_insert(proposals).values({**row, **who}).returning(proposals))
        ).one()
        command.attempt.target = str(made.id)
        return await command.answer(proposal.validate_python(dict(made._mapping)), status=201)

    @router.post("/v1/policy-parameters/{proposal_id}/confirmations", response_model=parameters.proposed)
    async def confirm_policy_parameter(proposal_id: UUID, command: Commanded) -> Response:
        """Confirm a proposed value as a second person: from its date on it counts; earlier dates keep theirs."""
        session = command.session
        row = await _proposed(session, proposals, command.act.publishes_for, proposal_id)
        if row.name in parameters.kinds:
            _check_owner(parameters.kinds[row.name], command)
        newest = (await session.execute(_newest(proposals, row.pilot).where(_same(proposals, row)))).first()
        if breaches := breaches_of_parameter_confirmation(
            row.proposed_by,
            command.caller.actor,
            confirmed_already=row.confirmed_at is not None,
            newest=newest is not None and newest.id == proposal_id,
        ):
            raise Refused(breaches)
        if unread := parameters.unread([row]):
            raise Conflict("parameter_unread", unread[0].reason)
        value = {name: getattr(row, name) for name in policy.c.keys()}  # noqa: SIM118  # names, not columns
        await session.execute(
            insert(policy)
            .values(value)
            .on_conflict_do_update(index_elements=["name", "pilot", "effective_from"], set_=value)
        )
        confirmed = update(proposals).where(proposals.c.id == proposal_id).returning(proposals)
        who = {"confirmed_by": command.caller.actor, "confirmed_at": command.act.now}
        done = (await session.execute(confirmed.values(who))).one()
        return await command.answer(proposal.validate_python(dict(done._mapping)))

    # The body is this service's own choice of parameters, which no annotation written here can name.
    set_policy_parameter.__annotations__["body"] = parameters.form
    router.post("/v1/policy-parameters", status_code=201, response_model=parameters.proposed)(set_policy_parameter)


def _check_owner(kind: type[Parameter], command: Command) -> None:
    if command.caller.role != kind.owner:
        raise Forbidden(f"the parameter {kind.called()} is set by {kind.owner}")


def _name_of(pilot: str, name: str, effective_from: date) -> str:
    return f"policy parameter {pilot} {name} {effective_from}"


def _same(proposals: Table, row: Row[Any]) -> Any:
    return (proposals.c.name == row.name) & (proposals.c.effective_from == row.effective_from)


def _newest(proposals: Table, *pilots: str) -> Select[Any]:
    """The newest value that was proposed of each parameter and day for each of these pilots."""
    per = proposals.c.name, proposals.c.effective_from, proposals.c.pilot
    query = select(proposals).where(proposals.c.pilot.in_(pilots))
    return query.ext(distinct_on(*per)).order_by(*per, proposals.c.id.desc())


async def _waiting(session: AsyncSession, proposals: Table, *pilots: str) -> list[Row[Any]]:
    newest = (await session.execute(_newest(proposals, *pilots))).all()
    return [row for row in newest if row.confirmed_at is None]


async def _proposed(session: AsyncSession, proposals: Table, pilot: str, proposal_id: UUID) -> Row[Any]:
    """A pilot's proposal; who confirms or proposes for the same day at the same time waits."""
    query = select(proposals).where(proposals.c.id == proposal_id, proposals.c.pilot == pilot)
    row = (await session.execute(query)).first()
    if row is None:
        raise NotFound(f"no proposed rule parameter {proposal_id}")
    await lock_name(session, _name_of(row.pilot, row.name, row.effective_from))
    return (await session.execute(query)).one()
