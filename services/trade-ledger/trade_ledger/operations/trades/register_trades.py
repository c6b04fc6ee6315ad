"""Register many trades from a bulk request or a workbook, each accepted or refused by itself (R-TRADE-1)."""

from __future__ import annotations

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
    """The result for each entry, in the caller's transaction: the trade, or every breach. Busy if facts don't rest."""
    outcomes: list[Outcome] = [() for _ in entries]
    waiting = list(range(len(entries)))
    references: dict[str, int] = {}
    for _ in range(TRIES):
        ready: dict[int, Registration] = {}
        prepared: dict[int, PreparedTrade] = {}
        for n in waiting:
            prepared[n] = await prepare_trade(entries[n], registrations.facts, act=act, session=session)
            outcomes[n] = outcome = await _written_down(prepared[n], registrations, sealer, act)
            reference = entries[n].external_ref
            if not isinstance(outcome, TradeText):
                continue
            if reference and references.setdefault(reference, n) != n:
                outcomes[n] = (slip_taken(reference),)
                continue
            ready[n] = registration_of(
                outcome,
                prepared[n].known,
                event_id=uuid7(),
                registered_by=registered_by,
                operation=operation,
                act=act,
            )
        written = await registrations.write_in(session, ready)
        outcomes = [_outcome(outcomes[n], written.get(n, WRITTEN), entry) for n, entry in enumerate(entries)]
        waiting = [n for n, each in written.items() if each == FACTS_MOVED]
        if not waiting:
            return outcomes
        for n in waiting:
            await registrations.facts.moved(prepared[n].known, session)
    raise keeps_changing()


def _outcome(prepared: Outcome, written: str, entry: TradeEntry) -> Outcome:
    return prepared if written in (WRITTEN, FACTS_MOVED) else (slip_taken(entry.external_ref),)


async def _written_down(prepared: PreparedTrade, registrations: Registrations, sealer: Sealer, act: Act) -> Outcome:
    if prepared.breaches:
        return prepared.breaches
    try:
        return await write_down_trade(prepared, registrations, sealer=sealer, act=act)
    except Malformed as too_large:
        return too_large.breaches
