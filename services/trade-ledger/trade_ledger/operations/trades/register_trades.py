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
    """The result for each entry, in the caller's transaction: the trade, or every breach."""
    outcomes: list[Outcome] = [() for _ in entries]
    waiting = list(range(len(entries)))
    references: dict[str, int] = {}
    while waiting:
        ready: dict[int, Registration] = {}
        prepared: dict[int, PreparedTrade] = {}
        for n in waiting:
            prepared[n] = await prepare_trade(entries[n], registrations.facts, act=act, session=session)
            outcomes[n] = outcome = await _written_down(prepared[n], registrations, sealer, act)
            if isinstance(outcome, TradeText):
                reference = entries[n].external_ref
                if reference and references.setdefault(reference, n) != n:
                    outcomes[n] = (slip_taken(reference),)
                    continue
                versions = prepared[n].known.versions
                ready[n] = registration_of(
                    outcome,
                    versions,
                    event_id=uuid7(),
                    registered_by=registered_by,
                    operation=operation,
                    act=act,
                )
        waiting = []
        for n, written in (await registrations.write_in(session, ready)).items():
            if written == FACTS_MOVED:
                registrations.facts.forget(prepared[n].known)
                waiting.append(n)
            elif written != WRITTEN:
                outcomes[n] = (slip_taken(entries[n].external_ref),)
    return outcomes


async def _written_down(prepared: PreparedTrade, registrations: Registrations, sealer: Sealer, act: Act) -> Outcome:
    if prepared.breaches:
        return prepared.breaches
    try:
        return await write_down_trade(prepared, registrations, sealer=sealer, act=act)
    except Malformed as too_large:
        return too_large.breaches
