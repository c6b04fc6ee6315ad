"""Who must act closes a conflict case with reason and evidence (R-DECL-7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.booking import blocking, still_blocking
from fx_settlement.domain.cases import ClosingFacts, breaches_of_closing
from fx_settlement.domain.room import excess_of
from fx_settlement.operations.money.judge_receipt import judge_receipt
from fx_settlement.operations.money.place_receipt import place_receipt
from fx_settlement.operations.money.unblock_collection import unblock_collection
from fx_settlement.publishers.money import announce_collection, announce_entitlement
from fx_settlement.store.conflicts import conflicts_seen_by, end_case
from fx_settlement.store.rooms import entitlement_to_change, rooms_of
from fx_settlement.store.tables import CollectionRow, ConflictRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnblocked, EntitlementChanged
from shared.rows import row_seen, row_to_change
from shared.scope import Scope
from shared.vocabulary.errors import Refused


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a case is closed, on which evidence, and by which authority or bank (`closer`, the caller's role)."""

    reason: str
    evidence_hash: str
    closer: str


async def close_conflict(
    session: AsyncSession, conflict_id: UUID, closing: Closing, *, version: int, scope: Scope, act: Act
) -> ConflictRow:
    """The closed case; `version` is that of the collection or the room it is about.

    Facts that go on forbidding the use of money keep its case open, and the refusal names them.
    """
    seen = conflicts_seen_by(scope)
    case = await row_seen(session, seen, conflict_id, pilot=act.pilot, what="conflict")
    if case.collection_id is not None:
        await _close_blocked(session, case, case.collection_id, closing, version, act)
    elif case.declaration_id is not None:
        await _close_excess(session, case, case.declaration_id, closing, version, act)
    return case


async def _close_blocked(
    session: AsyncSession, case: ConflictRow, collection_id: UUID, closing: Closing, version: int, act: Act
) -> None:
    row = await row_to_change(
        session, CollectionRow, collection_id, pilot=act.pilot, version=version, what="collection"
    )
    await place_receipt(session, row)
    judged = blocking(await judge_receipt(session, row, row.pilot, bank_id=row.bank_id))
    still = [code for code in row.blocked_by if code in judged]
    await _require_closable(session, case, closing, left=still_blocking(still, closed_by=closing.closer))
    await unblock_collection(session, row, (), reason=closing.reason, evidence_hash=closing.evidence_hash, act=act)
    await announce_collection(session, row, CollectionUnblocked, act=act, reason=closing.reason)


async def _close_excess(
    session: AsyncSession, case: ConflictRow, declaration_id: UUID, closing: Closing, version: int, act: Act
) -> None:
    """The room stays frozen while more is used than it carries; the excess that is explained opens no new case."""
    entitlement = await entitlement_to_change(session, declaration_id, version=version, act=act)
    await _require_closable(session, case, closing)
    case.accepted_excess = excess_of(entitlement, await rooms_of(session, declaration_id))
    end_case(case, reason=closing.reason, evidence_hash=closing.evidence_hash, act=act)
    await announce_entitlement(session, entitlement, EntitlementChanged, act=act, reason=closing.reason)


async def _require_closable(
    session: AsyncSession, case: ConflictRow, closing: Closing, *, left: tuple[str, ...] = ()
) -> None:
    """What the case concerns is locked by now, so that the case is read as it stands."""
    await session.refresh(case)
    facts = ClosingFacts(case.closed_at is None, must_act=case.must_act, closer=closing.closer, left=left)
    if breaches := breaches_of_closing(facts):
        raise Refused(breaches)
