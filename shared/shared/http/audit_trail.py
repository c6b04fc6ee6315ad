"""Reading a service's audit trail over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Select, Table, select, union_all

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
        # The newest of each: an index can't give the lines of two pilots in one order.
        newest = [_newest(http.audit, pilot, wanted) for pilot in (caller.pilot, NOBODYS)]
        both = union_all(*(select(each.subquery()) for each in newest)).subquery()
        rows = (await session.execute(select(both).order_by(both.c.id.desc()).limit(wanted.limit + 1))).all()
        return wanted.page(rows, [AuditLine.model_validate(dict(row._mapping)) for row in rows], "id")


def _newest(audit: Table, pilot: str, wanted: WantedPage) -> Select[Any]:
    query = select(audit).where(audit.c.pilot == pilot).order_by(audit.c.id.desc()).limit(wanted.limit + 1)
    return query if wanted.serial is None else query.where(audit.c.id < wanted.serial)
