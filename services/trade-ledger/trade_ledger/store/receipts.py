"""Messages of customs, each kept once (R-DECL-4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from trade_ledger.domain.receipts import Receipt
from trade_ledger.store.documents import ReceiptMessage
from trade_ledger.store.tables.declarations import DeclarationRow, ReceiptRow


async def take_receipt(
    session: AsyncSession,
    row: DeclarationRow,
    *,
    receipt_id: str,
    kind: str,
    issued_at: datetime,
    message: ReceiptMessage,
    act: Act,
) -> bool:
    """Keep a message about the newest attempt; False where its id is used already."""
    taking = insert(ReceiptRow).values(
        declaration_id=row.id,
        pilot=row.pilot,
        receipt_id=receipt_id,
        kind=kind,
        attempt=row.attempt,
        issued_at=issued_at,
        content=message,
        recorded_at=act.now,
        recorded_by=act.actor,
    )
    return (await session.execute(taking.on_conflict_do_nothing().returning(ReceiptRow.id))).first() is not None


async def receipt_by_id(session: AsyncSession, declaration_id: UUID, receipt_id: str) -> ReceiptRow:
    """The receipt that is kept under an id of customs."""
    query = select(ReceiptRow).where(ReceiptRow.declaration_id == declaration_id, ReceiptRow.receipt_id == receipt_id)
    return (await session.execute(query)).scalar_one()


async def receipts_known(session: AsyncSession, declaration_id: UUID, attempt: int) -> list[Receipt]:
    """All receipts of an attempt, as the rules look at them."""
    query = select(ReceiptRow).where(ReceiptRow.declaration_id == declaration_id, ReceiptRow.attempt == attempt)
    return [_receipt(row) for row in (await session.execute(query)).scalars()]


def _receipt(row: ReceiptRow) -> Receipt:
    told = row.content
    return Receipt(
        receipt_id=row.receipt_id,
        kind=row.kind,
        issued_at=row.issued_at,
        customs_number=told.customs_number,
        export_date=told.export_date,
        quantities={str(each.portion_id): each.quantity for each in told.portions},
        values={str(each.portion_id): each.declared_value for each in told.portions if each.declared_value is not None},
        recorded_at=row.recorded_at,
        corrects=told.corrects,
        codes={str(each.portion_id): each.hs_code for each in told.portions if each.hs_code},
    )
