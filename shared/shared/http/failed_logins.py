"""Tokens that were refused, in the audit trail: bounded, since anybody can send any number of them (V64).

The first from an address is a line at once. How many more came is one further line when the minute is over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.http import audit
from shared.http.tables import NOBODYS, HttpTables

MOST_ADDRESSES = 100
"""How many addresses get lines of their own in a minute; the others share theirs, which name none."""
_MINUTE = 60
_STATUS = 401
log = structlog.get_logger()


class FailedLogins:
    """One process's failed sign-ins of this minute: at most two lines for each address, and for all the others."""

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], tables: HttpTables, now: Callable[[], datetime]
    ) -> None:
        self._sessions = sessions
        self._tables = tables
        self._now = now
        self._told: set[str] = set()
        self._untold: Counter[str] = Counter()

    async def note(self, address: str, operation: str, traceparent: str) -> None:
        """One more from an address."""
        of = address if address in self._told or len(self._told) < MOST_ADDRESSES else ""
        if of in self._told:
            self._untold[of] += 1
            return
        self._told.add(of)
        written = False
        try:
            await self._write([self._line(of, 1, operation, traceparent)])
            written = True
        finally:
            if not written:
                self._untold[of] += 1

    async def end_minute(self) -> None:
        """Write how many more came, and begin anew; what can't be written is kept for the next time."""
        counted, self._untold = self._untold, Counter()
        self._told.clear()
        if not counted:
            return
        try:
            await self._write([self._line(address, count, "sign_in") for address, count in counted.items()])
        except Exception:
            self._untold.update(counted)
            raise

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """End each minute while the block runs, and the last one after it."""
        minutes = asyncio.create_task(self._minutes())
        try:
            yield
        finally:
            minutes.cancel()
            await asyncio.gather(minutes, return_exceptions=True)
            await self._end_minute_or_say()

    async def _minutes(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE)
            await self._end_minute_or_say()

    async def _end_minute_or_say(self) -> None:
        try:
            await self.end_minute()
        except Exception as error:  # noqa: BLE001 - it is said, and the count stays for the next minute
            log.warning("failed sign-ins not audited yet", attempts=self._untold.total(), error=type(error).__name__)

    def _line(self, address: str, attempts: int, operation: str, traceparent: str | None = None) -> audit.Entry:
        return audit.Entry(
            business_at=self._now(),
            pilot=NOBODYS,
            actor="",
            role="",
            subject_id=None,
            operation=operation,
            target=None,
            outcome="denied",
            status=_STATUS,
            code="not_authenticated",
            traceparent=traceparent,
            address=address or None,
            attempts=attempts,
        )

    async def _write(self, lines: list[audit.Entry]) -> None:
        async with self._sessions.begin() as session:
            await audit.record(session, self._tables, lines)
