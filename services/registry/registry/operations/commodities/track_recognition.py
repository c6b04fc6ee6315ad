"""Keep the list of trade lines that need a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.commodities import tasks_of_trades
from registry.store.tables import RecognitionTaskRow
from shared.events.trade_ledger import TradeLine, TradeState


async def track_recognition(session: AsyncSession, trades: Sequence[tuple[TradeState, datetime]]) -> None:
    """Open a task per undecided line of the newest version; close those whose line is decided, gone or void.

    Each trade comes with the instant at which it became so, no trade twice. A task that a person's decision settled
    stays as the trade left it: what is open is asked with the decisions.
    """
    known = await tasks_of_trades(session, [trade.trade_id for trade, _ in trades])
    for trade, at in trades:
        tasks = {task.line_id: task for task in known.get(trade.trade_id, ())}
        lines = trade.lines if trade.status == "registered" else ()
        undecided = {line.line_id: line for line in lines if line.verdict.decision == "needs_person"}
        for line_id, task in tasks.items():
            if line_id not in undecided and task.closed_at is None:
                task.closed_at = at
        for line_id, line in undecided.items():
            if (open_task := tasks.get(line_id)) is not None:
                open_task.goods_name, open_task.hs_code, open_task.closed_at = line.goods_name, line.hs_code, None
            else:
                session.add(_new_task(trade, line, at))


def _new_task(trade: TradeState, line: TradeLine, at: datetime) -> RecognitionTaskRow:
    return RecognitionTaskRow(
        line_id=line.line_id,
        pilot=trade.pilot,
        trade_id=trade.trade_id,
        trade_number=trade.number,
        goods_name=line.goods_name,
        hs_code=line.hs_code,
        opened_at=at,
        closed_at=None,
    )
