"""What was done under delegations, as both sides see it (V65)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel

from shared.http.access import Authorised, Scoped
from shared.http.command import Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from
from shared.wire import MoneyAmount
from trade_ledger.store.delegations import delegations
from trade_ledger.store.tables.delegations import DelegatedActRow

router = service_router("delegations")


class DelegatedActOut(BaseModel):
    """One act under a delegation; `value_usd` is what it counts against the delegation's limit."""

    id: UUID
    delegation_id: UUID
    operation: str
    target: str | None
    actor: str
    done_at: datetime
    value_usd: MoneyAmount | None


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
    rows = await wanted.rows(session, query, DelegatedActRow.id)
    return wanted.page(rows, [model_from(DelegatedActOut, each) for each in rows], "id")
