"""What a bank books: the receipt, the bank itself, its references, and the accounts where the money lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from fx_settlement.domain.accounts import liability_account, money_account
from fx_settlement.domain.banks import breaches_of_bank, breaches_of_reference
from fx_settlement.domain.booking import ReceiptFacts, breaches_of_receipt
from fx_settlement.domain.payables import owed_on

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
