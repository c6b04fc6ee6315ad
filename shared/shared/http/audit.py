"""The audit trail: every change and every refusal, in order (V64). `audit_chain` chains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http.tables import HttpTables


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail; `rule` and `code` only for refusals.

    `address`: where the request came from, as the gateway says. `attempts`: how many refused tokens it stands for.
    """

    business_at: datetime
    pilot: str
    actor: str
    role: str
    subject_id: str | None
    operation: str
    target: str | None
    outcome: str
    status: int
    rule: str | None = None
    code: str | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None
    address: str | None = None
    attempts: int | None = None


async def record(session: AsyncSession, tables: HttpTables, entries: Sequence[Entry]) -> None:
    """Append entries in the session's transaction."""
    rows = [{name: getattr(entry, name) for name in Entry.__slots__} for entry in entries]
    await session.execute(insert(tables.audit), rows)
