"""May this be passed on (R-FX-4, V42)? Whether it is owed is checked on the payable's counter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class PassOnFacts:
    """A transfer from agent to principal."""

    principal_known: bool
    principal_is_natural: bool
    principal_has_personal_account: bool
    amount: Decimal
    currency: str
    paid_as: str
    rate_named: bool
    in_the_future: bool


def breaches_of_pass_on(facts: PassOnFacts) -> tuple[Breach, ...]:
    """Every breach; RMB names its rate, and currency reaches an individual in its personal account only."""
    breaches = []
    if not facts.principal_known:
        breaches.append(Breach("principal_not_filed", "R-FX-4", "/principal_id"))
    if facts.amount <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-4", "/amount"))
    converted = facts.paid_as == "rmb" and facts.currency != "CNY"
    if converted != facts.rate_named:
        breaches.append(Breach("rate_missing", "R-FX-10", "/rate", {"currency": "CNY"}))
    in_currency = facts.paid_as == "fx" and facts.currency != "CNY"
    if in_currency and facts.principal_is_natural and not facts.principal_has_personal_account:
        breaches.append(Breach("personal_account_missing", "R-FX-5", "/principal_id"))
    if facts.in_the_future:
        breaches.append(Breach("date_in_the_future", "V16", "/paid_on"))
    return tuple(breaches)
