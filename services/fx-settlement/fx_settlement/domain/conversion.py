"""May this individual convert (R-FX-5, V43)? Only the bank knows the national quota; it is never computed here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ConversionFacts:
    """A conversion; `stated_quota` is what the bank states to be left, in the converted currency."""

    natural_person: bool
    foreign: bool
    amount: Decimal
    balance: Decimal
    proof_value: Decimal | None
    stated_quota: Decimal | None
    in_the_future: bool = False


def breaches_of_conversion(facts: ConversionFacts) -> tuple[Breach, ...]:
    """Every breach. With proof, at most the proven trade, outside the quota; without, at most the stated quota."""
    breaches = []
    if not facts.natural_person:
        breaches.append(Breach("not_an_individual", "R-FX-5", "/holder_id"))
    if not facts.foreign:
        breaches.append(Breach("nothing_to_convert", "V46", "/currency"))
    if facts.in_the_future:
        breaches.append(Breach("date_in_the_future", "V16", "/converted_on"))
    if facts.amount <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-5", "/amount"))
    if facts.amount > facts.balance:
        breaches.append(Breach("conversion_over_balance", "V43", "/amount", {"balance": facts.balance}))
    return (*breaches, *_breaches_of_proof(facts))


def _breaches_of_proof(facts: ConversionFacts) -> list[Breach]:
    breaches = []
    if facts.proof_value is not None:
        if facts.amount > facts.proof_value:
            breaches.append(Breach("conversion_over_proof", "V43", "/amount", {"proof": facts.proof_value}))
    elif facts.stated_quota is None:
        breaches.append(Breach("proof_or_quota_missing", "R-FX-5", "/quota_statement"))
    elif facts.amount > facts.stated_quota:
        params = {"quota": facts.stated_quota}
        breaches.append(Breach("conversion_over_stated_quota", "R-FX-5", "/amount", params))
    return breaches


def breaches_of_proof_number(number: str, portions: int, at: str) -> tuple[Breach, ...]:
    """Breach for a number under which nothing of the holder was released: it proves nothing."""
    return () if portions > 0 else (Breach("number_not_released", "R-FX-5", at, {"number": number}),)
