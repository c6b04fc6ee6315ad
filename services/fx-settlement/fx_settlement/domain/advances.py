"""May money be kept for a trade before its goods are released (R-FX-8)?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fx_settlement.domain.booking import breaches_of_blocked
from fx_settlement.domain.shares import NOTHING, Share, kept_worth
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class AdvanceFacts:
    """An advance, worth `value` to the trade; `free` of the collection is neither used, refunded nor kept.

    `at_trade` points to what names the trade.
    """

    registered: bool
    agreed_collector: str
    collector: str
    settlement_method: str
    currency: str
    rate_named: bool
    amount: Decimal
    value: Decimal
    free: Decimal
    blocked_by: tuple[str, ...] = ()
    at_trade: str = "/trade_id"


@dataclass(frozen=True, slots=True)
class KeptFor:
    """The trade for which money could be kept again: how it stands here, and what it has left for advances."""

    registered: bool
    currency: str
    left: Decimal


def kept_again(freed: Share, trade: KeptFor, *, currency: str, declared_currency: str) -> Share:
    """What of money that a shut-out freed is an advance again, worth its part to the trade (R-FX-8).

    Nothing where the trade is void or has no room left, or where no rate to its currency was named. The rest stays
    unmatched.
    """
    if not trade.registered:
        return NOTHING
    if trade.currency == currency:
        worth = freed.amount
    elif trade.currency == declared_currency:
        worth = freed.value
    else:
        return NOTHING
    whole = Share(freed.amount, Decimal(0), worth, Decimal(0))
    return kept_worth(whole, trade.left, currency)


def breaches_of_advance(facts: AdvanceFacts) -> tuple[Breach, ...]:
    """Why the advance can't be linked. Whether the trade has enough left is checked on its counter."""
    if not facts.registered:
        return (Breach("trade_not_registered", "R-FX-8", facts.at_trade),)
    breaches = [*breaches_of_blocked(facts.blocked_by, "/amount")]
    if facts.agreed_collector != facts.collector:
        breaches.append(Breach("not_the_collector", "R-FX-2", facts.at_trade))
    if facts.settlement_method == "cash":
        breaches.append(Breach("cash_not_collectable", "R-FX-6", facts.at_trade))
    if not facts.rate_named:
        breaches.append(Breach("rate_missing", "R-FX-10", "/rate", {"currency": facts.currency}))
    if facts.amount <= 0 or (facts.rate_named and facts.value <= 0):
        breaches.append(Breach("amount_not_positive", "R-FX-8", "/amount"))
    if facts.amount > facts.free:
        params = {"left": facts.free, "wanted": facts.amount}
        breaches.append(Breach("collection_used_up", "V39", "/amount", params))
    return tuple(breaches)
