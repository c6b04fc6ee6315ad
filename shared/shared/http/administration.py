"""Who administers a service, as system, security or audit, and the release of an account from its role."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update

from shared.http.access import Access, Authorised, grant
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPageByKeys
from shared.http.tables import HttpTables
from shared.vocabulary.confirmations import breaches_of_second_person
from shared.vocabulary.errors import Conflict, NotFound, Refused
from shared.wire import FilledText, Input

ADMINISTRATION_ACCESS: Access = {
    "list_administrators": grant("security", "auditor", sees="the accounts that administer this service"),
    "release_administrator": grant("security", sees="the accounts that administer this service"),
}


class Administrator(BaseModel):
    """An account that administers the service in one role until it is released."""

    id: UUID
    actor: str
    role: str
    pilot: str
    held_since: datetime
    released_by: str | None
    released_at: datetime | None
    reason: str | None


class AdministratorReleaseIn(Input):
    """Why the account gets another role, or none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "moves to the audit office, order 8"}]})

    reason: FilledText = Field(min_length=3, max_length=500)


def add_administration(router: APIRouter, http: HttpTables) -> None:
    """The routes for one service's administrators."""
    table = http.administrators

    @router.get("/v1/administrators")
    async def list_administrators(
        session: Reading, caller: Authorised, wanted: WantedPageByKeys
    ) -> Page[Administrator]:
        """The accounts that administer this service, or did; each holds one role."""
        query = wanted.of(select(table).where(table.c.pilot == caller.pilot), table.c.id)
        found = (await session.execute(query)).all()
        rows = found[: wanted.limit]
        shown = [Administrator.model_validate(dict(row._mapping)) for row in rows]
        return Page[Administrator](items=shown, next_cursor=wanted.cursor(found, table.c.id))

    @router.post("/v1/administrators/{administrator_id}/releases", response_model=Administrator)
    async def release_administrator(
        administrator_id: UUID, body: AdministratorReleaseIn, command: Commanded
    ) -> Response:
        """Release an account from its role, as another person: its next request may be in another one."""
        here = (table.c.id == administrator_id) & (table.c.pilot == command.caller.pilot)
        row = (await command.session.execute(select(table).where(here).with_for_update())).first()
        if row is None:
            raise NotFound(f"no administrator {administrator_id}")
        if row.released_at is not None:
            raise Conflict("administrator_released_already", f"by {row.released_by}")
        if breaches := breaches_of_second_person(row.actor, command.caller.actor):
            raise Refused(breaches)
        told = {"released_by": command.caller.actor, "released_at": command.act.now, "reason": body.reason}
        done = (await command.session.execute(update(table).where(here).values(told).returning(table))).one()
        return await command.answer(Administrator.model_validate(dict(done._mapping)))
