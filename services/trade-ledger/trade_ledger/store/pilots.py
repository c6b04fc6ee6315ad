"""What is known of pilots."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.vocabulary.errors import Conflict
from trade_ledger.store.facts import pilot_named


async def heard_prefix(session: AsyncSession, pilot: str) -> str | None:
    """What registry said that the pilot's numbers begin with; None before it did."""
    known = await pilot_named(session, pilot)
    return None if known is None else known.number_prefix


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with (V60)."""
    return said_prefix(await heard_prefix(session, pilot), pilot)


def said_prefix(prefix: str | None, pilot: str) -> str:
    """The prefix; Conflict until registry's word of it has arrived."""
    if prefix is None:
        raise Conflict("pilot_not_heard", f"nothing is known yet of pilot {pilot}")
    return prefix
