"""What was done under delegations, as both sides see it (V65): the route for one service's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from shared.http.access import Access, Authorised, Scoped, grant
from shared.http.command import Reading
from shared.http.delegations import Delegations
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from
from shared.wire import MoneyAmount

DELEGATED_ACTS_ACCESS: Access = {
    "list_delegated_acts": grant(
        "stall_holder",
        "operator",
        "security",
        "auditor",
        sees="acts under delegations of its party or account",
        newcomers=True,
    )
}


class DelegatedActOut(BaseModel):
    """One act under a delegation; `value_usd` is what it counts against the delegation's limit."""

    id: UUID
    delegation_id: UUID
    operation: str
    target: str | None
    actor: str
    done_at: datetime
    value_usd: MoneyAmount | None


def delegated_acts_router(delegations: Delegations) -> APIRouter:
    """The route for what a service keeps of delegations."""
    router = service_router("delegations")

    @router.get("/v1/delegated-acts")
    async def list_delegated_acts(
        session: Reading,
        caller: Authorised,
        scope: Scoped,
        wanted: WantedPage,
        request: Request,
        delegation_id: Annotated[UUID | None, Query(description="the delegation")] = None,
    ) -> Page[DelegatedActOut]:
        """The acts under delegations that the caller's party gave or has, or that name its account."""
        told = request.app.state.runtime.actors.opaque(caller.issuer, caller.actor)
        query = delegations.acts_seen_by(scope, told, delegation_id=delegation_id)
        rows = await wanted.rows(session, query, delegations.done.id)
        return wanted.page(rows, [model_from(DelegatedActOut, each) for each in rows], "id")

    return router
