"""Correct a trade by a new version; packed quantity is fixed until it is unpacked (R-TRADE-4, V17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import TradeCorrected, TradeVoided
from shared.messaging.outbox import announce
from shared.rows import row_to_change
from shared.sealing import Sealer
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.rules import Breach
from trade_ledger.domain.parties import Standings, breaches_of_completion
from trade_ledger.domain.registration import breaches_of_new_terms
from trade_ledger.operations.trades.prepare_trade import PreparedTrade, prepare_trade
from trade_ledger.operations.trades.trade_entry import CorrectionEntry
from trade_ledger.operations.trades.trade_text import trade_text
from trade_ledger.publishers.trades import trade_event
from trade_ledger.store.facts import standings_of, subjects_by_id
from trade_ledger.store.known import KnownFacts
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow
from trade_ledger.store.tables.trades import (
    LineCounterRow,
    TradeDocumentRow,
    TradeLineRow,
    TradeRow,
    TradeVersionRow,
)
from trade_ledger.store.trades import counters_of, lines_by_id

_SUBMITTED = frozenset({"submitted", "accepted", "inspected", "released", "departed", "returned"})


async def own_trade(session: AsyncSession, trade_id: UUID, version: int | None, act: Act) -> TradeRow:
    """The locked trade at the version the caller saw, if it is seller's, consignor's or its registrar's."""

    def own(trade: TradeRow) -> bool:
        return act.subject_id in {str(trade.seller_id), str(trade.consignor_id), str(trade.registered_by)}

    return await row_to_change(session, TradeRow, trade_id, pilot=act.pilot, version=version, what="trade", own=own)


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
    prepared = await prepare_trade(entry, facts, act=act, session=session, registered_at=trade.registered_at)
    state = orjson.loads(trade_text(prepared, trade.number, sealer=sealer, act=act).state)
    unknown = _keep_ids(entry, trade.state["lines"], state["lines"])
    state |= {"trade_id": str(trade_id), "version": version + 1, "external_ref": trade.external_ref}
    counters = await counters_of(session, trade_id)
    breaches = [*_rule_breaches(prepared, trade), *breaches_of_new_terms(trade.state, state), *unknown]
    breaches += _room_breaches(trade.state["lines"], state["lines"], counters)
    if await _is_submitted(session, trade_id):
        breaches.append(Breach("trade_in_declaration", "R-TRADE-4"))
    if breaches:
        raise Refused(tuple(breaches))
    await _write(session, trade, state, counters, act, entry.reason)
    await announce(
        session, trade_event(TradeCorrected, state, entry.reason), key=trade_id, sequence=trade.version, act=act
    )
    return trade


def _keep_ids(entry: CorrectionEntry, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Breach]:
    """Give the lines the ids that they had; a breach for each id that isn't one of the trade's, or stands twice."""
    left = {line["line_no"]: line["line_id"] for line in before}
    if all(line.line_id is None for line in entry.lines):
        for line in after:
            line["line_id"] = left.get(line["line_no"], line["line_id"])
        return []
    ids, breaches = set(left.values()), []
    for index, (named, line) in enumerate(zip(entry.lines, after, strict=True)):
        if named.line_id is None:
            continue
        line["line_id"] = str(named.line_id)
        if line["line_id"] not in ids:
            breaches.append(Breach("line_unknown", "R-TRADE-4", f"/lines/{index}/line_id"))
        ids.discard(line["line_id"])
    return breaches


def _rule_breaches(prepared: PreparedTrade, trade: TradeRow) -> list[Breach]:
    """A suspension stops new trades, not the correction of an earlier one: only a stop order does (V2)."""
    same_buyer = prepared.entry.buyer_id == trade.buyer_id
    stay = {"/seller_id", "/consignor_id"} | ({"/buyer_id"} if same_buyer else set())
    breaches = [breach for breach in prepared.breaches if breach.pointer not in stay]
    parties = prepared.known.parties
    held = _stop_orders(trade, {key: party.standings for key, party in parties.items()})
    return breaches + held


def _stop_orders(trade: TradeRow, standings: Mapping[UUID, Standings | None]) -> list[Breach]:
    return [
        *breaches_of_completion(standings.get(trade.seller_id), "stall_holder", "/seller_id"),
        *breaches_of_completion(standings.get(trade.consignor_id), "operator", "/consignor_id"),
    ]


def _room_breaches(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], counters: dict[UUID, LineCounterRow]
) -> list[Breach]:
    """What is packed stays what it is: so many of that unit."""
    units = {UUID(line["line_id"]): line["unit"] for line in before}
    wanted = {UUID(line["line_id"]): (index, line) for index, line in enumerate(after)}
    breaches = []
    for line_id, counter in counters.items():
        if not counter.packed:
            continue
        index, line = wanted.get(line_id, (None, None))
        if line is None or line["unit"] != units[line_id] or counter.packed > Decimal(line["quantity"]):
            at = "/lines" if index is None else f"/lines/{index}/quantity"
            breaches.append(Breach("quantity_packed", "R-TRADE-4", at, {"packed": f"{counter.packed.normalize():f}"}))
    return breaches


async def _is_submitted(session: AsyncSession, trade_id: UUID) -> bool:
    query = (
        select(PortionRow.id)
        .join(DeclarationRow, DeclarationRow.id == PortionRow.declaration_id)
        .where(PortionRow.trade_id == trade_id, DeclarationRow.status.in_(_SUBMITTED))
    )
    return (await session.execute(query.limit(1))).first() is not None


async def _write(
    session: AsyncSession,
    trade: TradeRow,
    state: dict[str, Any],
    counters: dict[UUID, LineCounterRow],
    act: Act,
    reason: str,
) -> None:
    trade.buyer_id = UUID(state["buyer_id"]) if state["buyer_id"] else None
    trade.eligible, trade.currency, trade.version = state["eligible"], state["currency"], state["version"]
    trade.trade_date, trade.total = date.fromisoformat(state["trade_date"]), Decimal(state["total"])
    trade.state = state
    await _write_lines(session, trade, state["lines"], counters, act)
    await _write_documents(session, trade, state["document_hashes"])
    await session.execute(insert(TradeVersionRow), [version_row(state, act, reason)])


async def _write_lines(
    session: AsyncSession,
    trade: TradeRow,
    lines: Sequence[dict[str, Any]],
    counters: dict[UUID, LineCounterRow],
    act: Act,
) -> None:
    """Lines that are gone stay as void ones: nothing is ever deleted (R-TRADE-4)."""
    existing = await lines_by_id(session, counters)
    kept = {UUID(line["line_id"]) for line in lines}
    gone = [Move(key, "void", row.registered - row.void) for key, row in counters.items() if key not in kept]
    await move(session, [each for each in gone if each.quantity], reference=f"correction:{trade.number}", act=act)
    for line in lines:
        line_id, quantity = UUID(line["line_id"]), Decimal(line["quantity"])
        if line_id in existing:
            existing[line_id].content, existing[line_id].line_no = line, line["line_no"]
            counters[line_id].registered = quantity
        else:
            session.add(
                TradeLineRow(id=line_id, trade_id=trade.id, pilot=trade.pilot, line_no=line["line_no"], content=line)
            )
            await session.flush()
            session.add(LineCounterRow(line_id=line_id, pilot=trade.pilot, registered=quantity))


async def _write_documents(session: AsyncSession, trade: TradeRow, hashes: Sequence[str]) -> None:
    rows = [{"content_hash": each, "trade_id": trade.id, "pilot": trade.pilot} for each in hashes]
    if rows:
        await session.execute(upsert(TradeDocumentRow).values(rows).on_conflict_do_nothing())


def version_row(state: dict[str, Any], act: Act, reason: str) -> dict[str, Any]:
    """The history line of a trade's version."""
    return {
        "trade_id": UUID(state["trade_id"]),
        "version": state["version"],
        "at": act.now,
        "actor": act.actor,
        "reason": reason,
        "state": state,
    }


async def void_trade(session: AsyncSession, trade_id: UUID, *, version: int, reason: str, act: Act) -> TradeRow:
    """The void trade; refused while anything of it is packed. Nothing is deleted (R-TRADE-4)."""
    trade = await own_trade(session, trade_id, version, act)
    if trade.status != "registered":
        raise Conflict("trade_void", "the trade is void already")
    counters = await counters_of(session, trade_id)
    subjects = await subjects_by_id(session, [trade.seller_id, trade.consignor_id])
    if held := _stop_orders(trade, {key: standings_of(subject) for key, subject in subjects.items()}):
        raise Refused(tuple(held))
    moves = [Move(key, "void", row.registered - row.void) for key, row in counters.items() if row.registered > row.void]
    if await move(session, moves, reference=f"void:{trade.number}", act=act):
        raise Refused((Breach("trade_packed", "R-TRADE-4"),))
    trade.status, trade.version = "void", version + 1
    trade.state = {**trade.state, "status": "void", "version": version + 1}
    await session.execute(insert(TradeVersionRow), [version_row(trade.state, act, reason)])
    await announce(session, trade_event(TradeVoided, trade.state, reason), key=trade_id, sequence=version + 1, act=act)
    return trade
