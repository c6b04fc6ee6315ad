"""Register many trades from a bulk request or a workbook, each accepted or refused by itself (R-TRADE-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.sealing import Sealer
from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from trade_ledger.domain.registration import slip_taken
from trade_ledger.operations.trades.prepare_trade import PreparedTrade, prepare_trade
from trade_ledger.operations.trades.write_down_trade import write_down_trade
from trade_ledger.publishers.trade_text import TradeText, registration_of
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.known import TRIES, keeps_changing
from trade_ledger.store.register_statement import FACTS_MOVED, WRITTEN
from trade_ledger.store.registrations import Registration, Registrations

_WRITTEN_AT_ONCE = 100
Outcome = TradeText | tuple[Breach, ...]


async def register_trades(
    session: AsyncSession,
    entries: Sequence[TradeEntry],
    registrations: Registrations,
    *,
    registered_by: UUID,
    operation: str,
    sealer: Sealer,
    act: Act,
) -> list[Outcome]:
    """The result for each entry, in the caller's transaction: the trade, or every breach. Busy if facts don't rest.

    Numbers follow the slips. One slice is prepared while the one before is written, and other requests go on meanwhile.
    """
    outcomes: list[Outcome] = [() for _ in entries]
    # In the order of the slips: two imports of the same ones would else wait for each other.
    waiting = sorted(range(len(entries)), key=lambda n: (entries[n].external_ref, n))
    references: dict[str, int] = {}
    for _ in range(TRIES):
        prepared: dict[int, PreparedTrade] = {}
        written: dict[int, str] = {}
        async with _Writing(session, registrations, written) as writing:
            for start in range(0, len(waiting), _WRITTEN_AT_ONCE):
                ready: dict[int, Registration] = {}
                for n in waiting[start : start + _WRITTEN_AT_ONCE]:
                    entry = entries[n]
                    # Others have their turn after each trade.
                    await asyncio.sleep(0)
                    prepared[n] = await prepare_trade(
                        entry, registrations.facts, act=act, session=session, before_asking=writing.done
                    )
                    outcome = await _written_down(prepared[n], registrations, sealer, act)
                    if isinstance(outcome, TradeText) and _is_second(entry, n, references):
                        outcome = (slip_taken(entry.external_ref),)
                    outcomes[n] = outcome
                    if isinstance(outcome, TradeText):
                        ready[n] = registration_of(
                            outcome,
                            prepared[n].known,
                            event_id=uuid7(),
                            registered_by=registered_by,
                            operation=operation,
                            act=act,
                        )
                await writing.begin_with(ready)
        outcomes = [_outcome(outcomes[n], written.get(n, WRITTEN), entry) for n, entry in enumerate(entries)]
        waiting = [n for n, each in written.items() if each == FACTS_MOVED]
        if not waiting:
            return outcomes
        for n in waiting:
            await registrations.facts.moved(prepared[n].known, session)
    raise keeps_changing()


class _Writing:
    """Writes one slice while the next is prepared: who asks the session for anything else waits until it is done."""

    def __init__(self, session: AsyncSession, registrations: Registrations, written: dict[int, str]) -> None:
        self._session = session
        self._registrations = registrations
        self._written = written
        self._task: asyncio.Task[dict[int, str]] | None = None

    async def __aenter__(self) -> _Writing:
        return self

    async def begin_with(self, ready: dict[int, Registration]) -> None:
        """Begin with a slice once the one before is written."""
        await self.done()
        if ready:
            self._task = asyncio.create_task(self._registrations.write_in(self._session, ready))

    async def done(self) -> None:
        """The session is free, and what was begun is written."""
        if self._task is not None:
            task, self._task = self._task, None
            self._written |= await task

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.done()
        elif self._task is not None:
            # The session is rolled back next, and mustn't be in use then.
            await asyncio.wait([self._task])


def _is_second(entry: TradeEntry, n: int, references: dict[str, int]) -> bool:
    """Whether an earlier entry of the request has the same slip."""
    return entry.external_ref != "" and references.setdefault(entry.external_ref, n) != n


def _outcome(prepared: Outcome, written: str, entry: TradeEntry) -> Outcome:
    return prepared if written in (WRITTEN, FACTS_MOVED) else (slip_taken(entry.external_ref),)


async def _written_down(prepared: PreparedTrade, registrations: Registrations, sealer: Sealer, act: Act) -> Outcome:
    if prepared.breaches:
        return prepared.breaches
    try:
        return await write_down_trade(prepared, registrations, sealer=sealer, act=act)
    except Malformed as too_large:
        return too_large.breaches
