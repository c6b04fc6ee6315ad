"""What stands against a service: a contradiction of database and bus, kept in the database until it is reconciled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from prometheus_client import Gauge

from shared.messaging.bus import Contradiction
from shared.messaging.cancelling import pause
from shared.messaging.tables import UNRECONCILED

NEEDS_RECONCILING = Gauge("needs_reconciling", "1 while database and bus contradict each other", ["service"])

log = structlog.get_logger()

NOTED = "SELECT part, reason FROM contradictions ORDER BY part"
# The first reason stays: what is found later may follow from it.
_NOTE = "INSERT INTO contradictions (part, code, reason) VALUES ($1, $2, $3) ON CONFLICT (part) DO NOTHING"
COMPARED = "UPDATE lineage SET compared_in = incarnation() WHERE compared_in IS DISTINCT FROM incarnation()"


async def note(connection: Any, part: str, found: Contradiction) -> None:
    """Keep what a part of the worker found; from then on the service takes no commands."""
    await connection.execute(_NOTE, part, found.code, str(found))


async def noted(connection: Any) -> dict[str, str]:
    """What stands against the service, by the part that found it."""
    return {row["part"]: row["reason"] for row in await connection.fetch(NOTED)}


class Standing:
    """Why relay or consumer stands still; `reasons` is empty while it works."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    async def outlast(
        self,
        connection: Any,
        stop: asyncio.Event,
        ready: asyncio.Event,
        step: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Do nothing but the step, and say so, until nothing stands in the database any more."""
        try:
            while not stop.is_set() and (reasons := await noted(connection)):
                if reasons != self.reasons:
                    self.reasons = reasons
                    ready.clear()
                    log.error("needs reconciling", **reasons)
                if step is not None:
                    await step()
                await pause(stop, 1.0)
        finally:
            self.reasons = {}


def refusal_of(error: BaseException) -> str | None:
    """The problem code where an event was refused because database and bus don't agree; None for any other error."""
    refused = getattr(error, "orig", error)
    if getattr(refused, "sqlstate", None) != UNRECONCILED:
        return None
    return "not_compared" if "not_compared" in str(refused) else "needs_reconciling"
