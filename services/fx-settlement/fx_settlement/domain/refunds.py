"""What a refund needs (R-FX-8, V41)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund; `left` is what was collected and not yet refunded, matched or not."""

    amount: Decimal
    left: Decimal
    days: int
    most_days: int
    in_the_future: bool
    to_payer: bool
    evidence_hash: str


def breaches_of_refund(facts: RefundFacts) -> tuple[Breach, ...]:
    """Every breach. A late refund, or one to somebody other than the payer, needs evidence."""
    breaches = []
    if facts.amount <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-8", "/amount"))
    if facts.amount > facts.left:
        breaches.append(Breach("refund_over_collection", "V41", "/amount", {"left": facts.left}))
    if facts.in_the_future or facts.days < 0:
        breaches.append(Breach("date_in_the_future", "V16", "/refunded_on"))
    special = facts.days > facts.most_days or not facts.to_payer
    if special and not facts.evidence_hash:
        params = {"days": str(facts.most_days)}
        breaches.append(Breach("refund_evidence_missing", "V41", "/evidence_hash", params))
    return tuple(breaches)
