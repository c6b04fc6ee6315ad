"""Who looked at a subject's whole identity, from the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import http_tables
from registry.store.tables.row import IDENTITY_VIEWED


class ViewLine(NamedTuple):
    """The audit line of one view."""

    id: int
    business_at: datetime
    role: str
    operation: str


async def identity_views_of(
    session: AsyncSession, pilot: str, subject_id: UUID, *, before: int | None, most: int
) -> Sequence[ViewLine]:
    """The audit lines of views of a subject's identity, newest first, from a line's number back."""
    audit = http_tables.audit
    query = select(audit.c.id, audit.c.business_at, audit.c.role, audit.c.operation).where(
        audit.c.target == str(subject_id), IDENTITY_VIEWED, audit.c.outcome == "done", audit.c.pilot == pilot
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = (await session.execute(query.order_by(audit.c.id.desc()).limit(most))).all()
    return [ViewLine(*row) for row in rows]
