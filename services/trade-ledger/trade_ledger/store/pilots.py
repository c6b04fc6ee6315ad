"""Copies of the pilots' own data."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.vocabulary.errors import Conflict
from trade_ledger.store.facts import pilot_named


async def heard_prefix(session: AsyncSession, pilot: str) -> str | None:
    """The pilot's number prefix as registry published it; None before that event has arrived."""
    known = await pilot_named(session, pilot)
    return None if known is None else known.number_prefix


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with (V60)."""
    return said_prefix(await heard_prefix(session, pilot), pilot)


def said_prefix(prefix: str | None, pilot: str) -> str:
    """The pilot's number prefix; raises Conflict until registry's event with it has arrived."""
    if prefix is None:
        raise Conflict("pilot_not_heard", f"nothing is known yet of pilot {pilot}")
    return prefix
