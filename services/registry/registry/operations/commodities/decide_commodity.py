"""A person decides on goods that recognition left open; the decision is remembered (R-GOODS-2, V10)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.recognition import recognise
from registry.store.places import entries_in_force, open_tasks
from registry.store.tables import CommodityDecisionRow
from shared.act import Act
from shared.events.registry import CommodityDecided
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach


async def decide_commodity(
    session: AsyncSession,
    *,
    goods_name: str,
    hs_code: str,
    verdict: str,
    reason: str,
    expires_on: date | None,
    act: Act,
) -> CommodityDecisionRow:
    """The remembered decision; it can't make eligible what a negative entry bars."""
    today = legal_date(act.now)
    found = recognise(goods_name, hs_code, await entries_in_force(session, act.pilot, today))
    barred = [each.entry for each in found.candidates if not each.entry.remembered and found.decision != "eligible"]
    if verdict == "eligible" and any(entry.verdict == "not_eligible" for entry in barred):
        raise Refused((Breach("prohibition_not_overridable", "V10", "/verdict", {"entry": barred[0].entry}),))
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
    )
    session.add(row)
    for task in await open_tasks(session, act.pilot):
        if task.goods_name == goods_name and task.hs_code == hs_code:
            task.closed_at = act.now
    said = CommodityDecided.model_validate(
        {
            "decision_id": row.id,
            "pilot": act.pilot,
            "goods_name": goods_name,
            "hs_code": hs_code,
            "verdict": verdict,
            "reason": reason,
            "authority": act.role,
            "effective_from": today,
            "expires_on": expires_on,
        }
    )
    await announce(session, said, key=row.id, sequence=1, act=act)
    return row
