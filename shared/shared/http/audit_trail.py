"""Reading a service's audit trail over HTTP."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from shared.http.access import Access, Authorised, grant
from shared.http.command import Reading
from shared.http.paging import Page, WantedPage
from shared.http.tables import NOBODYS, HttpTables

AUDIT_TRAIL_ACCESS: Access = {
    "list_audit_entries": grant("auditor", sees="the audit trail of its pilot, and failed sign-ins"),
}


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
    address: str | None
    attempts: int | None


def add_audit_trail(router: APIRouter, http: HttpTables) -> None:
    """The route for one service's trail."""

    @router.get("/v1/audit")
    async def list_audit_entries(session: Reading, caller: Authorised, wanted: WantedPage) -> Page[AuditLine]:
        """The trail of the pilot, newest first, and the failed sign-ins, which name none."""
        query = (
            select(http.audit).where(http.audit.c.pilot.in_([caller.pilot, NOBODYS])).order_by(http.audit.c.id.desc())
        )
        if wanted.serial is not None:
            query = query.where(http.audit.c.id < wanted.serial)
        rows = (await session.execute(query.limit(wanted.limit + 1))).all()
        return wanted.page(rows, [AuditLine.model_validate(dict(row._mapping)) for row in rows], "id")
