"""Conflict cases: facts that don't agree, and who must act (R-DECL-7); they are kept, never refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shared.vocabulary.rules import Breach
from trade_ledger.domain.receipts import INACTIVE, Outcome, Receipt
from trade_ledger.domain.receipts import Conflict as Case

Frozen = Literal["room", "exemption", "certificate"]

# Only a person closes these: what they name can't be read off the receipts again.
_FOR_PEOPLE = frozenset({"customs_number_taken", "receipt_id_reused"})
_MOST_NAMED = 10
_ALL: tuple[Frozen, ...] = ("room", "exemption", "certificate")
# The days of departure and return decide the month of the exemption, and nothing that is collected. Nothing hangs on
# the other days.
_FREEZES: dict[str, tuple[Frozen, ...]] = {
    "export_date_differs": ("exemption",),
    "departure_date_impossible": ("exemption",),
    "return_date_impossible": ("exemption",),
    "date_impossible": (),
    "arrival_date_impossible": (),
}


def frozen_by(code: str) -> tuple[Frozen, ...]:
    """What every service holds back while a case is open: all that hangs on what is in dispute (R-DECL-7)."""
    return _FREEZES.get(code, _ALL)


def turn_of(code: str, *, still: bool, opened: bool, closed_by_facts: bool) -> Literal["close", "reopen", "keep"]:
    """What becomes of a known case: `still` says whether the receipts show it, in whatever order they came.

    A case that a person closed stays closed.
    """
    if not still and opened and code not in _FOR_PEOPLE:
        return "close"
    return "reopen" if still and closed_by_facts else "keep"


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """A case that somebody wants to close in its role; `is_consignor` where it acts for the consignor."""

    is_open: bool
    must_act: str
    role: str
    is_consignor: bool


def breaches_of_closing(facts: ClosingFacts) -> tuple[Breach, ...]:
    """A case is closed once, by the party that must act on it (R-DECL-7)."""
    breaches = [] if facts.is_open else [Breach("conflict_closed_already", "R-DECL-7")]
    closer = "consignor" if facts.is_consignor else facts.role
    if closer != facts.must_act:
        breaches.append(Breach("somebody_else_must_act", "R-DECL-7", "", {"must_act": facts.must_act}))
    return tuple(breaches)


def standing(outcome: Outcome, *, withdrawn: bool) -> tuple[str, list[Case]]:
    """The status of a declaration after its receipts and withdrawal, with the cases that they show.

    A withdrawal stands until customs shows that it took the declaration (V32).
    """
    cases = list(outcome.conflicts)
    if withdrawn and outcome.proof is not None:
        cases.append(Case("accepted_after_withdrawal", outcome.proof, "both facts stand", "consignor"))
    given_up = withdrawn and outcome.status in ("submitted", "rejected")
    return "withdrawn" if given_up else outcome.status, cases


def case_of_number(holder: str, receipt_id: str) -> Case:
    """The second declaration with a customs number is a case, never a refusal (V34)."""
    return Case("customs_number_taken", receipt_id, f"declaration {holder} has the same number", "customs")


def case_of_reuse(receipt_id: str, first: str, kind: str, told: str) -> Case:
    """The case of another message under a used id: the message is kept in it."""
    return Case("receipt_id_reused", receipt_id, f"first {first}, then {kind}: {told}", "customs")


def case_of_room(goods: Mapping[str, str], receipt_id: str) -> Case:
    """Lines (portion → name) whose counters have no room for what customs says: it is declared elsewhere."""
    detail = f"lines: {', '.join(sorted(goods.values()))}"
    return Case("quantity_elsewhere", receipt_id, detail, "consignor", tuple(sorted(goods)))


def cases_of_limit(usd: Decimal, limit: Decimal, receipt_id: str) -> list[Case]:
    """The limit again, at the rate of the month in which the declaration counts as made; inclusive (V27)."""
    if usd <= limit:
        return []
    return [Case("value_over_limit", receipt_id, f"USD {usd:,.2f} is more than {limit:,.2f}", "customs")]


@dataclass(frozen=True, slots=True)
class CodeNow:
    """A portion with the code that customs' amendment gave it, its verdict, and the code on its slip."""

    portion: str
    goods_name: str
    hs_code: str
    decision: str
    registered: str


def cases_of_codes(goods: Sequence[CodeNow], amended: Sequence[Receipt]) -> list[Case]:
    """Goods that customs amended to another code than their slip has; their verdict is the new code's (V8).

    Where the new code isn't eligible, commerce must act, whose lists they are (R-GOODS-1); else the consignor.
    """
    differing = [each for each in goods if each.hs_code != each.registered]
    if not differing:
        return []
    last = max(amended, key=lambda each: (each.issued_at, each.receipt_id)).receipt_id
    named = [
        f"{each.goods_name}: {each.hs_code} ({each.decision}), the slip has {each.registered}" for each in differing
    ]
    must_act = "consignor" if all(each.decision == "eligible" for each in differing) else "commerce"
    portions = tuple(sorted(each.portion for each in differing))
    return [Case("code_changed", last, "; ".join(named[:_MOST_NAMED]), must_act, portions)]


def asks_for_arrival(status: str, receipts: Sequence[Receipt]) -> bool:
    """Whether the loads' arrival matters: customs inspected or released goods of a live declaration (R-DECL-1)."""
    return status not in INACTIVE and any(each.kind in ("inspected", "released", "departed") for each in receipts)
