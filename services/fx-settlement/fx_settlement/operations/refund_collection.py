"""The bank refunds what is not matched; what is used must be un-matched first (退汇, V41)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.book_collection import booked_collection
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.money import Posting, post
from fx_settlement.store.tables import CollectionRow, policy
from shared.act import Act
from shared.events.fx_settlement import CollectionRefunded
from shared.policy import policy_of
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach


async def refund_collection(
    session: AsyncSession,
    collection_id: UUID,
    *,
    amount: Decimal,
    refunded_on: date,
    evidence_hash: str,
    version: int,
    bank_id: UUID,
    act: Act,
) -> CollectionRow:
    """The collection after the refund, or every reason why not."""
    row = await booked_collection(session, collection_id, bank_id=bank_id, version=version, act=act)
    days = (await policy_of(session, policy, row.pilot)).on("refund_special_after_days", refunded_on).value
    free = row.amount - row.matched - row.refunded
    breaches = []
    if amount <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-8", "/amount"))
    if amount > free:
        breaches.append(Breach("refund_over_unmatched", "V41", "/amount", {"free": f"{free:f}"}))
    if (refunded_on - row.received_on).days > days and not evidence_hash:
        breaches.append(Breach("refund_evidence_missing", "V41", "/evidence_hash", {"days": str(days)}))
    if breaches:
        raise Refused(tuple(breaches))
    row.refunded += amount
    postings = [
        Posting(f"unmatched:{row.collector_id}", row.currency, amount),
        Posting(f"bank:{bank_id}", row.currency, -amount),
    ]
    await post(session, postings, reference=f"refund:{row.number}", act=act)
    await announce_collection(session, row, CollectionRefunded, act=act, reason=evidence_hash)
    return row
