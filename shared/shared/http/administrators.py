"""System, security and audit administrators are three roles, and no account holds two (GB/T 22239-2019, 三权分立)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from uuid_utils.compat import uuid7

from shared.http.identity import Caller
from shared.http.tables import HttpTables
from shared.vocabulary.errors import Forbidden


async def hold_role(sessions: async_sessionmaker[AsyncSession], tables: HttpTables, caller: Caller) -> None:
    """The caller's account holds its role from its first request on; Forbidden where it holds another one."""
    held = tables.administrators
    async with sessions.begin() as session:
        role = await _held_by(session, held, caller)
        if role is None:
            who: dict[str, Any] = {"issuer": caller.issuer, "actor": caller.actor, "pilot": caller.pilot}
            first = insert(held).values(id=uuid7(), role=caller.role, **who)
            # Of two roles used at the same moment, the second waits for the first and finds it here.
            await session.execute(first.on_conflict_do_nothing())
            role = await _held_by(session, held, caller)
    if role != caller.role:
        raise Forbidden(f"the account holds the role {role}: security releases it first (/v1/administrators)")


async def _held_by(session: AsyncSession, held: Table, caller: Caller) -> str | None:
    of_account = (held.c.issuer == caller.issuer) & (held.c.actor == caller.actor) & held.c.released_at.is_(None)
    role: str | None = await session.scalar(select(held.c.role).where(of_account))
    return role
