"""What stands between a service's database and the bus: its plan, and the two persons who agree to it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http.access import Access, Authorised, grant
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Conflict, NotFound
from shared.wire import ContentHash, FilledText, Input

RECONCILIATION_ACCESS: Access = {
    "read_reconciliation": grant(
        "system", "auditor", sees="what stands against this service, never an event's content"
    ),
    "approve_reconciliation": grant("system", sees="what stands against this service, never an event's content"),
    "list_lost_acts": grant("system", "auditor", sees="acts of its pilot that a restore lost"),
    "settle_lost_act": grant("system", sees="acts of its pilot that a restore lost"),
}


class Reconciliation(BaseModel):
    """Empty `standing`: database and bus agree. `plan` is null until the worker has made it."""

    standing: dict[str, str]
    digest: str | None = None
    plan: dict[str, Any] | None = None
    previewed_by: str | None = None
    confirmed_by: str | None = None


class ApprovalIn(Input):
    """The plan that was seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "0" * 64}]})

    digest: ContentHash


class Approved(BaseModel):
    state: str


class LostAct(BaseModel):
    """An act that the restored database lacks: it is entered again, or settled otherwise, by a person."""

    event_id: UUID
    kind: str
    topic: str
    key: str
    sequence: int
    type: str
    occurred_at: datetime
    actor: str
    settled_by: str | None
    settled_as: str | None


class SettlementIn(Input):
    """How the act was made good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"settled_as": "entered again as T-2026-000123"}]})

    settled_as: FilledText = Field(min_length=3, max_length=500)


def add_reconciliation(router: APIRouter, messaging: MessagingTables) -> None:
    """The routes for one service's standing, and for what a restore lost."""

    @router.get("/v1/reconciliation")
    async def read_reconciliation(session: Reading, caller: Authorised) -> Reconciliation:
        """What stands against the service, and the plan that lifts it."""
        return await _standing(session, messaging)

    @router.post("/v1/reconciliation/approvals", response_model=Approved)
    async def approve_reconciliation(body: ApprovalIn, command: Commanded) -> Response:
        """Propose the plan that was seen, or, as a second person, confirm it: then the worker carries it out."""
        command.attempt.target = body.digest
        state = await _approved(command.session, messaging.reconciliations, body.digest, command.caller.actor)
        return await command.answer(Approved(state=state))

    @router.get("/v1/lost-acts")
    async def list_lost_acts(session: Reading, caller: Authorised, wanted: WantedPageByKeys) -> Page[LostAct]:
        """Acts that a restore lost and nobody has settled, oldest first."""
        acts = messaging.lost_acts
        query = select(acts).where(acts.c.pilot == caller.pilot, acts.c.settled_at.is_(None))
        keys = (acts.c.occurred_at, acts.c.event_id)
        rows = (await session.execute(wanted.of(query, *keys))).all()
        return wanted.page(rows, [LostAct.model_validate(dict(row._mapping)) for row in rows], *keys)

    @router.post("/v1/lost-acts/{event_id}/settlements", response_model=LostAct)
    async def settle_lost_act(event_id: UUID, body: SettlementIn, command: Commanded) -> Response:
        """Say how a lost act was made good."""
        acts, caller = messaging.lost_acts, command.caller
        own = acts.c.event_id == event_id, acts.c.pilot == caller.pilot
        row = (await command.session.execute(select(acts).where(*own).with_for_update())).first()
        if row is None:
            raise NotFound(f"no lost act {event_id}")
        if row.settled_at is not None:
            raise Conflict("lost_act_settled", f"{row.settled_by} has settled it")
        settled = {"settled_by": caller.actor, "settled_as": body.settled_as}
        await command.session.execute(update(acts).where(*own).values(**settled, settled_at=func.now()))
        return await command.answer(LostAct.model_validate(dict(row._mapping) | settled))


def _newest(plans: Table) -> Select[Any]:
    return select(plans).where(plans.c.settled_at.is_(None)).order_by(plans.c.made_at.desc()).limit(1)


async def _standing(session: AsyncSession, messaging: MessagingTables) -> Reconciliation:
    contradictions = await session.execute(select(messaging.contradictions))
    standing = {row.part: row.reason for row in contradictions}
    row = (await session.execute(_newest(messaging.reconciliations))).first() if standing else None
    if row is None:
        return Reconciliation(standing=standing)
    people = {"previewed_by": row.previewed_by, "confirmed_by": row.confirmed_by}
    return Reconciliation(standing=standing, digest=row.digest, plan=json.loads(row.plan), **people)


async def _approved(session: AsyncSession, plans: Table, digest: str, person: str) -> str:
    row = (await session.execute(_newest(plans).with_for_update())).first()
    if row is None or row.digest != digest:
        raise Conflict("reconciliation_outdated", "the plan is another by now: look at it again")
    this = update(plans).where(plans.c.digest == digest)
    if row.previewed_by is None:
        await session.execute(this.values(previewed_by=person))
        return "proposed"
    if row.previewed_by == person:
        raise Conflict("reconciliation_needs_two_persons", "the person who proposed a plan can't confirm it")
    if row.confirmed_by is None:
        await session.execute(this.values(confirmed_by=person))
    return "confirmed"
