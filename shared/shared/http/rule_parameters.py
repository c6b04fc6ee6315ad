"""The rule parameters of a service over HTTP: what is in force, and setting a newer value."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from types import GenericAlias
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, RootModel, create_model
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert

from shared.http.access import Access, Authorised, grant
from shared.http.command import Commanded, Reading
from shared.policy import EVERY_PILOT, OWNERS, Parameter, Parameters
from shared.vocabulary.errors import Forbidden

RULE_PARAMETERS_ACCESS: Access = {
    "list_policy_parameters": grant(
        "admin", "auditor", "commerce", "customs", "tax", "safe", sees="common rule parameters and its pilot's"
    ),
    "set_policy_parameter": grant(*OWNERS, sees="its pilot's parameters of its own rules; admin: technical ones"),
}


class UnreadParameter(BaseModel):
    """A value set under an earlier version that this one doesn't take, and why; nothing is decided by it."""

    name: str
    pilot: str
    effective_from: date
    reason: str


def add_rule_parameters(router: APIRouter, policy: Table, parameters: Parameters) -> None:
    """Add the routes for one service's parameters; what a value may be is described parameter by parameter."""
    held: Any = GenericAlias(list, parameters.held)
    page: Any = create_model(
        "PolicyParameters",
        __doc__="The parameters with their dates and references; a pilot's own, or everybody's (`*`).",
        items=(held, ...),
        unread=(list[UnreadParameter], Field(default_factory=list)),
    )

    @router.get("/v1/policy-parameters", response_model=page)
    async def list_policy_parameters(session: Reading, caller: Authorised) -> BaseModel:
        """The common parameters and the pilot's own, with their dates and citations; the pilot's own go first."""
        seen = select(policy).where(policy.c.pilot.in_([EVERY_PILOT, caller.pilot]))
        rows = (await session.execute(seen.order_by(policy.c.name, policy.c.effective_from, policy.c.pilot))).all()
        unread = parameters.unread(rows)
        known = [dict(row._mapping) for row in rows if not any(each.is_of(row) for each in unread)]
        shown: BaseModel = page(items=known, unread=[UnreadParameter(**asdict(each)) for each in unread])
        return shown

    async def set_policy_parameter(body: RootModel[Parameter], command: Commanded) -> Response:
        """Set a parameter of the caller's own rules for its pilot from a date on; earlier dates keep theirs."""
        owner = type(body.root).owner
        if command.caller.role != owner:
            raise Forbidden(f"the parameter {body.root.name} is set by {owner}")
        row = parameters.row(body.root, command.caller.pilot)
        statement = insert(policy).values(row)
        await command.session.execute(
            statement.on_conflict_do_update(index_elements=["name", "pilot", "effective_from"], set_=row)
        )
        return await command.answer(body, status=201)

    # The body is this service's own choice of parameters, which no annotation written here can name.
    set_policy_parameter.__annotations__["body"] = parameters.form
    router.post("/v1/policy-parameters", status_code=201, response_model=parameters.form)(set_policy_parameter)
