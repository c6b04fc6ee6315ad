"""What trade-ledger seals: who paid whom in the domestic leg of a trade."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import ERASED, SealedColumn, SealedRows
from trade_ledger.store.tables.trades import TradeRow

TRADES = "trades"
PAYER = SealedColumn(TRADES, "payer", "trade.party")
PAYEE = SealedColumn(TRADES, "payee", "trade.party")
_LEG = {"payer": PAYER, "payee": PAYEE}

SEALED = (
    SealedRows(TRADES, key=("id",), documents=("state",), columns=_LEG),
    SealedRows("trade_versions", key=("trade_id", "version"), documents=("state",), columns=_LEG, of=TRADES),
)
"""Where sealed values are; the versions of a trade keep what was sealed for its row."""


async def destroy_keys(session: AsyncSession, subject_id: UUID, *, until: date) -> None:
    """Destroy the data keys of a subject's trades up to a day: nobody opens who paid whom in them any more."""
    # The owner is the seller or the consignor (R-TRADE-1).
    of_subject = or_(
        TradeRow.seller_id == subject_id,
        TradeRow.buyer_id == subject_id,
        TradeRow.consignor_id == subject_id,
    )
    await session.execute(
        update(TradeRow)
        .where(of_subject, TradeRow.trade_date <= until, TradeRow.state["domestic_leg"].astext.is_not(None))
        .values(data_key=ERASED)
    )
