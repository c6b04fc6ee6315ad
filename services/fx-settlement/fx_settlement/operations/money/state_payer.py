"""The bank states who paid, with the evidence: what was blocked for want of it is judged again (V47)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.booking import PayerRelation, blocking, breaches_of_payer_statement
from fx_settlement.operations.money.judge_receipt import judge_receipt
from fx_settlement.operations.money.place_receipt import place_receipt
from fx_settlement.operations.money.unblock_collection import unblock_collection
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.collections import collection_to_change
from fx_settlement.store.tables import CollectionRow
from shared.act import Act
from shared.events.fx_settlement import PayerStated
from shared.vocabulary.errors import Refused


async def state_payer(
    session: AsyncSession,
    collection_id: UUID,
    *,
    buyer_id: UUID | None,
    payer_relation: PayerRelation,
    payer_evidence_hash: str,
    version: int,
    bank_id: UUID,
    act: Act,
) -> CollectionRow:
    """The collection with its payer stated; while anything of it is matched the statement stands as it is."""
    row = await collection_to_change(session, collection_id, bank_id=bank_id, version=version, act=act)
    breaches = breaches_of_payer_statement(
        payer_relation, buyer_named=buyer_id is not None, evidence_hash=payer_evidence_hash, matched=row.matched
    )
    if breaches:
        raise Refused(breaches)
    row.buyer_id, row.payer_relation, row.payer_evidence_hash = buyer_id, payer_relation, payer_evidence_hash
    await place_receipt(session, row)
    judged = blocking(await judge_receipt(session, row, row.pilot, bank_id=row.bank_id))
    blocked_by = tuple(code for code in row.blocked_by if code in judged)
    reason = f"payer stated: {payer_relation}"
    await unblock_collection(session, row, blocked_by, reason=reason, evidence_hash=payer_evidence_hash, act=act)
    await announce_collection(session, row, PayerStated, act=act, reason=reason)
    return row
