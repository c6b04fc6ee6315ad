"""Judge whether a middle rate is like the one before it (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.policy import policy_of
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.published_rates import breaches_of_change
from shared.vocabulary.rules import Breach
from tax_exemption.domain.rates import breaches_of_middle_rate
from tax_exemption.store.parameters import MiddleRatePlausibility
from tax_exemption.store.rates import rate_before
from tax_exemption.store.tables import policy


async def judge_rate(
    session: AsyncSession, day: date, currency: str, cny_per_unit: Decimal, act: Act
) -> tuple[Breach, ...]:
    """Every doubt about a rate that somebody types: it is of a day that has come, and near the entry before."""
    today = legal_date(act.now)
    rule = (await policy_of(session, policy, act.pilot)).on(MiddleRatePlausibility, today).value
    before = await rate_before(session, act.pilot, currency, day)
    return (
        *breaches_of_middle_rate(currency, cny_per_unit, day, today=today),
        *breaches_of_change(cny_per_unit, before, rule.change_percent),
    )
