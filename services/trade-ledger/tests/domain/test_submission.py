"""The table of `submission_cases.toml`, case by case: facts in, every reason why not out."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.vocabulary.rules import Breach
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
    breaches_of_submission,
)

TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("submission_cases.toml").read_text("utf-8")
)
TODAY = date(2026, 5, 13)


def cases(kind: str) -> Any:
    return pytest.mark.parametrize("case", TABLE[kind], ids=[case["says"] for case in TABLE[kind]])


def goods(**told: Any) -> PortionFacts:
    return PortionFacts(
        goods_name="活动扳手",
        trade_id=told.get("trade", "T1"),
        price_term=told.get("price_term", "FOB"),
        declared_value=Decimal(told.get("value", "100.00")),
        decision=told.get("decision", "eligible"),
        reason="tools",
        reason_zh="工具",
        buyer_named=told.get("buyer_named", True),
        lacks=told.get("lacks", ()),
        brand_proven=told.get("brand_proven", True),
        eligible=told.get("eligible", True),
    )


def packing_list(**told: Any) -> ListFacts:
    sound: dict[str, Any] = {"status": "sealed", "destination": "RU", "by_vehicle": False, "free": True}
    return ListFacts(number="LS-PL-1", **{**sound, **told})


def facts(case: dict[str, Any]) -> SubmissionFacts:
    """The sound declaration with what the case says of it."""
    unrated = case.get("unrated", [])
    worth = Worth(Decimal(case.get("total_usd", "100.00")), case.get("fob_negative", False), case.get("items", 1))
    return SubmissionFacts(
        lists=[packing_list(**each) for each in case.get("lists", [{}])],
        customs_office_known=case.get("office_known", True),
        port_designated=case.get("port_designated", True),
        price_term="FOB",
        worth=None if unrated else worth,
        unrated=unrated,
        month=TODAY.replace(day=1),
        limit_usd=Decimal("150000.00"),
        simplified=case.get("simplified", False),
        kinds=case.get("kinds", 1),
        kinds_threshold=5,
        items_most=50,
        portions_most=2000,
        portions=[goods(**each) for each in case.get("goods", [{}])] * case.get("portions", 1),
        differing_trades=case.get("differences", []),
    )


@cases("submission")
def test_every_reason_why_a_declaration_may_not_be_submitted(case: dict[str, Any]) -> None:
    found = breaches_of_submission(facts(case))
    assert [f"{each.code} {each.pointer}" for each in found] == case["refused"]
    assert {each.rule for each in found} <= {case["rule"]}


@cases("consignor")
def test_what_a_consignor_must_hold(case: dict[str, Any]) -> None:
    held = [Held(each["kind"], each["valid_from"], each.get("valid_to")) for each in case["held"]]
    found = breaches_of_consignor(held, ["customs_filing"], TODAY)
    assert [f"{each.code} {each.params['kind']}" for each in found] == case["refused"]
    assert {(each.rule, each.pointer) for each in found} <= {("R-FILE-7", "/consignor_id")}


@cases("arrival")
def test_how_early_a_declaration_may_be_submitted(case: dict[str, Any]) -> None:
    found = breaches_of_early_submission(TODAY, case.get("expected"), 3)
    assert [each.code for each in found] == case["refused"]
    assert {(each.rule, each.pointer, each.params["days"]) for each in found} <= {
        ("R-DECL-1", "/expected_arrival", "3")
    }


@cases("declarant")
def test_who_declares_beside_the_consignor(case: dict[str, Any]) -> None:
    found = breaches_of_declarant({case["role"]: RoleStanding(case["status"])})
    assert [each.code for each in found] == case["refused"]
    assert {(each.rule, each.pointer) for each in found} <= {("R-DECL-1", "/declarant_id")}


def test_a_declarant_that_nobody_filed_is_refused() -> None:
    assert breaches_of_declarant(None) == (
        Breach("subject_not_filed", "R-DECL-1", "/declarant_id", {"role": "broker"}),
    )


@cases("brand")
def test_whose_brand_it_is(case: dict[str, Any]) -> None:
    for brand in case["brands"]:
        assert brand_proven(brand, case["statement"], case.get("evidence")) == case["proven"]


@pytest.mark.parametrize(
    ("case", "params"),
    [
        ({"total_usd": "150000.01"}, {"value": "150,000.01", "limit": "150,000.00"}),
        ({"items": 51}, {"items": "51", "most": "50"}),
        ({"portions": 2001}, {"portions": "2001", "most": "2000"}),
        ({"simplified": True, "kinds": 4}, {"kinds": "4", "threshold": "5"}),
        ({"unrated": ["EUR", "USD"]}, {"currencies": "EUR, USD", "month": "2026-05"}),
        ({"lists": [{"status": "open"}]}, {"packing_list": "LS-PL-1"}),
        ({"goods": [{"decision": "needs_person"}]}, {"goods": "活动扳手", "reason": "tools", "reason_zh": "工具"}),
    ],
)
def test_a_breach_says_what_fills_its_texts(case: dict[str, Any], params: dict[str, str]) -> None:
    (found,) = breaches_of_submission(facts(case))
    assert found.params == params
