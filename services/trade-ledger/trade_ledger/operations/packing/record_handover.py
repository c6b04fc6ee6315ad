"""Record that goods passed from the stall holder to the operator who exports them (R-PACK-1, R-TRADE-5)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import HandoverRecorded
from shared.messaging.outbox import announce
from shared.rows import next_number
from shared.vocabulary.errors import Hidden, NotFound, Refused
from shared.vocabulary.numbers import human_number
from trade_ledger.domain.handover import HandoverFacts, breaches_of_handover
from trade_ledger.store.pilots import prefix_of
from trade_ledger.store.tables.packing import HandoverRow
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import trades_for_update


async def record_handover(
    session: AsyncSession, trade_ids: Sequence[UUID], *, act: Act, at: str = "/trade_ids"
) -> HandoverRow:
    """The handover of some trades of one seller to one operator, or every breach; `at` points to their list."""
    trades = await trades_for_update(session, trade_ids)
    if len(trades) != len(set(trade_ids)) or any(trade.pilot != act.pilot for trade in trades):
        raise NotFound("not all trades are known")
    for trade in trades:
        if act.subject_id not in {str(trade.seller_id), str(trade.consignor_id)}:
            raise Hidden(f"trade {trade.id} is somebody else's")
    named = sorted(trades, key=lambda trade: trade_ids.index(trade.id))
    if breaches := breaches_of_handover([_facts(trade) for trade in named], at):
        raise Refused(breaches)
    row = HandoverRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "HO", await next_number(session, "handover")),
        from_subject_id=trades[0].seller_id,
        to_subject_id=trades[0].consignor_id,
        handed_over_at=act.now,
        trade_ids=tuple(trade.id for trade in trades),
    )
    session.add(row)
    for trade in trades:
        trade.handed_over_at = act.now
    said = HandoverRecorded(
        handover_id=row.id,
        pilot=row.pilot,
        number=row.number,
        from_subject_id=row.from_subject_id,
        to_subject_id=row.to_subject_id,
        handed_over_at=row.handed_over_at,
        trade_ids=row.trade_ids,
    )
    await announce(session, said, key=row.id, sequence=1, act=act)
    return row


def _facts(trade: TradeRow) -> HandoverFacts:
    return HandoverFacts(
        number=trade.number,
        status=trade.status,
        seller_id=str(trade.seller_id),
        consignor_id=str(trade.consignor_id),
        handed_over=trade.handed_over_at is not None,
    )
