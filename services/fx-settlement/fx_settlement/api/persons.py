"""What a party may ask of its own data that all other answers mask (R-DATA-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from fx_settlement.store.collections import collections_collected_by
from fx_settlement.store.sealed import COLLECTIONS, PAYER
from fx_settlement.store.tables import CollectionRow
from shared.http.command import Commanded
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.scope import subject_of
from shared.sealing import ERASED, Sealer
from shared.vocabulary.errors import Hidden

router = service_router("persons")


class PayerInClear(BaseModel):
    """Who paid a collection; null once a person's data was erased."""

    collection_id: UUID
    number: str
    received_on: date
    payer: str | None


@router.post("/v1/subjects/{subject_id}/personal-data-exports", response_model=Page[PayerInClear])
async def export_personal_data(subject_id: UUID, command: Commanded, wanted: WantedPage, request: Request) -> Response:
    """Who paid the caller's own subject what it collected, in clear, newest first.

    It is all that answers of this service mask of a party; the rest is in its lists. Each page has a key of its own.
    """
    if subject_id != subject_of(command.scope):
        raise Hidden(f"the personal data of {subject_id} are somebody else's")
    rows = await wanted.rows(command.session, collections_collected_by(command.scope), CollectionRow.id)
    sealer = request.app.state.runtime.sealer
    return await command.answer_once(wanted.page(rows, [_payer_in_clear(row, sealer) for row in rows], "id"))


def _payer_in_clear(row: CollectionRow, sealer: Sealer) -> PayerInClear:
    payer = None
    if row.data_key != ERASED:
        payer = sealer.row_key(COLLECTIONS, row.id, row.data_key).open(row.payer, PAYER)
    return PayerInClear(collection_id=row.id, number=row.number, received_on=row.received_on, payer=payer)
