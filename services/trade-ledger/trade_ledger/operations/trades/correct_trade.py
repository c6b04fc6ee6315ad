"""Correct a trade by a new version; packed quantity is fixed until it is unpacked (R-TRADE-4, V17)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import TradeCorrected, TradeLine, TradeState
from shared.messaging.outbox import announce
from shared.sealing import ERASED, Sealer
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.rules import Breach
from trade_ledger.domain.corrections import (
    LineQuantity,
    breaches_of_new_terms,
    breaches_of_packed,
    corrected_line_ids,
)
from trade_ledger.domain.parties import breaches_of_stop_orders
from trade_ledger.operations.trades.prepare_trade import PreparedTrade, prepare_trade
from trade_ledger.publishers.trade_text import trade_text
from trade_ledger.publishers.trades import trade_event
from trade_ledger.store.entries import CorrectionEntry
from trade_ledger.store.known import KnownFacts
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.trades import LineCounterRow, TradeLineRow, TradeRow
from trade_ledger.store.trades import (
    buyers_completed,
    counters_of,
    is_in_submitted_declaration,
    keep_documents,
    keep_version,
    lines_by_id,
    own_trade,
)

Counters = dict[UUID, LineCounterRow]


async def correct_trade(
    session: AsyncSession,
    trade_id: UUID,
    entry: CorrectionEntry,
    facts: KnownFacts,
    *,
    version: int,
    sealer: Sealer,
    act: Act,
) -> TradeRow:
    """The trade at its next version. Every breach at once, or none."""
    trade = await own_trade(session, trade_id, version, act)
    if trade.status != "registered":
        raise Conflict("trade_void", "the trade is void")
    if trade.data_key == ERASED:
        raise Conflict("trade_parties_erased")
    entry = await _with_hidden_buyer(session, trade, entry, act)
    prepared = await prepare_trade(entry, facts, act=act, session=session, registered_at=trade.registered_at)
    text = trade_text(
        entry,
        prepared.terms,
        prepared.verdicts,
        trade.number,
        ids=[trade_id, *(uuid7() for _ in entry.lines)],
        sealer=sealer,
        act=act,
        data_key=trade.data_key,
    )
    entered = TradeState.model_validate_json(text.state)
    ids, unknown = corrected_line_ids(
        {line.line_no: line.line_id for line in trade.state.lines},
        [line.line_id for line in entry.lines],
        [line.line_id for line in entered.lines],
    )
    lines = [line.model_copy(update={"line_id": kept}) for line, kept in zip(entered.lines, ids, strict=True)]
    state = entered.model_copy(
        update={
            "version": version + 1,
            "external_ref": trade.external_ref,
            "lines": tuple(lines),
        }
    )
    counters = await counters_of(session, [trade_id])
    packed = {key: row.packed for key, row in counters.items()}
    breaches = [*_rule_breaches(prepared, trade), *breaches_of_new_terms(trade.state, state), *unknown]
    breaches += breaches_of_packed(_quantities(trade.state.lines), _quantities(lines), packed)
    if await is_in_submitted_declaration(session, trade_id):
        breaches.append(Breach("trade_in_declaration", "R-TRADE-4"))
    if breaches:
        raise Refused(tuple(breaches))
    trade.data_key = text.data_key
    await _write(session, trade, state, counters, act, entry.reason)
    said = trade_event(TradeCorrected, state, entry.reason)
    await announce(session, said, key=trade_id, sequence=trade.version, act=act)
    return trade


async def _with_hidden_buyer(
    session: AsyncSession, trade: TradeRow, entry: CorrectionEntry, act: Act
) -> CorrectionEntry:
    """A buyer that the operator completed isn't shown to the stall holder, so leaving it out keeps it (R-FILE-8)."""
    shown = act.role != "stall_holder" or act.subject_id == str(trade.consignor_id)
    if shown or entry.buyer_id is not None or trade.buyer_id is None:
        return entry
    completed = trade.id in await buyers_completed(session, [trade.id])
    return entry.model_copy(update={"buyer_id": trade.buyer_id}) if completed else entry


def _quantities(lines: Sequence[TradeLine]) -> list[LineQuantity]:
    return [LineQuantity(line.line_id, line.quantity, line.unit) for line in lines]


def _rule_breaches(prepared: PreparedTrade, trade: TradeRow) -> list[Breach]:
    """A suspension stops new trades, not the correction of an earlier one: only a stop order does (V2)."""
    same_buyer = prepared.entry.buyer_id == trade.buyer_id
    stay = {"/seller_id", "/consignor_id"} | ({"/buyer_id"} if same_buyer else set())
    breaches = [breach for breach in prepared.breaches if breach.pointer not in stay]
    parties = (prepared.known.party(each) for each in (trade.seller_id, trade.consignor_id))
    stopped = breaches_of_stop_orders(*(party.standings if party else None for party in parties))
    return [*breaches, *stopped]


async def _write(
    session: AsyncSession, trade: TradeRow, state: TradeState, counters: Counters, act: Act, reason: str
) -> None:
    trade.buyer_id, trade.eligible, trade.currency = state.buyer_id, state.eligible, state.currency
    trade.version, trade.trade_date, trade.total = state.version, state.trade_date, state.total
    trade.state = state
    await _write_lines(session, trade, state.lines, counters, act)
    await keep_documents(session, trade, state.document_hashes)
    await keep_version(session, state, act, reason)


async def _write_lines(
    session: AsyncSession, trade: TradeRow, lines: Sequence[TradeLine], counters: Counters, act: Act
) -> None:
    """Removed lines are kept as void: nothing is ever deleted (R-TRADE-4)."""
    existing = await lines_by_id(session, counters)
    kept = {line.line_id for line in lines}
    gone = [Move(key, "void", row.registered - row.void) for key, row in counters.items() if key not in kept]
    await move(session, [each for each in gone if each.quantity], reference=f"correction:{trade.number}", act=act)
    for line in lines:
        if line.line_id in existing:
            row = existing[line.line_id]
            row.content, row.line_no = line, line.line_no
            counters[line.line_id].registered = line.quantity
        else:
            session.add(
                TradeLineRow(id=line.line_id, trade_id=trade.id, pilot=trade.pilot, line_no=line.line_no, content=line)
            )
            await session.flush()
            session.add(LineCounterRow(line_id=line.line_id, pilot=trade.pilot, registered=line.quantity))
