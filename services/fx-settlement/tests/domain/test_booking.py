"""What a bank books: the receipt, the bank itself, its references, and the accounts where the money lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from fx_settlement.domain.accounts import blocked_account, liability_account, money_account
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.booking import (
    ReceiptFacts,
    blocking,
    breaches_of_blocked,
    breaches_of_payer_statement,
    breaches_of_receipt,
    breaches_of_stated_payer,
    still_blocking,
    who_unblocks,
)
from fx_settlement.domain.cases import ClosingFacts, breaches_of_closing
from fx_settlement.domain.payables import owed_on
from shared.vocabulary.rules import Breach

CENT = Decimal("0.01")
RECEIPT = ReceiptFacts(amount=Decimal(10), charges=Decimal(0), currency="USD", method="fx", in_the_future=False)
ANN, BOB = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-FX-1: ten dollars", {}, []),
        ("R-FX-1: a cent", {"amount": CENT}, []),
        ("R-FX-1: nothing", {"amount": Decimal(0)}, ["amount_not_positive", "charges_wrong"]),
        ("V54: half a cent more", {"amount": Decimal("10.005")}, ["amount_not_positive"]),
        ("V54: yen have no parts", {"currency": "JPY", "amount": Decimal("10.5")}, ["amount_not_positive"]),
        ("V37: charges of a cent less than the amount", {"charges": 10 - CENT}, []),
        ("V37: charges of the amount", {"charges": Decimal(10)}, ["charges_wrong"]),
        ("V37: charges of a cent more than the amount", {"charges": 10 + CENT}, ["charges_wrong"]),
        ("V37: charges of less than nothing", {"charges": -CENT}, ["charges_wrong"]),
        ("V54: charges of half a cent", {"charges": Decimal("0.005")}, ["charges_wrong"]),
        ("R-FX-6: RMB as RMB", {"currency": "CNY", "method": "rmb"}, []),
        ("R-FX-6: RMB as currency", {"currency": "CNY"}, ["method_disagrees_with_currency"]),
        ("R-FX-6: dollars as RMB", {"method": "rmb"}, ["method_disagrees_with_currency"]),
        ("V16: on a day to come", {"in_the_future": True}, ["date_in_the_future"]),
    ],
)
def test_a_receipt(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_receipt(replace(RECEIPT, **changed))] == expected, rule


@pytest.mark.parametrize(("filed", "expected"), [(True, []), (False, [("R-FILE-9", "bank_not_filed")])])
def test_only_a_filed_bank_books(filed: bool, expected: list[tuple[str, str]]) -> None:
    assert [(each.rule, each.code) for each in breaches_of_bank(filed)] == expected


def test_a_reference_stands_for_one_thing() -> None:
    """V39."""
    assert breaches_of_reference(None) == ()
    (breach,) = breaches_of_reference("LS-CO-1")
    assert (breach.rule, breach.code, breach.params) == ("V39", "bank_reference_used", {"number": "LS-CO-1"})


def test_where_money_lies_and_whose_it_is() -> None:
    """R-FX-7."""
    assert money_account(ANN, BOB, "personal") == f"personal:{ANN}"
    assert money_account(ANN, BOB, "trade") == f"bank:{BOB}"
    assert blocked_account(ANN, BOB) == f"blocked:{ANN}:{BOB}"
    assert liability_account(ANN, ANN) == f"settled:{ANN}"
    assert liability_account(ANN, BOB) == f"payable:{ANN}:{BOB}"


@dataclass(frozen=True)
class Owed:
    collected: Decimal
    charges: Decimal
    passed_on: Decimal
    claims: Decimal


@pytest.mark.parametrize(
    ("collected", "charges", "passed_on", "claims", "owed"),
    [("100", "1", "40", "0", "59"), ("100", "1", "99", "0", "0"), ("60", "1", "99", "40", "0")],
)
def test_what_an_agent_still_owes(collected: str, charges: str, passed_on: str, claims: str, owed: str) -> None:
    """V42: what was collected and claimed back, less charges and what was passed on."""
    payable = Owed(*(Decimal(each) for each in (collected, charges, passed_on, claims)))
    assert owed_on(payable) == Decimal(owed)


@pytest.mark.parametrize(
    ("rule", "relation", "buyer_named", "evidence", "expected"),
    [
        ("V47: nothing stated", "unstated", False, "", ["payer_not_stated"]),
        ("V47: unstated, whatever else is there", "unstated", True, "h", ["payer_not_stated"]),
        ("V47: the buyer itself, named", "buyer", True, "", []),
        ("V47: the buyer, not named", "buyer", False, "", ["payer_evidence_missing"]),
        ("V47: the buyer, not named, with evidence", "buyer", False, "h", []),
        ("V47: somebody else", "parent", True, "", ["payer_evidence_missing"]),
        ("V47: somebody else with evidence", "parent", False, "h", []),
    ],
)
def test_what_is_stated_of_the_payer(
    rule: str, relation: str, buyer_named: bool, evidence: str, expected: list[str]
) -> None:
    stated = {"buyer_named": buyer_named, "evidence_hash": evidence}
    assert [each.code for each in breaches_of_stated_payer(relation, **stated)] == expected, rule  # type: ignore[arg-type]  # two kinds of value
    again = breaches_of_payer_statement(relation, **stated, matched=Decimal(0))  # type: ignore[arg-type]  # as above
    assert [each.code for each in again] == expected, rule
    relied = breaches_of_payer_statement(relation, **stated, matched=CENT)  # type: ignore[arg-type]  # as above
    assert [each.code for each in relied] == [*expected, "payer_relied_upon"], rule


def test_what_forbids_the_use_of_money_blocks_it_and_the_rest_refuses_the_booking() -> None:
    """R-DECL-7."""
    found = [Breach(code, "R-FX-3", "") for code in ("not_in_fx_directory", "collector_not_filed", "fx_class_limited")]
    assert blocking(found) == ("fx_class_limited", "not_in_fx_directory")
    assert blocking(()) == ()


@pytest.mark.parametrize(
    ("codes", "who", "left_to_safe", "left_to_bank"),
    [
        (("payer_not_stated",), "bank", ("payer_not_stated",), ("payer_not_stated",)),
        (("fx_class_limited",), "safe", (), ("fx_class_limited",)),
        (
            ("fx_class_limited", "payer_not_stated"),
            "safe",
            ("payer_not_stated",),
            ("fx_class_limited", "payer_not_stated"),
        ),
    ],
)
def test_who_unblocks_what(
    codes: tuple[str, ...], who: str, left_to_safe: tuple[str, ...], left_to_bank: tuple[str, ...]
) -> None:
    assert who_unblocks(codes) == who
    assert still_blocking(codes, closed_by="safe") == left_to_safe
    assert still_blocking(codes, closed_by="bank") == left_to_bank
    assert [each.code for each in breaches_of_blocked(codes, "/matches")] == ["collection_blocked", *codes]
    assert breaches_of_blocked((), "/matches") == ()


def test_each_cause_of_blocked_money_cites_its_own_rule() -> None:
    causes = {each.code: each.rule for each in breaches_of_blocked(("not_in_fx_directory", "payer_not_stated"), "")}
    assert causes == {"collection_blocked": "R-DECL-7", "not_in_fx_directory": "R-FX-3", "payer_not_stated": "V47"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"is_open": False}, ["conflict_closed_already"]),
        ({"closer": "safe"}, ["somebody_else_must_act"]),
        ({"left": ("payer_not_stated",)}, ["collection_blocked", "payer_not_stated"]),
    ],
)
def test_who_must_act_closes_an_open_case(changed: dict[str, Any], expected: list[str]) -> None:
    """R-DECL-7."""
    facts = ClosingFacts(is_open=True, must_act="bank", closer="bank")
    assert [each.code for each in breaches_of_closing(replace(facts, **changed))] == expected
