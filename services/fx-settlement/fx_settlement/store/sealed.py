"""What fx-settlement seals: who paid a collection."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import CollectionRow
from shared.sealing import ERASED, SealedColumn, SealedRows

COLLECTIONS = "collections"
PAYER = SealedColumn(COLLECTIONS, "payer", "payer")

SEALED = (SealedRows(COLLECTIONS, key=("id",), documents=("payer",), columns={"payer": PAYER}),)
"""Where sealed values are."""


async def destroy_keys(session: AsyncSession, subject_id: UUID, *, until: date) -> None:
    """Destroy the data keys of a subject's collections up to a day: nobody opens who paid them any more."""
    table = CollectionRow
    of_subject = or_(table.collector_id == subject_id, table.buyer_id == subject_id)
    await session.execute(update(table).where(of_subject, table.received_on <= until).values(data_key=ERASED))
