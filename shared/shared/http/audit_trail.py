"""Reading a service's audit trail over HTTP."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from shared.http.access import Access, Authorised, grant
from shared.http.command import Reading
from shared.http.tables import HttpTables
from shared.wire import WholeNumberInUrl

AUDIT_TRAIL_ACCESS: Access = {
    "list_audit_entries": grant("admin", "auditor", sees="the audit trail of its pilot"),
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


class AuditLines(BaseModel):
    items: list[AuditLine]


def add_audit_trail(router: APIRouter, http: HttpTables) -> None:
    """The route for one service's trail."""

    @router.get("/v1/audit")
    async def list_audit_entries(
        session: Reading, caller: Authorised, before: WholeNumberInUrl | None = None
    ) -> AuditLines:
        """The newest 100 lines of the trail, or those before an id."""
        query = select(http.audit).where(http.audit.c.pilot == caller.pilot).order_by(http.audit.c.id.desc())
        if before is not None:
            query = query.where(http.audit.c.id < before)
        rows = (await session.execute(query.limit(100))).all()
        return AuditLines(items=[AuditLine.model_validate(dict(row._mapping)) for row in rows])
