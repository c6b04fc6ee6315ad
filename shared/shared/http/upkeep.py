"""What every service offers to the people who keep it: parked events, the audit trail, rule parameters."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert

from shared.http.access import Access, Authorised, grant
from shared.http.command import Commanded, Reading
from shared.http.paging import WantedPage, cursor_after
from shared.http.tables import HttpTables
from shared.messaging.parking import list_parked, release, retry_aggregate
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.policy import EVERY_PILOT, has_kind_of, words_of
from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from shared.wire import FilledText, Input

_LAST_ID = 2**63 - 1

UPKEEP_ACCESS: Access = {
    "list_parked_events": grant("admin", "auditor", sees="this service's parked events of its pilot, or of none"),
    "retry_parked_event": grant("admin", sees="this service's parked events of its pilot, or of none"),
    "release_parked_event": grant("admin", sees="this service's parked events of its pilot, or of none"),
    "list_audit_entries": grant("admin", "auditor", sees="the audit trail of its pilot"),
    "list_policy_parameters": grant(
        "admin", "auditor", "commerce", "customs", "tax", "safe", sees="common rule parameters and its pilot's"
    ),
    "set_policy_parameter": grant("admin", sees="its pilot's rule parameters"),
}


class ParkedEvent(BaseModel):
    """An event that waits for a person; its content stays in the database (V66)."""

    id: int
    topic: str
    key: str
    type: str
    sequence: int | None
    reason: str
    error: str
    parked_at: datetime
    release_proposed_by: str | None


class ParkedEvents(BaseModel):
    """A page, oldest first; `next_cursor` is absent on the last one."""

    items: list[ParkedEvent]
    next_cursor: str | None = None


class Retried(BaseModel):
    applied: int


class ReleaseIn(Input):
    """Why the event may be skipped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "sent by mistake, case 12"}]})

    reason: str = Field(min_length=3, max_length=500)


class Released(BaseModel):
    state: str


class AuditLine(BaseModel):
    id: int
    recorded_at: datetime
    business_at: datetime
    actor: str
    role: str
    operation: str
    target: str | None
    outcome: str
    status: int
    rule: str | None
    code: str | None
    traceparent: str | None


class AuditLines(BaseModel):
    items: list[AuditLine]


class PolicyParameter(Input):
    """A rule parameter from a date on, with what it rests on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "sample_switch",
                    "effective_from": "2026-06-01",
                    "value": True,
                    "citation": "pilot's order 7",
                }
            ]
        },
    )

    name: FilledText = Field(max_length=80)
    effective_from: date
    value: Any
    citation: FilledText = Field(max_length=300)
    remark: str = Field("", max_length=300)


class HeldParameter(PolicyParameter):
    """A rule parameter and whose it is: a pilot's, or everybody's (`*`)."""

    pilot: str


class PolicyParameters(BaseModel):
    items: list[HeldParameter]


def upkeep_router(
    messaging: MessagingTables, http: HttpTables, policy: Table, subscriptions: Subscriptions
) -> APIRouter:
    """The routes for one service's tables."""
    router = APIRouter(tags=["upkeep"])
    _add_parked(router, messaging, subscriptions)
    _add_audit(router, http)
    _add_policy(router, policy)
    return router


def _add_parked(router: APIRouter, messaging: MessagingTables, subscriptions: Subscriptions) -> None:
    @router.get("/v1/parked")
    async def list_parked_events(session: Reading, caller: Authorised, page: WantedPage) -> ParkedEvents:
        """Events that wait for a person, oldest first; many may wait behind one."""
        after = 0 if page.before is None else min(page.before.int, _LAST_ID)
        rows = await list_parked(session, messaging, caller.pilot, after=after, most=page.limit + 1)
        shown = [ParkedEvent.model_validate(dict(row._mapping)) for row in rows[: page.limit]]
        more = len(rows) > page.limit
        return ParkedEvents(items=shown, next_cursor=cursor_after(UUID(int=shown[-1].id)) if more else None)

    @router.post("/v1/parked/{parked_id}/retries", response_model=Retried)
    async def retry_parked_event(parked_id: int, command: Commanded) -> Response:
        """Apply the event's aggregate again, in order."""
        applied = await retry_aggregate(command.session, messaging, subscriptions, command.caller.pilot, parked_id)
        return await command.answer(Retried(applied=applied))

    @router.post("/v1/parked/{parked_id}/releases", response_model=Released)
    async def release_parked_event(parked_id: int, body: ReleaseIn, command: Commanded) -> Response:
        """Propose to skip the event for good, or, as a second person, confirm it."""
        state = await release(
            command.session,
            messaging,
            subscriptions,
            command.caller.pilot,
            parked_id,
            person=command.caller.actor,
            reason=body.reason,
        )
        return await command.answer(Released(state=state))


def _add_audit(router: APIRouter, http: HttpTables) -> None:
    @router.get("/v1/audit")
    async def list_audit_entries(session: Reading, caller: Authorised, before: int | None = None) -> AuditLines:
        """The newest 100 lines of the trail, or those before an id."""
        query = select(http.audit).where(http.audit.c.pilot == caller.pilot).order_by(http.audit.c.id.desc())
        if before is not None:
            query = query.where(http.audit.c.id < before)
        rows = (await session.execute(query.limit(100))).all()
        return AuditLines(items=[AuditLine.model_validate(dict(row._mapping)) for row in rows])


def _add_policy(router: APIRouter, policy: Table) -> None:
    @router.get("/v1/policy-parameters")
    async def list_policy_parameters(session: Reading, caller: Authorised) -> PolicyParameters:
        """The common parameters and the pilot's own, with their dates and citations; the pilot's own go first."""
        seen = select(policy).where(policy.c.pilot.in_([EVERY_PILOT, caller.pilot]))
        rows = (await session.execute(seen.order_by(policy.c.name, policy.c.effective_from, policy.c.pilot))).all()
        return PolicyParameters(items=[HeldParameter.model_validate(dict(row._mapping)) for row in rows])

    @router.post("/v1/policy-parameters", status_code=201, response_model=PolicyParameter)
    async def set_policy_parameter(body: PolicyParameter, command: Commanded) -> Response:
        """Set a parameter for the caller's pilot from a date on; earlier dates keep theirs."""
        common = select(policy.c.value).where(policy.c.name == body.name, policy.c.pilot == EVERY_PILOT)
        known = list(await command.session.scalars(common.order_by(policy.c.effective_from.desc())))
        words = {word for value in known for word in words_of(value)}
        if known and not has_kind_of(body.value, known[0], words):
            expected = json.dumps(known[0], ensure_ascii=False)
            raise Malformed((Breach("policy_value_of_another_kind", "", "/value", {"expected": expected}),))
        row = {**body.model_dump(), "pilot": command.caller.pilot}
        statement = insert(policy).values(row)
        await command.session.execute(
            statement.on_conflict_do_update(index_elements=["name", "pilot", "effective_from"], set_=row)
        )
        return await command.answer(body, status=201)
