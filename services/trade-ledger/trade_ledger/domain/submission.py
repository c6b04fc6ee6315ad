"""May this declaration be submitted?

R-DECL-1, R-DECL-2, R-DECL-10, R-TRADE-1, R-TRADE-3, R-FILE-7, R-FILE-8, V9, V13, V24, V27…V29.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.legal_time import in_force
from shared.vocabulary.rules import Breach
from trade_ledger.domain.parties import ACTIVE, Standings


@dataclass(frozen=True, slots=True)
class PortionFacts:
    """One line's share with what the rules ask of it."""

    goods_name: str
    trade_id: str
    price_term: str
    declared_value: Decimal
    decision: str
    reason: str
    reason_zh: str
    buyer_named: bool
    lacks: Collection[str]
    brand_proven: bool
    eligible: bool


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A packing list in the order in which it was entered; `free` of other declarations."""

    number: str
    status: str
    destination: str
    by_vehicle: bool
    free: bool


@dataclass(frozen=True, slots=True)
class Worth:
    """What depends on a rate: the value, and the items, because the most valuable kinds aren't merged."""

    total_usd: Decimal
    fob_negative: bool
    item_count: int


@dataclass(frozen=True, slots=True)
class SubmissionFacts:
    """The declaration as it would be submitted; `differing_trades` has the trade of each named difference.

    `worth` is None while customs' rate of the month is missing for one of the `unrated` currencies.
    """

    lists: Sequence[ListFacts]
    customs_office_known: bool
    port_designated: bool
    price_term: str
    worth: Worth | None
    unrated: Sequence[str]
    month: date
    limit_usd: Decimal
    simplified: bool
    kinds: int
    kinds_threshold: int
    items_most: int
    portions_most: int
    portions: Sequence[PortionFacts]
    differing_trades: Sequence[str]


def breaches_of_submission(facts: SubmissionFacts) -> tuple[Breach, ...]:
    """Every breach; the limit is inclusive (V27)."""
    breaches = [*breaches_of_lists(facts.lists), *_of_places(facts), *_of_worth(facts), *_of_size(facts)]
    for index, portion in enumerate(facts.portions):
        breaches += _of_portion(portion, facts, f"/portions/{index}")
    return tuple(breaches) + _of_differences(facts)


def _of_portion(portion: PortionFacts, facts: SubmissionFacts, at: str) -> list[Breach]:
    breaches = []
    params = {"goods": portion.goods_name, "reason": portion.reason, "reason_zh": portion.reason_zh}
    if not portion.eligible:
        breaches.append(Breach("cash_settlement_not_exportable", "R-TRADE-3", at, params))
    if portion.decision == "needs_person":
        breaches.append(Breach("commodity_undecided", "V9", at, params))
    elif portion.decision == "not_eligible":
        breaches.append(Breach("goods_not_allowed", "R-GOODS-1", at, params))
    if portion.price_term != facts.price_term and portion.trade_id not in facts.differing_trades:
        breaches.append(Breach("price_term_differs", "R-DECL-10", at, params))
    if facts.worth is not None and portion.declared_value <= 0:
        breaches.append(Breach("amount_not_positive", "V14", at, params))
    if not portion.brand_proven:
        breaches.append(Breach("brand_without_evidence", "V13", at, params))
    return [*breaches, *_of_lacks(portion, at, params)]


def _of_lacks(portion: PortionFacts, at: str, params: dict[str, str]) -> Iterator[Breach]:
    """What a trade could be registered without, and its goods can't be declared without."""
    if not portion.buyer_named:
        yield Breach("buyer_not_completed", "R-FILE-8", at, params)
    if "original_document" in portion.lacks:
        yield Breach("original_document_missing", "R-TRADE-1", at, params)


_NO_BRAND = frozenset({"", "无", "无品牌", "无牌"})


def brand_proven(brand: str, statement: str, evidence: str | None) -> bool:
    """Whether a brand is proven: the owner states that it is its own, or a kept document authorises it (V13)."""
    return brand.strip() in _NO_BRAND or statement == "own" or (statement == "authorised" and evidence is not None)


def _of_differences(facts: SubmissionFacts) -> tuple[Breach, ...]:
    declared = {portion.trade_id for portion in facts.portions}
    return tuple(
        Breach("difference_of_another_trade", "R-DECL-10", f"/differences/{index}/trade_id")
        for index, trade_id in enumerate(facts.differing_trades)
        if trade_id not in declared
    )


def breaches_of_lists(lists: Sequence[ListFacts]) -> tuple[Breach, ...]:
    """Sealed, not declared elsewhere, all to the first's destination and by its transport; each breach names its list.

    V21, V24, R-PACK-1.
    """
    breaches = []
    for index, each in enumerate(lists):
        at, params = f"/packing_list_ids/{index}", {"packing_list": each.number}
        if each.status != "sealed":
            breaches.append(Breach("packing_lists_not_sealed", "R-PACK-1", at, params))
        if not each.free:
            breaches.append(Breach("packing_list_declared", "V21", at, params))
        if each.destination != lists[0].destination:
            breaches.append(Breach("destination_differs", "V24", at, params))
        if each.by_vehicle != lists[0].by_vehicle:
            breaches.append(Breach("transport_differs", "V24", at, params))
    return tuple(breaches)


@dataclass(frozen=True, slots=True)
class Held:
    """A qualification and the days on which it is held; a customs filing has no last one."""

    kind: str
    valid_from: date
    valid_to: date | None


def breaches_of_consignor(held: Iterable[Held], needed: Iterable[str], day: date) -> tuple[Breach, ...]:
    """The qualifications that the consignor needs on the day of submission and lacks (R-FILE-7)."""
    holds = {each.kind for each in held if in_force(each.valid_from, each.valid_to, day)}
    return tuple(
        Breach("consignor_not_qualified", "R-FILE-7", "/consignor_id", {"kind": kind})
        for kind in needed
        if kind not in holds
    )


def breaches_of_declarant(standings: Standings | None) -> tuple[Breach, ...]:
    """Only the consignor itself or a filed broker declares (R-DECL-1)."""
    standing = None if standings is None else standings.get("broker")
    if standing is None or standing.status not in ACTIVE:
        return (Breach("subject_not_filed", "R-DECL-1", "/declarant_id", {"role": "broker"}),)
    return ()


def breaches_of_early_submission(today: date, expected_arrival: date | None, days: int) -> tuple[Breach, ...]:
    """Before arrival, the expected day must be named and be at most so many days ahead (R-DECL-1)."""
    if expected_arrival is None or expected_arrival < today:
        return (Breach("arrival_not_expected", "R-DECL-1", "/expected_arrival", {"days": str(days)}),)
    if (expected_arrival - today).days <= days:
        return ()
    params = {"days": str(days), "expected_arrival": expected_arrival.isoformat()}
    return (Breach("submission_too_early", "R-DECL-1", "/expected_arrival", params),)


def _of_places(facts: SubmissionFacts) -> list[Breach]:
    breaches = []
    if not facts.customs_office_known:
        breaches.append(Breach("customs_office_not_allowed", "V29", "/customs_office"))
    if not facts.port_designated:
        breaches.append(Breach("port_not_designated", "V29", "/port"))
    return breaches


def _of_worth(facts: SubmissionFacts) -> list[Breach]:
    worth = facts.worth
    if worth is None:
        params = {"currencies": ", ".join(facts.unrated), "month": f"{facts.month:%Y-%m}"}
        return [Breach("customs_rate_missing", "R-DECL-1", "/currency", params)]
    breaches = []
    if worth.total_usd > facts.limit_usd:
        params = {"value": f"{worth.total_usd:,.2f}", "limit": f"{facts.limit_usd:,.2f}"}
        breaches.append(Breach("declaration_value_over_limit", "R-DECL-1", "/packing_list_ids", params))
    if worth.fob_negative:
        breaches.append(Breach("fob_negative", "V28", "/freight"))
    if worth.item_count > facts.items_most:
        params = {"items": str(worth.item_count), "most": str(facts.items_most)}
        breaches.append(Breach("too_many_items", "R-DECL-1", "/packing_list_ids", params))
    return breaches


def _of_size(facts: SubmissionFacts) -> list[Breach]:
    breaches = []
    if facts.simplified and facts.kinds < facts.kinds_threshold:
        params = {"kinds": str(facts.kinds), "threshold": str(facts.kinds_threshold)}
        breaches.append(Breach("simplified_not_available", "R-DECL-2", "/simplified", params))
    if len(facts.portions) > facts.portions_most:
        params = {"portions": str(len(facts.portions)), "most": str(facts.portions_most)}
        breaches.append(Breach("too_many_portions", "R-DECL-1", "/packing_list_ids", params))
    return breaches
