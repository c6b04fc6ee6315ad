"""Give an accepted trade its number and write its rows, its event and its answer."""

from __future__ import annotations

from uuid_utils.compat import uuid7

from shared.act import Act
from shared.sealing import Sealer
from shared.vocabulary.numbers import human_number
from trade_ledger.operations.trades.prepare_trade import PreparedTrade
from trade_ledger.publishers.trade_text import TradeText, trade_text
from trade_ledger.store.pilots import said_prefix
from trade_ledger.store.registrations import Registrations
from trade_ledger.store.row_versions import PILOT


async def write_down_trade(
    prepared: PreparedTrade, registrations: Registrations, *, sealer: Sealer, act: Act
) -> TradeText:
    """The trade with its number; Malformed if its event would be too large, Conflict if its pilot isn't known yet."""
    serial = await registrations.next_serial()
    if prepared.known.prefix is None:
        # Nothing is written that could find out that the word has arrived since.
        registrations.facts.forget(prepared.known, (PILOT, act.pilot))
    number = human_number(said_prefix(prepared.known.prefix, act.pilot), "TR", serial)
    ids = [uuid7() for _ in range(1 + len(prepared.entry.lines))]
    return trade_text(prepared.entry, prepared.terms, prepared.verdicts, number, ids=ids, sealer=sealer, act=act)
