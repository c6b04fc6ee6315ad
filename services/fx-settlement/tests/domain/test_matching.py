"""Who may collect, for what a collection may be used, and how parts of a match sum to the whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fx_settlement.domain.matching import (
    CollectorFacts,
    PayerFacts,
    PortionFacts,
    Tolerance,
    breaches_of_collector,
    breaches_of_payer,
    breaches_of_portion,
    tolerance_among,
    tolerance_of,
)
from fx_settlement.domain.shares import NOTHING, Share, charges_share, kept_of, kept_worth

ENTERPRISE = CollectorFacts(
    known=True,
    natural_person=False,
    fx_class="A",
    has_personal_account=False,
    account_kind="trade",
    account_at_bank=True,
    free_classes=("A", "B"),
)
PERSON = replace(ENTERPRISE, natural_person=True, fx_class=None, has_personal_account=True, account_kind="personal")
PORTION = PortionFacts(
    known=True, agreed_collector="a", collector="a", settlement_method="fx", value=Decimal(1), frozen=False
)
PAYER = PayerFacts(paying_buyer="b", portion_buyer="b", relation="buyer", evidence_hash="")


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (ENTERPRISE, []),
        (replace(ENTERPRISE, fx_class="B"), []),
        (replace(ENTERPRISE, fx_class="C"), ["fx_class_limited"]),
        (replace(ENTERPRISE, fx_class="c"), ["fx_class_limited"]),
        (replace(ENTERPRISE, fx_class="某类"), ["fx_class_limited"]),
        (replace(ENTERPRISE, fx_class=""), ["fx_class_limited"]),
        (replace(ENTERPRISE, free_classes=()), ["fx_class_limited"]),
        (replace(ENTERPRISE, fx_class=None), ["not_in_fx_directory"]),
        (replace(ENTERPRISE, account_kind="personal"), ["personal_account_of_enterprise"]),
        (replace(ENTERPRISE, known=False), ["collector_not_filed"]),
        (replace(ENTERPRISE, account_at_bank=False), ["account_not_at_bank"]),
        (replace(ENTERPRISE, account_at_bank=False, fx_class=None), ["not_in_fx_directory", "account_not_at_bank"]),
        (replace(ENTERPRISE, account_at_bank=False, fx_class="C"), ["fx_class_limited", "account_not_at_bank"]),
        (replace(PERSON, account_at_bank=False), ["account_not_at_bank"]),
        (PERSON, []),
        (replace(PERSON, has_personal_account=False), ["personal_account_missing"]),
        (replace(PERSON, account_kind="trade"), ["personal_account_missing"]),
    ],
)
def test_breaches_of_collector(facts: CollectorFacts, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_collector(facts)] == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"value": Decimal("0.01")}, []),
        ({"value": Decimal(0)}, ["amount_not_positive"]),
        ({"collector": "z"}, ["not_the_collector"]),
        ({"settlement_method": "cash"}, ["cash_not_collectable"]),
        ({"settlement_method": "rmb"}, []),
        ({"frozen": True}, ["entitlement_frozen"]),
        ({"known": False, "frozen": True}, ["portion_not_released"]),
        ({"collector": "z", "frozen": True}, ["not_the_collector", "entitlement_frozen"]),
    ],
)
def test_breaches_of_portion(change: dict[str, Any], codes: list[str]) -> None:
    breaches = breaches_of_portion(replace(PORTION, **change), "/matches/0")
    assert [each.code for each in breaches] == codes
    assert all(each.pointer.startswith("/matches/0/") for each in breaches)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"paying_buyer": None}, ["payer_evidence_missing"]),
        ({"paying_buyer": None, "evidence_hash": "h"}, []),
        ({"relation": "unstated"}, ["payer_not_stated"]),
        ({"relation": "unstated", "evidence_hash": "h"}, ["payer_not_stated"]),
        ({"paying_buyer": "z"}, ["payer_not_the_buyer"]),
        ({"portion_buyer": None}, ["payer_not_the_buyer"]),
        ({"paying_buyer": "z", "relation": "parent", "evidence_hash": "h"}, []),
        ({"relation": "parent"}, ["payer_evidence_missing"]),
    ],
)
def test_breaches_of_payer(change: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in breaches_of_payer(replace(PAYER, **change), "")] == codes


@pytest.mark.parametrize(
    ("collectable", "currency", "expected"),
    [("5999.80", "USD", "299.99"), ("6000.00", "USD", "300"), ("6000.20", "USD", "300"), ("101", "JPY", "5")],
)
def test_the_tolerance_is_the_smaller_of_share_and_amount(collectable: str, currency: str, expected: str) -> None:
    assert tolerance_of(Decimal(collectable), currency, Tolerance(Decimal(5), Decimal(300))) == Decimal(expected)


CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
WHOLES = st.builds(
    lambda amount, value, usd, percent: Share(amount, (amount * percent / 100).quantize(Decimal("0.01")), value, usd),
    CENTS,
    CENTS,
    CENTS,
    st.integers(0, 99),
)


@given(whole=WHOLES, keep=CENTS)
def test_what_is_kept_by_amount_never_exceeds_the_whole_and_nothing_is_lost(whole: Share, keep: Decimal) -> None:
    kept = kept_of(whole, keep, "USD", "USD")
    freed = whole.less(kept)
    assert kept.amount in (min(keep, whole.amount), 0)
    assert min(freed.amount, freed.charges, freed.value, freed.value_usd) >= 0
    assert min(kept.charges, kept.value, kept.value_usd) >= 0
    assert (kept == NOTHING) or kept.value > 0


@given(whole=WHOLES, keep=CENTS)
def test_what_is_kept_by_value_has_exactly_that_value(whole: Share, keep: Decimal) -> None:
    kept = kept_worth(whole, keep, "USD")
    freed = whole.less(kept)
    assert kept.value in (min(keep, whole.value), 0)
    assert min(freed.amount, freed.charges, freed.value, freed.value_usd) >= 0


def test_nothing_stays_matched_where_the_export_has_no_value_left() -> None:
    whole = Share(Decimal(10), Decimal(1), Decimal(10), Decimal(10))
    assert kept_worth(whole, Decimal(-5), "USD") == kept_worth(whole, Decimal(0), "USD") == NOTHING
    assert kept_worth(whole, Decimal(10), "USD") is whole


@given(charges=CENTS, parts=st.lists(CENTS, min_size=1, max_size=20))
def test_the_charges_given_to_matches_sum_to_the_charges_once_all_is_matched(
    charges: Decimal, parts: list[Decimal]
) -> None:
    amount, matched, given_out = sum(parts), Decimal(0), Decimal(0)
    for part in parts:
        matched += part
        given_out += charges_share(charges, Decimal(amount), matched, given_out, "USD")
    assert given_out == charges


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        (["A"], "50.00"),
        (["A", "B"], "20.00"),
        # A grade without a tolerance has the smallest of all, not none.
        (["A", "E"], "10.00"),
        (["b"], "10.00"),
    ],
)
def test_the_smallest_tolerance_among_the_grades_counts(grades: list[str], expected: str) -> None:
    """V37."""
    by_grade = {grade: Tolerance(Decimal(percent), Decimal(1000)) for grade, percent in (("A", 5), ("B", 2), ("C", 1))}
    assert tolerance_among(Decimal(1000), "USD", grades, by_grade) == Decimal(expected)
