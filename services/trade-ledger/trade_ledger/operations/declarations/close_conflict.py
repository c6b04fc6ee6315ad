"""Who must act closes a conflict case with reason and evidence: what it froze is free again (R-DECL-7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed
from shared.rows import row_to_change
from shared.vocabulary.errors import Hidden, NotFound, Refused
from trade_ledger.domain.cases import ClosingFacts, breaches_of_closing
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.declarations import sites_of
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a case is closed, and on which evidence; `site_id` is the site for which a site operator acts."""

    reason: str
    evidence_hash: str
    site_id: UUID | None


async def close_conflict(
    session: AsyncSession, declaration_id: UUID, conflict_id: UUID, closing: Closing, *, version: int, act: Act
) -> DeclarationRow:
    """The declaration without that open case; the case stays readable."""
    row = await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=version, what="declaration"
    )
    is_consignor = act.subject_id == str(row.consignor_id)
    if (act.subject_id is not None and not is_consignor) or not await _at_its_site(session, row, closing, act):
        raise Hidden(f"declaration {declaration_id} is somebody else's")
    case = await session.get(ConflictRow, conflict_id)
    if case is None or case.declaration_id != declaration_id:
        raise NotFound(f"no conflict {conflict_id}")
    facts = ClosingFacts(case.closed_at is None, must_act=case.must_act, role=act.role, is_consignor=is_consignor)
    if breaches := breaches_of_closing(facts):
        raise Refused(breaches)
    case.closed_at, case.closed_by, case.closing_reason = act.now, act.actor, closing.reason
    case.closing_evidence_hash = closing.evidence_hash
    await announce_declaration(session, row, ConflictClosed, act=act, reason=closing.reason, case=case)
    return row


async def _at_its_site(session: AsyncSession, row: DeclarationRow, closing: Closing, act: Act) -> bool:
    """A site operator acts on what arrived at its site, or at none that is known yet."""
    if act.role != "site_operator":
        return True
    sites = await sites_of(session, row)
    return not sites or closing.site_id in sites
