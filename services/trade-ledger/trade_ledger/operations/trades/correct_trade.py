"""Correct a trade by a new version; packed quantity is fixed until it is unpacked (R-TRADE-4, V17)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import TradeCorrected, TradeVoided
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Conflict, Hidden, NotFound, Refused, Stale
from shared.vocabulary.rules import Breach
from trade_ledger.operations.trades.prepare_trades import PreparedTrade
from trade_ledger.operations.trades.register_trades import trade_row, version_row
from trade_ledger.publishers.trades import trade_event
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow
from trade_ledger.store.tables.trades import LineCounterRow, TradeLineRow, TradeRow, TradeVersionRow
from trade_ledger.store.trades import counters_of, trade_for_update

_SUBMITTED = frozenset({"submitted", "accepted", "inspected", "released", "departed"})


async def own_trade(session: AsyncSession, trade_id: UUID, version: int | None, act: Act) -> TradeRow:
    """The locked trade at the version the caller saw, if it is seller's, consignor's or its registrar's."""
    trade = await trade_for_update(session, trade_id)
    if trade is None or trade.pilot != act.pilot:
        raise NotFound(f"no trade {trade_id}")
    if act.subject_id not in {str(trade.seller_id), str(trade.consignor_id), str(trade.registered_by)}:
        raise Hidden(f"trade {trade_id} is somebody else's")
    if version is not None and trade.version != version:
        raise Stale(f"the trade has version {trade.version}")
    return trade


async def correct_trade(
    session: AsyncSession, trade_id: UUID, prepared: PreparedTrade, *, version: int, reason: str, act: Act
) -> TradeRow:
    """The trade at its next version; lines keep their ids by line number. Every breach at once, or none."""
    trade = await own_trade(session, trade_id, version, act)
    if trade.status != "registered":
        raise Conflict("trade_void", "the trade is void")
    counters = await counters_of(session, trade_id)
    by_number = {line["line_no"]: line["line_id"] for line in trade.state["lines"]}
    lines = [
        {**line, "line_id": by_number.get(line["line_no"], line["line_id"])} for line in prepared.state.get("lines", ())
    ]
    breaches = [*prepared.breaches, *_room_breaches(lines, counters)]
    if await _is_submitted(session, trade_id):
        breaches.append(Breach("trade_in_declaration", "R-TRADE-4"))
    if breaches:
        raise Refused(tuple(breaches))
    state = {**prepared.state, "trade_id": str(trade_id), "number": trade.number, "version": version + 1}
    state |= {"lines": lines, "external_ref": trade.external_ref}
    await _write(session, trade, state, counters, act, reason)
    await announce(session, trade_event(TradeCorrected, state, reason), key=trade_id, sequence=trade.version, act=act)
    return trade


def _room_breaches(lines: Sequence[dict[str, Any]], counters: dict[UUID, LineCounterRow]) -> list[Breach]:
    wanted = {UUID(line["line_id"]): Decimal(line["quantity"]) for line in lines}
    breaches = []
    for line_id, counter in counters.items():
        if counter.packed > wanted.get(line_id, Decimal(0)):
            params = {"packed": f"{counter.packed.normalize():f}"}
            breaches.append(Breach("quantity_packed", "R-TRADE-4", "/lines", params))
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
    row = trade_row(state, trade.registered_by, act)
    for name in ("buyer_id", "eligible", "trade_date", "currency", "total", "version", "state"):
        setattr(trade, name, row[name])
    kept = {UUID(line["line_id"]) for line in state["lines"]}
    gone = [line_id for line_id in counters if line_id not in kept and not counters[line_id].packed]
    await session.execute(delete(LineCounterRow).where(LineCounterRow.line_id.in_(gone)))
    await session.execute(delete(TradeLineRow).where(TradeLineRow.id.in_(gone)))
    for line in state["lines"]:
        line_id = UUID(line["line_id"])
        existing = await session.get(TradeLineRow, line_id)
        if existing is None:
            session.add(
                TradeLineRow(id=line_id, trade_id=trade.id, pilot=trade.pilot, line_no=line["line_no"], content=line)
            )
            await session.flush()
            session.add(LineCounterRow(line_id=line_id, pilot=trade.pilot, registered=Decimal(line["quantity"])))
        else:
            existing.content = line
            counters[line_id].registered = Decimal(line["quantity"])
    await session.execute(insert(TradeVersionRow), [version_row(state, act, reason)])


async def void_trade(session: AsyncSession, trade_id: UUID, *, version: int, reason: str, act: Act) -> TradeRow:
    """The void trade; refused while anything of it is packed. Nothing is deleted (R-TRADE-4)."""
    trade = await own_trade(session, trade_id, version, act)
    if trade.status != "registered":
        raise Conflict("trade_void", "the trade is void already")
    counters = await counters_of(session, trade_id)
    moves = [Move(line_id, "void", row.registered) for line_id, row in counters.items()]
    if await move(session, moves, reference=f"void:{trade.number}", act=act):
        raise Refused((Breach("trade_packed", "R-TRADE-4"),))
    trade.status, trade.version = "void", version + 1
    trade.state = {**trade.state, "status": "void", "version": version + 1}
    await session.execute(insert(TradeVersionRow), [version_row(trade.state, act, reason)])
    await announce(session, trade_event(TradeVoided, trade.state, reason), key=trade_id, sequence=version + 1, act=act)
    return trade
