"""Count a trade that was registered under a delegation against the delegation's limit (V65)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.http.delegations import count_value
from shared.vocabulary.legal_time import legal_date
from trade_ledger.domain.valuation import in_usd
from trade_ledger.store.customs_rates import rates_of_month
from trade_ledger.store.delegations import delegations


async def use_delegation(
    session: AsyncSession, delegation_id: UUID, total: Decimal, currency: str, *, act: Act
) -> Decimal:
    """The trade's value in USD at customs' rates of the month, counted; Refused where that much isn't left."""
    rates = await rates_of_month(session, act.pilot, legal_date(act.now).replace(day=1))
    known = {currency, "USD"} <= set(rates)
    value = in_usd(total, currency, {each: rate for each, (_, rate) in rates.items()}) if known else None
    return await count_value(
        session, delegations, delegation_id, value, rate_at="/currency", value_at="/total", act=act
    )
