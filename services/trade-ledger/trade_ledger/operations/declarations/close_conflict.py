"""Who must act closes a conflict case with reason and evidence: what it froze is free again (R-DECL-7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed
from shared.rows import row_seen, row_to_change
from shared.scope import OfSubject, Scope
from shared.vocabulary.errors import NotFound, Refused
from trade_ledger.domain.cases import ClosingFacts, breaches_of_closing
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.conflicts import conflicts_seen_by
from trade_ledger.store.tables.declarations import DeclarationRow


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a case is closed, and on which evidence."""

    reason: str
    evidence_hash: str


async def close_conflict(
    session: AsyncSession,
    declaration_id: UUID,
    conflict_id: UUID,
    closing: Closing,
    *,
    version: int,
    scope: Scope,
    act: Act,
) -> DeclarationRow:
    """The declaration without that open case; the case stays readable."""
    case = await row_seen(session, conflicts_seen_by(scope), conflict_id, pilot=scope.pilot, what="conflict")
    if case.declaration_id != declaration_id:
        raise NotFound(f"no conflict {conflict_id}")

    def own(row: DeclarationRow) -> bool:
        return not isinstance(scope, OfSubject) or scope.party == row.consignor_id

    row = await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=version, what="declaration", own=own
    )
    # Another may have closed it before the declaration was locked.
    await session.refresh(case)
    is_consignor = isinstance(scope, OfSubject)
    facts = ClosingFacts(case.closed_at is None, must_act=case.must_act, role=act.role, is_consignor=is_consignor)
    if breaches := breaches_of_closing(facts):
        raise Refused(breaches)
    case.closed_at, case.closed_by, case.closing_reason = act.now, act.actor, closing.reason
    case.closing_evidence_hash = closing.evidence_hash
    await announce_declaration(session, row, ConflictClosed, act=act, reason=closing.reason, case=case, changed=())
    return row
