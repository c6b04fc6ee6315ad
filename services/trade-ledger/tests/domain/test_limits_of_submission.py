"""Submitting a declaration, rule by rule: at the limit, just over, just under."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from trade_ledger.domain.parties import RoleStanding
from trade_ledger.domain.submission import (
    Held,
    ListFacts,
    PortionFacts,
    SubmissionFacts,
    Worth,
    brand_proven,
    breaches_of_consignor,
    breaches_of_declarant,
    breaches_of_early_submission,
    breaches_of_lists,
    breaches_of_submission,
)

DAY = date(2026, 5, 13)
LIST = ListFacts("PL-1", "sealed", "RU", by_vehicle=False, free=True)
PORTION = PortionFacts(
    goods_name="扳手",
    trade_id="a",
    price_term="FOB",
    declared_value=Decimal("0.01"),
    decision="eligible",
    reason="",
    reason_zh="",
    buyer_named=True,
    brand_proven=True,
    eligible=True,
)
WORTH = Worth(Decimal("150000.00"), fob_negative=False, item_count=50)
DECLARATION = SubmissionFacts(
    lists=[LIST],
    customs_office_known=True,
    port_designated=True,
    price_term="FOB",
    worth=WORTH,
    unrated=(),
    month=date(2026, 5, 1),
    limit_usd=Decimal(150000),
    simplified=True,
    kinds=5,
    kinds_threshold=5,
    items_most=50,
    portions_most=2,
    portions=[PORTION, PORTION],
    differing_trades=(),
)


def codes(**changed: Any) -> list[str]:
    return [each.code for each in breaches_of_submission(replace(DECLARATION, **changed))]


def of_portion(**changed: Any) -> list[str]:
    return codes(portions=[replace(PORTION, **changed)])


def test_at_every_limit_it_may_be_submitted() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-DECL-1: a cent under", {"worth": replace(WORTH, total_usd=Decimal("149999.99"))}, []),
        ("R-DECL-1: a cent over", {"worth": replace(WORTH, total_usd=Decimal("150000.01"))},
         ["declaration_value_over_limit"]),
        ("R-DECL-1: 49 items", {"worth": replace(WORTH, item_count=49)}, []),
        ("R-DECL-1: 51 items", {"worth": replace(WORTH, item_count=51)}, ["too_many_items"]),
        ("R-DECL-1: one portion", {"portions": [PORTION]}, []),
        ("R-DECL-1: a portion too many", {"portions": [PORTION] * 3}, ["too_many_portions"]),
        ("R-DECL-2: six kinds", {"kinds": 6}, []),
        ("R-DECL-2: four kinds", {"kinds": 4}, ["simplified_not_available"]),
        ("R-DECL-2: four kinds, item by item", {"kinds": 4, "simplified": False}, []),
        ("V28: charges above the value", {"worth": replace(WORTH, fob_negative=True)}, ["fob_negative"]),
        ("V29: another customs office", {"customs_office_known": False}, ["customs_office_not_allowed"]),
        ("V29: another port", {"port_designated": False}, ["port_not_designated"]),
        ("R-DECL-1: no rate of the month", {"worth": None, "unrated": ["EUR"]}, ["customs_rate_missing"]),
        ("R-DECL-10: a difference of a trade inside", {"differing_trades": ["a"]}, []),
        ("R-DECL-10: a difference of another trade", {"differing_trades": ["a", "b"]}, ["difference_of_another_trade"]),
    ],
)  # fmt: skip
def test_a_declaration(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert codes(**changed) == expected, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-TRADE-3: settled in cash", {"eligible": False}, ["cash_settlement_not_exportable"]),
        ("V9: nobody decided on the goods", {"decision": "needs_person"}, ["commodity_undecided"]),
        ("R-GOODS-1: on the negative list", {"decision": "not_eligible"}, ["goods_not_allowed"]),
        ("R-DECL-10: another price term", {"price_term": "CIF"}, ["price_term_differs"]),
        ("V14: worth a cent", {"declared_value": Decimal("0.01")}, []),
        ("V14: worth nothing", {"declared_value": Decimal(0)}, ["amount_not_positive"]),
        ("V14: worth less than nothing", {"declared_value": Decimal("-0.01")}, ["amount_not_positive"]),
        ("V13: a brand without evidence", {"brand_proven": False}, ["brand_without_evidence"]),
        ("R-FILE-8: the buyer is still to come", {"buyer_named": False}, ["buyer_not_completed"]),
    ],
)
def test_a_portion(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert of_portion(**changed) == expected, rule


def test_another_price_term_is_explained_by_a_named_difference_of_its_trade() -> None:
    portions = [replace(PORTION, price_term="CIF")]
    assert codes(portions=portions, differing_trades=["a"]) == []


def test_a_value_is_not_asked_for_while_its_rate_is_missing() -> None:
    """R-DECL-1: the missing rate is what there is to mend."""
    assert codes(worth=None, portions=[replace(PORTION, declared_value=Decimal(0))]) == ["customs_rate_missing"]


@pytest.mark.parametrize(
    ("rule", "brand", "statement", "evidence", "proven"),
    [
        ("V13: no brand", "", "", None, True),
        ("V13: no brand, in words", " 无品牌 ", "", None, True),
        ("V13: an own brand", "龙水", "own", None, True),
        ("V13: authorised, with the document", "龙水", "authorised", "5f", True),
        ("V13: authorised, without a document", "龙水", "authorised", None, False),
        ("V13: a document for nothing stated", "龙水", "", "5f", False),
    ],
)
def test_a_brand(rule: str, brand: str, statement: str, evidence: str | None, proven: bool) -> None:
    assert brand_proven(brand, statement, evidence) is proven, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-PACK-1: still open", {"status": "open"}, ["packing_lists_not_sealed"]),
        ("V21: in another declaration", {"free": False}, ["packing_list_declared"]),
        ("V24: to another country", {"destination": "KZ"}, ["destination_differs"]),
        ("V24: by vehicle beside a container", {"by_vehicle": True}, ["transport_differs"]),
        ("V24: like the first", {}, []),
    ],
)
def test_a_further_packing_list_is_held_against_the_first(
    rule: str, changed: dict[str, Any], expected: list[str]
) -> None:
    found = breaches_of_lists([LIST, LIST, replace(LIST, **changed)])
    assert [each.code for each in found] == expected, rule
    assert all(each.pointer == "/packing_list_ids/2" for each in found)


def test_lists_that_agree_with_the_second_but_not_the_first_are_all_named() -> None:
    other = replace(LIST, destination="KZ", by_vehicle=True)
    assert [each.pointer for each in breaches_of_lists([LIST, other, other])] == [
        "/packing_list_ids/1", "/packing_list_ids/1", "/packing_list_ids/2", "/packing_list_ids/2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "held", "missing"),
    [
        ("R-FILE-7: held without an end", Held("customs_filing", date(2026, 1, 1), None), []),
        ("R-FILE-7: from this day on", Held("customs_filing", DAY, None), []),
        ("R-FILE-7: to this day", Held("customs_filing", date(2026, 1, 1), DAY), []),
        ("R-FILE-7: from tomorrow on", Held("customs_filing", date(2026, 5, 14), None), ["customs_filing"]),
        ("R-FILE-7: to yesterday", Held("customs_filing", date(2026, 1, 1), date(2026, 5, 12)), ["customs_filing"]),
        ("R-FILE-7: another kind", Held("fx_account", DAY, None), ["customs_filing"]),
    ],
)
def test_what_a_consignor_must_hold(rule: str, held: Held, missing: list[str]) -> None:
    found = breaches_of_consignor([held], ["customs_filing"], DAY)
    assert [each.params["kind"] for each in found] == missing, rule


@pytest.mark.parametrize(
    ("rule", "standings", "expected"),
    [
        ("R-DECL-1: a filed broker", {"broker": RoleStanding("approved")}, []),
        ("R-DECL-1: a suspended broker", {"broker": RoleStanding("suspended")}, ["subject_not_filed"]),
        ("R-DECL-1: no broker", {"buyer": RoleStanding("approved")}, ["subject_not_filed"]),
        ("R-DECL-1: nobody known", None, ["subject_not_filed"]),
    ],
)
def test_a_declarant(rule: str, standings: dict[str, RoleStanding] | None, expected: list[str]) -> None:
    assert [each.code for each in breaches_of_declarant(standings)] == expected, rule


@pytest.mark.parametrize(
    ("rule", "arrival", "expected"),
    [
        ("R-DECL-1: no day named", None, ["arrival_not_expected"]),
        ("R-DECL-1: a day that is over", date(2026, 5, 12), ["arrival_not_expected"]),
        ("R-DECL-1: today", DAY, []),
        ("R-DECL-1: two days before arrival", date(2026, 5, 15), []),
        ("R-DECL-1: three days before arrival", date(2026, 5, 16), []),
        ("R-DECL-1: four days before arrival", date(2026, 5, 17), ["submission_too_early"]),
    ],
)
def test_submission_before_arrival(rule: str, arrival: date | None, expected: list[str]) -> None:
    assert [each.code for each in breaches_of_early_submission(DAY, arrival, 3)] == expected, rule
