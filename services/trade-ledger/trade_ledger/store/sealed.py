"""What trade-ledger seals: who paid whom in the domestic leg of a trade, and files that are on their way."""

from __future__ import annotations

import base64
import zlib
from datetime import date
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registry import Sealed
from shared.sealing import ERASED, SealedColumn, SealedRows, Sealer
from trade_ledger.store.tables.trades import TradeRow

TRADES = "trades"
PAYER = SealedColumn(TRADES, "payer", "trade.party")
PAYEE = SealedColumn(TRADES, "payee", "trade.party")
_LEG = {"payer": PAYER, "payee": PAYEE}
_JOBS = "trade_jobs"
_FILE = SealedColumn(_JOBS, "body", "trade_job.body")
_FASTEST = 1

SEALED = (
    SealedRows(TRADES, key=("id",), documents=("state",), columns=_LEG),
    SealedRows("trade_versions", key=("trade_id", "version"), documents=("state",), columns=_LEG, of=TRADES),
    SealedRows(_JOBS, key=("id",), documents=("body",), columns={"body": _FILE}),
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


def seal_file(sealer: Sealer, job_id: UUID, content: bytes) -> tuple[Sealed, str]:
    """A file as its job keeps it, and the job's data key; nothing of it can be searched by."""
    key = sealer.new_row_key(_JOBS, job_id)
    text = base64.b64encode(zlib.compress(content, _FASTEST)).decode()
    return key.seal(text, _FILE, mask="***", indexed=""), key.wrapped


def open_file(sealer: Sealer, job_id: UUID, sealed: Sealed, data_key: str) -> bytes:
    """The file that a job keeps."""
    text = sealer.row_key(_JOBS, job_id, data_key).open(sealed, _FILE)
    return zlib.decompress(base64.b64decode(text))
