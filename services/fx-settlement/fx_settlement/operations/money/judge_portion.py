"""What forbids a collection to be used for a portion, besides how much is open of it (R-FX-2, R-FX-6, V47)."""

from __future__ import annotations

from decimal import Decimal

from fx_settlement.domain.matching import PayerFacts, PortionFacts, breaches_of_payer, breaches_of_portion
from fx_settlement.store.tables import CollectionRow, EntitlementPortion
from shared.vocabulary.rules import Breach


def judge_portion(
    collection: CollectionRow, portion: EntitlementPortion | None, value: Decimal | None, *, frozen: bool, at: str
) -> tuple[Breach, ...]:
    """Every breach; `value` is what is asked for in the declaration's currency, None where no rate says what it is."""
    facts = PortionFacts(
        known=portion is not None,
        agreed_collector="" if portion is None else str(portion.collector_id),
        collector=str(collection.collector_id),
        settlement_method="" if portion is None else portion.settlement_method,
        value=value,
        frozen=frozen,
        currency="" if portion is None else portion.currency,
    )
    breaches = breaches_of_portion(facts, at)
    if portion is None or value is None:
        return breaches
    payer = PayerFacts(
        paying_buyer=None if collection.buyer_id is None else str(collection.buyer_id),
        portion_buyer=None if portion.buyer_id is None else str(portion.buyer_id),
        relation=collection.payer_relation,
        evidence_hash=collection.payer_evidence_hash,
    )
    return (*breaches, *breaches_of_payer(payer, at))
