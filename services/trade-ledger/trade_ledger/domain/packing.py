"""May these goods be packed like this (R-PACK-1…3, R-TRADE-3, V2, V22)?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.money import round_half_up
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class PackingFacts:
    """One line to pack, with its trade and list; `stopped` names the parties' roles that a stop order holds (V2).

    `expected_net_kg` is what the line states for this quantity, None where it states no weight.
    """

    consignor_is_trades: bool
    trade_status: str
    trade_eligible: bool
    handed_over: bool
    own_export: bool
    stopped: tuple[str, ...]
    list_status: str
    quantity: Decimal
    packages: int
    gross_weight_kg: Decimal
    net_weight_kg: Decimal
    expected_net_kg: Decimal | None
    tolerance_percent: Decimal


def breaches_of_sealing(lines: int) -> tuple[Breach, ...]:
    """A packing list is sealed over at least one line (R-PACK-1)."""
    return () if lines else (Breach("packing_list_empty", "R-PACK-1"),)


def breaches_of_reopened_list(status: str, load_status: str, *, declared: bool) -> tuple[Breach, ...]:
    """A sealed list is opened again while it is in no declaration and its load is open (R-PACK-1)."""
    breaches = [] if status == "sealed" else [Breach("packing_list_not_sealed", "R-PACK-1")]
    breaches += [Breach("packing_list_in_declaration", "R-PACK-1")] if declared else []
    breaches += [] if load_status == "open" else [Breach("load_not_open", "R-PACK-1")]
    return tuple(breaches)


def breaches_of_voided_list(status: str, load_status: str, *, declared: bool) -> tuple[Breach, ...]:
    """A list is voided once, while it is in no declaration; a seal on its load must be opened first (R-PACK-1)."""
    breaches = [Breach("packing_list_void", "R-PACK-1")] if status == "void" else []
    breaches += [Breach("packing_list_in_declaration", "R-PACK-1")] if declared else []
    breaches += [Breach("load_sealed", "R-PACK-1")] if load_status in ("sealed", "arrived") else []
    return tuple(breaches)


def breaches_of_packing(facts: PackingFacts, at: str) -> tuple[Breach, ...]:
    """Every reason why the line can't be packed. Whether the quantity is left is checked on its counter."""
    breaches = []
    if not facts.consignor_is_trades:
        breaches.append(Breach("trade_of_another_consignor", "R-PACK-1", f"{at}/trade_line_id"))
    if facts.trade_status != "registered":
        breaches.append(Breach("trade_not_registered", "R-PACK-1", f"{at}/trade_line_id"))
    if not facts.trade_eligible:
        breaches.append(Breach("cash_settlement_not_exportable", "R-TRADE-3", f"{at}/trade_line_id"))
    if not facts.handed_over and not facts.own_export:
        breaches.append(Breach("goods_not_handed_over", "R-PACK-1", f"{at}/trade_line_id"))
    breaches += [Breach("subject_stopped", "R-FILE-3", f"{at}/trade_line_id", {"role": role}) for role in facts.stopped]
    if facts.list_status != "open":
        breaches.append(Breach("packing_list_not_open", "R-PACK-1"))
    if facts.quantity <= 0 or facts.packages < 0:
        breaches.append(Breach("packed_quantity_wrong", "V22", f"{at}/quantity"))
    if not facts.gross_weight_kg >= facts.net_weight_kg > 0:
        breaches.append(Breach("weights_disagree", "R-PACK-3", f"{at}/net_weight_kg"))
    return (*breaches, *_of_stated_weight(facts, at))


def expected_net(net_weight_kg: Decimal, line_quantity: Decimal, quantity: Decimal) -> Decimal | None:
    """What a line's stated weight is for a part of its quantity; None where it states none."""
    return net_weight_kg * quantity / line_quantity if net_weight_kg > 0 and line_quantity > 0 else None


def _of_stated_weight(facts: PackingFacts, at: str) -> tuple[Breach, ...]:
    expected = facts.expected_net_kg
    if expected is None or abs(facts.net_weight_kg - expected) <= expected * facts.tolerance_percent / 100:
        return ()
    params = {
        "net": f"{facts.net_weight_kg.normalize():f}",
        "expected": f"{round_half_up(expected, 3).normalize():f}",
        "percent": f"{facts.tolerance_percent.normalize():f}",
    }
    return (Breach("packed_weight_differs", "R-PACK-3", f"{at}/net_weight_kg", params),)
