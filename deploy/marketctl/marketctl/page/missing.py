"""What is missing now, and who must act: pure, from the facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from marketctl.page.amounts import owing, told
from marketctl.page.facts import Declaration, Facts, Packing, Portion, Trade


@dataclass(frozen=True, slots=True)
class Missing:
    """`code` names the sentence, `who` the party that must act, `about` numbers or amounts in it."""

    code: str
    who: str
    about: str = ""


# Whose turn it is on a declaration in a state; a state that isn't here waits for nobody.
_TURN = {
    "draft": ("to_submit", "declarant"),
    "submitted": ("to_accept", "customs"),
    "accepted": ("to_release", "customs"),
    "inspected": ("to_release", "customs"),
    "released": ("to_depart", "customs"),
    "rejected": ("to_submit_again", "declarant"),
    "withdrawn": ("to_submit_again", "declarant"),
}


def missing(facts: Facts) -> list[Missing]:
    """Everything that is missing, in the order of the six steps; each sentence once."""
    found = [
        *(each for trade in facts.trades for each in _of_trade(trade)),
        *(each for packing in facts.packings for each in _of_packing(packing)),
        *(each for declaration in facts.declarations for each in _of_declaration(declaration)),
        *_of_money(facts),
        *_of_tax(facts),
        *(Missing("silent", "operations", service) for service in facts.silent),
    ]
    return list(dict.fromkeys(found))


def _of_trade(trade: Trade) -> Iterator[Missing]:
    if trade.status == "void":
        return
    if not trade.eligible:
        yield Missing("to_decide", "market_supervision", trade.number)
        return
    if not trade.buyer_named:
        yield Missing("to_complete_buyer", "consignor", trade.number)
    if trade.needs_original:
        yield Missing("to_file_original", "consignor", trade.number)
    if trade.needs_handover:
        yield Missing("to_hand_over", "seller", trade.number)
    elif trade.to_pack:
        yield Missing("to_pack", "consignor", trade.number)


def _of_packing(packing: Packing) -> Iterator[Missing]:
    if packing.status == "open":
        yield Missing("to_seal", "consignor", packing.number)
    elif packing.status == "sealed":
        if packing.load_status == "open":
            yield Missing("to_seal_load", "consolidator", packing.number)
        if packing.load_status == "sealed":
            yield Missing("to_arrive", "site_operator", packing.number)
        if not packing.declared:
            yield Missing("to_declare", "consignor", packing.number)


def _of_declaration(declaration: Declaration) -> Iterator[Missing]:
    if declaration.status in _TURN:
        yield Missing(*_TURN[declaration.status], declaration.number)
    for code, must_act in declaration.cases:
        yield Missing("case", must_act, f"{declaration.number} {code}")


def _of_money(facts: Facts) -> Iterator[Missing]:
    for currency, left in owing((each.currency, _uncollected(each)) for each in facts.portions):
        yield Missing("to_collect", "collector", told(currency, left))
    for receipt in facts.receipts:
        if receipt.unused > 0 and receipt.blocked_by:
            yield Missing("to_unblock", "collector", f"{receipt.number} {', '.join(receipt.blocked_by)}")
        elif receipt.unused > 0:
            yield Missing("to_match", "collector", f"{receipt.number} {told(receipt.currency, receipt.unused)}")
    if any(each.passed_between and each.collected for each in facts.portions):
        for currency, owed in facts.owed or ():
            yield Missing("to_pass_on", "collector", told(currency, owed))


def _uncollected(portion: Portion) -> Decimal:
    if portion.collectable is None or portion.collected is None:
        return Decimal(0)
    return max(portion.collectable - portion.collected, Decimal(0))


def _of_tax(facts: Facts) -> Iterator[Missing]:
    for currency, left in owing((each.currency, each.not_exempted or Decimal(0)) for each in facts.portions):
        yield Missing("to_file", "filer", told(currency, left))
    for number, status in facts.returns:
        if status in ("filed", "filed_outside"):
            yield Missing("to_accept_return", "tax", number)
        elif status == "queried":
            yield Missing("to_answer_query", "filer", number)
    yield from _of_certificates(facts)


def _of_certificates(facts: Facts) -> Iterator[Missing]:
    if _needs_certificate(facts):
        for trade in facts.trades:
            yield Missing("to_apply", "consignor", trade.number)
    for number, status in facts.certificates:
        if status == "applied":
            yield Missing("to_issue", "tax", number)


def _needs_certificate(facts: Facts) -> bool:
    """Whether goods left by agency, and nobody applied for a certificate of it, or the one there was is void."""
    left = any(each.departed > 0 for each in facts.portions)
    live = any(status != "void" for _, status in facts.certificates)
    return left and not live and bool(facts.trades) and all(each.by_agency for each in facts.trades)
