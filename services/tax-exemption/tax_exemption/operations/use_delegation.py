"""Count a return that was filed under a delegation against the delegation's limit (V65)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.http.delegations import count_value
from shared.policy import policy_of
from shared.vocabulary.legal_time import legal_date
from tax_exemption.domain.rates import in_usd
from tax_exemption.store.delegations import delegations
from tax_exemption.store.parameters import MiddleRateReachDays
from tax_exemption.store.rates import middle_rate
from tax_exemption.store.tables import policy


async def use_delegation(
    session: AsyncSession, delegation_id: UUID, total_rmb: Decimal, month: str, *, act: Act
) -> Decimal:
    """The return's value in USD at the middle rate of its month's first day, counted; Refused where it isn't left."""
    rules = await policy_of(session, policy, act.pilot)
    reach_days = rules.on(MiddleRateReachDays, legal_date(act.now)).value
    rate = await middle_rate(session, act.pilot, "USD", date.fromisoformat(f"{month}-01"), reach_days=reach_days)
    value = None if rate is None else in_usd(total_rmb, rate[1])
    return await count_value(
        session, delegations, delegation_id, value, rate_at="/month", value_at="/stall_holder_id", act=act
    )
