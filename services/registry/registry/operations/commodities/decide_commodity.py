"""A person decides on goods that recognition left open; the decision is remembered (R-GOODS-2, V10)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.commodities import breaches_of_decision, breaches_of_expiry, versions_of_lists
from registry.store.commodities import entries_in_force
from registry.store.documents import Verdict
from registry.store.tables import CommodityDecisionRow
from shared.act import Act
from shared.events.registry import CommodityDecided
from shared.messaging.outbox import announce
from shared.rows import model_from
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.recognition import recognise


async def decide_commodity(
    session: AsyncSession,
    *,
    goods_name: str,
    hs_code: str,
    verdict: Verdict,
    reason: str,
    expires_on: date | None,
    act: Act,
) -> CommodityDecisionRow:
    """The remembered decision; tasks on the same goods are closed while it is in force."""
    today = legal_date(act.now)
    entries = await entries_in_force(session, act.pilot, today)
    found = recognise(goods_name, hs_code, entries)
    breaches = breaches_of_decision(found, verdict, has_expiry=expires_on is not None)
    if breaches := breaches + breaches_of_expiry(expires_on, today):
        raise Refused(breaches)
    row = CommodityDecisionRow(
        id=uuid7(),
        pilot=act.pilot,
        goods_name=goods_name,
        hs_code=hs_code,
        verdict=verdict,
        reason=reason,
        authority=act.role,
        effective_from=today,
        expires_on=expires_on,
        decided_by=act.actor,
        decided_at=act.now,
        rule_version=versions_of_lists(entries),
    )
    session.add(row)
    said = model_from(CommodityDecided, row, decision_id=row.id)
    await announce(session, said, key=row.id, sequence=1, act=act)
    return row
