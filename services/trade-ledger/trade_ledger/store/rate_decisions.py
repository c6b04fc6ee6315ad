"""What was decided at a customs rate, and what it is worth at the rates that count now (R-FX-10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import policy_of
from shared.scope import Scope
from shared.vocabulary.legal_time import legal_date
from trade_ledger.domain.valuation import in_usd
from trade_ledger.store.customs_rates import rates_of_month
from trade_ledger.store.parameters import DeclarationLimitUsd
from trade_ledger.store.tables.declarations import DeclarationRow
from trade_ledger.store.tables.row import policy


@dataclass(frozen=True, slots=True)
class Decided:
    """A declaration valued at a rate: then at the rates of its submission, now at the entries that count today."""

    declaration_id: UUID
    number: str
    status: str
    value_then_usd: Decimal | None
    value_now_usd: Decimal | None
    over_limit_now: bool | None


async def decisions_on(session: AsyncSession, scope: Scope, rows: Iterable[DeclarationRow]) -> list[Decided]:
    """What the declarations that rest on a rate were worth then, and are now."""
    rules = await policy_of(session, policy, scope.pilot)
    decided = []
    for row in rows:
        assessed, now, over = row.content.assessed, None, None
        if assessed is not None and row.total_value is not None:
            rates = await rates_of_month(session, scope.pilot, assessed.rate_month)
            if {row.currency, "USD"} <= set(rates):
                now = in_usd(row.total_value, row.currency, {each: rate for each, (_, rate) in rates.items()})
                over = now > rules.on(DeclarationLimitUsd, legal_date(assessed.submitted_at)).value
        decided.append(Decided(row.id, row.number, row.status, row.total_fob_usd, now, over))
    return decided
