"""Parked events: what waits for a person, tried again or skipped for good by two."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.http.access import Access, Authorised, grant
from shared.http.command import Commanded, Reading
from shared.http.paging import WantedPage
from shared.messaging.parking import list_parked, release, retry_aggregate
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.messaging.taking import take
from shared.wire import ContentHash, FilledText, Input, WholeNumberInUrl

PARKED_EVENTS_ACCESS: Access = {
    "list_parked_events": grant("system", "auditor", sees="this service's parked events of its pilot, or of none"),
    "retry_parked_event": grant("system", sees="this service's parked events of its pilot, or of none"),
    "take_parked_event": grant("system", sees="this service's parked events of its pilot, or of none"),
    "release_parked_event": grant("system", sees="this service's parked events of its pilot, or of none"),
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

    reason: FilledText = Field(min_length=3, max_length=500)


class TakingIn(Input):
    """What the owner's outbox holds of the event."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "0" * 64}]})

    digest: ContentHash


class Released(BaseModel):
    state: str


class Taken(BaseModel):
    state: str


def add_parked_events(router: APIRouter, messaging: MessagingTables, subscriptions: Subscriptions) -> None:
    """The routes for one service's parked events."""

    def heard(request: Request) -> Subscriptions:
        return subscriptions.believing(request.app.state.runtime.trust)

    @router.get("/v1/parked")
    async def list_parked_events(session: Reading, caller: Authorised, page: WantedPage) -> ParkedEvents:
        """Events that wait for a person, oldest first; many may wait behind one."""
        rows = await list_parked(session, messaging, caller.pilot, after=page.serial or 0, most=page.limit + 1)
        shown = [ParkedEvent.model_validate(dict(row._mapping)) for row in rows[: page.limit]]
        return ParkedEvents(**dict(page.page(rows, shown, "id")))

    @router.post("/v1/parked/{parked_id}/retries", response_model=Retried)
    async def retry_parked_event(parked_id: WholeNumberInUrl, request: Request, command: Commanded) -> Response:
        """Apply the event's aggregate again, in order."""
        applied = await retry_aggregate(command.session, messaging, heard(request), command.caller.pilot, parked_id)
        return await command.answer(Retried(applied=applied))

    @router.post("/v1/parked/{parked_id}/releases", response_model=Released)
    async def release_parked_event(
        parked_id: WholeNumberInUrl, body: ReleaseIn, request: Request, command: Commanded
    ) -> Response:
        """Propose to skip the event for good, or, as a second person, confirm it."""
        state = await release(
            command.session,
            messaging,
            heard(request),
            command.caller.pilot,
            parked_id,
            person=command.caller.actor,
            reason=body.reason,
        )
        return await command.answer(Released(state=state))

    @router.post("/v1/parked/{parked_id}/takings", response_model=Taken)
    async def take_parked_event(
        parked_id: WholeNumberInUrl, body: TakingIn, request: Request, command: Commanded
    ) -> Response:
        """Propose to apply the owner's event in the place of a false one, or, as a second person, confirm it."""
        state = await take(
            command.session,
            messaging,
            heard(request),
            command.caller.pilot,
            parked_id,
            person=command.caller.actor,
            digest=body.digest,
        )
        return await command.answer(Taken(state=state))
