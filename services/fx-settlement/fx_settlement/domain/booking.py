"""May a bank book this receipt, and what keeps booked money blocked (R-FX-1, R-FX-6, R-DECL-7, V16, V37, V47)?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

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


PayerRelation = Literal["unstated", "buyer", "parent", "payment_agent", "logistics", "other"]

# The money is at the bank all the same: its booking is recorded, and its use waits (R-DECL-7). By code: the rule, and
# who must act.
_BLOCKING: dict[str, tuple[str, Literal["bank", "safe"]]] = {
    "personal_account_missing": ("R-FX-5", "bank"),
    "personal_account_of_enterprise": ("R-FX-5", "bank"),
    "not_in_fx_directory": ("R-FX-3", "bank"),
    "account_not_at_bank": ("R-FX-2", "bank"),
    "payer_not_stated": ("V47", "bank"),
    "payer_evidence_missing": ("V47", "bank"),
    "fx_class_limited": ("V44", "safe"),
}


def breaches_of_stated_payer(relation: str, *, buyer_named: bool, evidence_hash: str) -> tuple[Breach, ...]:
    """What is missing of the payer's statement: unstated is no relation, only a named buyer needs no evidence (V47)."""
    if relation == "unstated":
        return (Breach("payer_not_stated", "V47", "/payer_relation"),)
    if evidence_hash or (relation == "buyer" and buyer_named):
        return ()
    return (Breach("payer_evidence_missing", "V47", "/payer_evidence_hash", {"relation": relation}),)


def breaches_of_payer_statement(
    relation: str, *, buyer_named: bool, evidence_hash: str, matched: Decimal
) -> tuple[Breach, ...]:
    """Why the statement can't be taken: it is incomplete, or money was used on the one before."""
    breaches = breaches_of_stated_payer(relation, buyer_named=buyer_named, evidence_hash=evidence_hash)
    if matched > 0:
        breaches += (Breach("payer_relied_upon", "V47", "/payer_relation"),)
    return breaches


def blocking(breaches: Iterable[Breach]) -> tuple[str, ...]:
    """The codes of those breaches that block booked money; the others refuse the booking."""
    return tuple(sorted({breach.code for breach in breaches} & _BLOCKING.keys()))


def who_unblocks(codes: Iterable[str]) -> Literal["bank", "safe"]:
    """Who must act on blocked money: SAFE where it limited the collector's class, else the bank that keeps it."""
    return "safe" if any(_BLOCKING[code][1] == "safe" for code in codes) else "bank"


def still_blocking(codes: Iterable[str], *, closed_by: str) -> tuple[str, ...]:
    """What goes on blocking after a case is closed: SAFE lets its own limit pass once, facts are never talked away."""
    return tuple(code for code in codes if not (closed_by == "safe" and _BLOCKING[code][1] == "safe"))


def breaches_of_blocked(codes: Iterable[str], at: str) -> tuple[Breach, ...]:
    """Blocked money is neither matched, kept for a trade, converted nor passed on; each cause is named (R-DECL-7)."""
    causes = tuple(Breach(code, _BLOCKING[code][0], at) for code in codes)
    return (Breach("collection_blocked", "R-DECL-7", at), *causes) if causes else ()
