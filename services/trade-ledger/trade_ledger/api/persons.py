"""What a party may ask of its own data that all other answers mask (R-DATA-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from shared.http.command import Commanded
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.scope import subject_of
from shared.sealing import ERASED, Sealer
from shared.vocabulary.errors import Hidden
from trade_ledger.store.sealed import PAYEE, PAYER, TRADES
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import trades_with_leg_of

router = service_router("persons")


class LegInClear(BaseModel):
    """Who paid whom in the domestic leg of a trade; null once a person's data was erased."""

    trade_id: UUID
    number: str
    trade_date: date
    payer: str | None
    payee: str | None


@router.post("/v1/subjects/{subject_id}/personal-data-exports", response_model=Page[LegInClear])
async def export_personal_data(subject_id: UUID, command: Commanded, wanted: WantedPage, request: Request) -> Response:
    """Who paid whom in the trades that the caller's own subject sells or registered, in clear, newest first.

    It is all that answers of this service mask of a party; the rest is in its lists. Each page has a key of its own.
    """
    if subject_id != subject_of(command.scope):
        raise Hidden(f"the personal data of {subject_id} are somebody else's")
    rows = await wanted.rows(command.session, trades_with_leg_of(command.scope), TradeRow.id)
    sealer = request.app.state.runtime.sealer
    return await command.answer_once(wanted.page(rows, [_leg_in_clear(row, sealer) for row in rows], "id"))


def _leg_in_clear(row: TradeRow, sealer: Sealer) -> LegInClear:
    leg, payer, payee = row.state.domestic_leg, None, None
    if leg is not None and row.data_key != ERASED:
        key = sealer.row_key(TRADES, row.id, row.data_key)
        payer, payee = key.open(leg.payer, PAYER), key.open(leg.payee, PAYEE)
    return LegInClear(trade_id=row.id, number=row.number, trade_date=row.trade_date, payer=payer, payee=payee)
