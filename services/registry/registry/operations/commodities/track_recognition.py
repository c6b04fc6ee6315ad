"""Keep the list of trade lines that need a person's decision."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.commodities import tasks_of_trade
from registry.store.tables import RecognitionTaskRow
from shared.events.trade_ledger import TradeState


async def track_recognition(session: AsyncSession, trade: TradeState, *, at: datetime) -> None:
    """Open a task per undecided line of the newest version; close those whose line is decided, gone or void.

    A task that a person's decision settled stays as the trade left it: what is open is asked with the decisions.
    """
    tasks = {task.line_id: task for task in await tasks_of_trade(session, trade.trade_id)}
    lines = trade.lines if trade.status == "registered" else ()
    undecided = {line.line_id: line for line in lines if line.verdict.decision == "needs_person"}
    for line_id, task in tasks.items():
        if line_id not in undecided and task.closed_at is None:
            task.closed_at = at
    for line_id, line in undecided.items():
        if (known := tasks.get(line_id)) is not None:
            known.goods_name, known.hs_code, known.closed_at = line.goods_name, line.hs_code, None
        else:
            session.add(
                RecognitionTaskRow(
                    line_id=line_id,
                    pilot=trade.pilot,
                    trade_id=trade.trade_id,
                    trade_number=trade.number,
                    goods_name=line.goods_name,
                    hs_code=line.hs_code,
                    opened_at=at,
                    closed_at=None,
                )
            )
