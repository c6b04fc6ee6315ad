"""Register one trade, in a transaction that concurrent ones share (R-TRADE-1)."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7

from shared.act import Act
from shared.http.idempotency import KeyInUse
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused
from trade_ledger.domain.registration import slip_taken
from trade_ledger.operations.trades.prepare_trade import prepare_trade
from trade_ledger.operations.trades.write_down_trade import write_down_trade
from trade_ledger.publishers.trade_text import TradeText, registration_of
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.known import TRIES, keeps_changing
from trade_ledger.store.register_statement import FACTS_MOVED, REFERENCE_TAKEN, WRITTEN
from trade_ledger.store.registrations import Claim, Registrations


async def register_trade(
    entry: TradeEntry,
    registrations: Registrations,
    *,
    registered_by: UUID,
    operation: str,
    claim: Claim,
    sealer: Sealer,
    act: Act,
) -> TradeText:
    """The registered trade, committed.

    Raises Refused with every breach, KeyInUse if its key was claimed before, Busy if its facts change each time.
    """
    for _ in range(TRIES):
        prepared = await prepare_trade(entry, registrations.facts, act=act)
        if prepared.breaches:
            raise Refused(prepared.breaches)
        text = await write_down_trade(prepared, registrations, sealer=sealer, act=act)
        outcome = await registrations.write(
            registration_of(
                text,
                prepared.known,
                event_id=uuid7(),
                registered_by=registered_by,
                operation=operation,
                act=act,
                claim=claim,
            )
        )
        if outcome == WRITTEN:
            return text
        if outcome == REFERENCE_TAKEN:
            raise Refused((slip_taken(entry.external_ref),))
        if outcome != FACTS_MOVED:
            raise KeyInUse
        await registrations.facts.moved(prepared.known)
    raise keeps_changing()
