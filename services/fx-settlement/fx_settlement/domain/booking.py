"""May a bank book this receipt (R-FX-1, R-FX-6, V16, V37)?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fx_settlement.domain.amounts import exact
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """A receipt as the bank states it; `amount` is gross of its `charges`."""

    amount: Decimal
    charges: Decimal
    currency: str
    method: str
    in_the_future: bool


def breaches_of_receipt(facts: ReceiptFacts) -> tuple[Breach, ...]:
    """Every breach; charges are less than the amount, and RMB is what is received as RMB."""
    breaches = []
    if facts.in_the_future:
        breaches.append(Breach("date_in_the_future", "V16", "/received_on"))
    if exact(facts.amount, facts.currency) <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-1", "/amount"))
    if exact(facts.charges, facts.currency) != facts.charges or not 0 <= facts.charges < facts.amount:
        breaches.append(Breach("charges_wrong", "V37", "/bank_charges"))
    if (facts.currency == "CNY") != (facts.method == "rmb"):
        breaches.append(Breach("method_disagrees_with_currency", "R-FX-6", "/method"))
    return tuple(breaches)
