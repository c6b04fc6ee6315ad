"""May these trades' goods be handed over together (R-PACK-1)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """A trade whose goods are handed over."""

    number: str
    status: str
    seller_id: str
    consignor_id: str
    handed_over: bool


def breaches_of_handover(trades: Sequence[HandoverFacts], at: str = "/trade_ids") -> tuple[Breach, ...]:
    """Every breach, in the order in which the trades were named `at` a list: one seller, one operator, once."""
    breaches = []
    if len({(trade.seller_id, trade.consignor_id) for trade in trades}) > 1:
        breaches.append(Breach("handover_mixed", "R-PACK-1", at))
    for index, trade in enumerate(trades):
        if trade.status != "registered" or trade.seller_id == trade.consignor_id:
            breaches.append(Breach("handover_not_due", "R-PACK-1", f"{at}/{index}", {"trade": trade.number}))
        elif trade.handed_over:
            breaches.append(Breach("handed_over_already", "R-PACK-1", f"{at}/{index}", {"trade": trade.number}))
    return tuple(breaches)
