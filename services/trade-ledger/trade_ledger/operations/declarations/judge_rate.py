"""Judge whether a customs rate can be known on the day, and is like the month before (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.policy import policy_of
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.published_rates import breaches_of_change, breaches_of_knowing, known_from, month_before
from shared.vocabulary.rules import Breach
from trade_ledger.store.customs_rates import rates_of_month
from trade_ledger.store.parameters import CustomsRatePlausibility
from trade_ledger.store.tables.row import policy


async def judge_rate(
    session: AsyncSession, month: date, currency: str, cny_per_unit: Decimal, act: Act
) -> tuple[Breach, ...]:
    """Every doubt about a rate that somebody types."""
    today = legal_date(act.now)
    rule = (await policy_of(session, policy, act.pilot)).on(CustomsRatePlausibility, today).value
    before = (await rates_of_month(session, act.pilot, month_before(month))).get(currency)
    return (
        *breaches_of_knowing(known_from(month, rule.known_from_wednesday), today, "/month"),
        *breaches_of_change(cny_per_unit, None if before is None else before[1], rule.change_percent),
    )
