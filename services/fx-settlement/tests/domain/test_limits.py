"""Money, rule by rule: at the limit, just over, just under."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fx_settlement.domain.advances import AdvanceFacts, breaches_of_advance
from fx_settlement.domain.amounts import exact
from fx_settlement.domain.conversion import ConversionFacts, breaches_of_conversion
from fx_settlement.domain.refunds import RefundFacts, breaches_of_refund
from fx_settlement.domain.room import is_collected_for
from fx_settlement.domain.shares import NOTHING, Share, kept_of, kept_worth
from fx_settlement.domain.transfers import PassOnFacts, breaches_of_pass_on

CENT = Decimal("0.01")
ADVANCE = AdvanceFacts(
    registered=True, agreed_collector="a", collector="a", settlement_method="fx", currency="USD", rate_named=True,
    amount=CENT, value=CENT, free=CENT,
)  # fmt: skip
REFUND = RefundFacts(
    amount=CENT, left=CENT, days=180, most_days=180, in_the_future=False, to_payer=True, evidence_hash=""
)
CONVERSION = ConversionFacts(
    natural_person=True, foreign=True, amount=CENT, balance=CENT, proof_value=None, stated_quota=CENT
)
PASS_ON = PassOnFacts(
    principal_known=True, principal_is_natural=False, principal_has_personal_account=False, amount=CENT,
    currency="USD", paid_as="fx", rate_named=False, in_the_future=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-FX-8: a cent of a cent", {}, []),
        ("R-FX-8: a trade that isn't registered", {"registered": False}, ["trade_not_registered"]),
        ("R-FX-2: another collects", {"collector": "b"}, ["not_the_collector"]),
        ("R-FX-6: cash", {"settlement_method": "cash"}, ["cash_not_collectable"]),
        ("R-FX-10: no rate", {"rate_named": False, "value": Decimal(0)}, ["rate_missing"]),
        ("R-FX-8: nothing", {"amount": Decimal(0)}, ["amount_not_positive"]),
        ("R-FX-8: less than nothing", {"amount": -CENT}, ["amount_not_positive"]),
        ("R-FX-8: worth nothing", {"value": Decimal(0)}, ["amount_not_positive"]),
        ("R-FX-8: worth less than nothing", {"value": -CENT}, ["amount_not_positive"]),
        ("V39: a cent more than is free", {"amount": 2 * CENT}, ["collection_used_up"]),
        ("V39: a cent less than is free", {"free": 2 * CENT}, []),
    ],
)
def test_an_advance(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_advance(replace(ADVANCE, **changed))] == expected, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-FX-8: on the last day of the plain path", {}, []),
        ("R-FX-8: nothing", {"amount": Decimal(0)}, ["amount_not_positive"]),
        ("V41: a cent more than is left", {"amount": 2 * CENT}, ["refund_over_collection"]),
        ("V41: a day later, without evidence", {"days": 181}, ["refund_evidence_missing"]),
        ("V41: a day later, with evidence", {"days": 181, "evidence_hash": "5f"}, []),
        ("V41: to another, without evidence", {"to_payer": False}, ["refund_evidence_missing"]),
        ("V16: on the day of the collection", {"days": 0}, []),
        ("V16: before the collection", {"days": -1}, ["date_in_the_future"]),
        ("V16: on a day to come", {"in_the_future": True}, ["date_in_the_future"]),
    ],
)
def test_a_refund(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_refund(replace(REFUND, **changed))] == expected, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-FX-5: all that the bank states", {}, []),
        ("R-FX-5: an enterprise", {"natural_person": False}, ["not_an_individual"]),
        ("V46: RMB", {"foreign": False}, ["nothing_to_convert"]),
        ("V16: a day to come", {"in_the_future": True}, ["date_in_the_future"]),
        ("R-FX-5: nothing", {"amount": Decimal(0)}, ["amount_not_positive"]),
        ("V43: a cent more than the account has", {"balance": Decimal(0)}, ["conversion_over_balance"]),
        ("R-FX-5: a cent more than stated", {"stated_quota": Decimal(0)}, ["conversion_over_stated_quota"]),
        ("R-FX-5: neither proof nor statement", {"stated_quota": None}, ["proof_or_quota_missing"]),
        ("V43: all that is proven", {"stated_quota": None, "proof_value": CENT}, []),
        ("V43: a cent more than is proven", {"stated_quota": None, "proof_value": Decimal(0)},
         ["conversion_over_proof"]),
    ],
)  # fmt: skip
def test_a_conversion(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_conversion(replace(CONVERSION, **changed))] == expected, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-FX-4: a cent", {}, []),
        ("R-FX-4: nothing", {"amount": Decimal(0)}, ["amount_not_positive"]),
        ("R-FX-4: less than nothing", {"amount": -CENT}, ["amount_not_positive"]),
        ("R-FX-4: to nobody filed", {"principal_known": False}, ["principal_not_filed"]),
        ("R-FX-10: in RMB without a rate", {"paid_as": "rmb"}, ["rate_missing"]),
        ("R-FX-10: in RMB at a rate", {"paid_as": "rmb", "rate_named": True}, []),
        ("R-FX-10: RMB as RMB has none", {"paid_as": "rmb", "currency": "CNY"}, []),
        ("R-FX-5: currency to a person without its account", {"principal_is_natural": True},
         ["personal_account_missing"]),
        ("R-FX-5: currency to a person's account",
         {"principal_is_natural": True, "principal_has_personal_account": True}, []),
        ("V16: on a day to come", {"in_the_future": True}, ["date_in_the_future"]),
    ],
)  # fmt: skip
def test_a_pass_on(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_pass_on(replace(PASS_ON, **changed))] == expected, rule


@pytest.mark.parametrize(
    ("kind", "method", "collected"),
    [
        ("goods", "fx", True),
        ("goods", "rmb", True),
        ("goods", "cash", False),
        ("sample", "fx", False),
        ("gift", "cash", False),
    ],
)
def test_what_is_collected_for(kind: str, method: str, collected: bool) -> None:
    """R-TRADE-7, R-FX-6."""
    assert is_collected_for(kind, method) is collected


@pytest.mark.parametrize(
    ("amount", "currency", "used"),
    [("1.01", "USD", "1.01"), ("1.011", "USD", "0"), ("1", "JPY", "1"), ("1.5", "JPY", "0"), ("1.5", "XXX", "1.5")],
)
def test_an_amount_finer_than_its_currency_counts_for_nothing(amount: str, currency: str, used: str) -> None:
    """V54, V56. Where the currency is not in use, the currency is refused and not the amount."""
    assert exact(Decimal(amount), currency) == Decimal(used)


WHOLE = Share(Decimal("100.00"), Decimal("1.00"), Decimal("10.00"), Decimal("10.00"))


@pytest.mark.parametrize(
    ("rule", "keep", "kept"),
    [
        ("all", "100.00", WHOLE),
        ("more than all", "100.01", WHOLE),
        ("a cent less", "99.99", Share(Decimal("99.99"), Decimal("1.00"), Decimal("10.00"), Decimal("10.00"))),
        ("a half", "50.00", Share(Decimal("50.00"), Decimal("0.50"), Decimal("5.00"), Decimal("5.00"))),
        ("what is worth a cent", "0.05", Share(Decimal("0.05"), Decimal("0.00"), Decimal("0.01"), Decimal("0.01"))),
        ("what is worth less than a cent", "0.04", NOTHING),
        ("nothing", "0.00", NOTHING),
    ],
)
def test_what_stays_matched_of_an_amount(rule: str, keep: str, kept: Share) -> None:
    """V54, V55."""
    assert kept_of(WHOLE, Decimal(keep), "USD", "USD") == kept, rule


@pytest.mark.parametrize(
    ("rule", "keep", "kept"),
    [
        ("all", "10.00", WHOLE),
        ("more than all", "10.01", WHOLE),
        ("a half", "5.00", Share(Decimal("50.00"), Decimal("0.50"), Decimal("5.00"), Decimal("5.00"))),
        ("a cent", "0.01", Share(Decimal("0.10"), Decimal("0.00"), Decimal("0.01"), Decimal("0.01"))),
        ("nothing", "0.00", NOTHING),
        ("less than nothing", "-0.01", NOTHING),
    ],
)
def test_what_stays_matched_of_a_value(rule: str, keep: str, kept: Share) -> None:
    """V54, V55."""
    assert kept_worth(WHOLE, Decimal(keep), "USD") == kept, rule


def test_a_match_that_is_kept_whole_is_unchanged() -> None:
    assert kept_of(WHOLE, WHOLE.amount, "USD", "USD") is WHOLE
    assert kept_worth(WHOLE, WHOLE.value, "USD") is WHOLE


def test_money_of_less_than_its_smallest_unit_doesnt_stay_matched() -> None:
    yen = Share(Decimal(100), Decimal(0), Decimal("1000.00"), Decimal("10.00"))
    assert kept_worth(yen, Decimal("4.99"), "JPY") == NOTHING
    assert kept_worth(yen, Decimal("5.00"), "JPY").amount == 1
