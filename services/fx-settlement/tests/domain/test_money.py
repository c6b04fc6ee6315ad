"""Refunds, advances, pass-ons, conversions: every limit at, just over and just under."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fx_settlement.domain.advances import AdvanceFacts, breaches_of_advance
from fx_settlement.domain.conversion import ConversionFacts, breaches_of_conversion, breaches_of_proof_number
from fx_settlement.domain.refunds import RefundFacts, breaches_of_refund
from fx_settlement.domain.transfers import PassOnFacts, breaches_of_pass_on

REFUND = RefundFacts(
    amount=Decimal(10), left=Decimal(10), days=180, most_days=180, in_the_future=False, to_payer=True, evidence_hash=""
)
ADVANCE = AdvanceFacts(
    registered=True,
    agreed_collector="a",
    collector="a",
    settlement_method="fx",
    currency="USD",
    rate_named=True,
    amount=Decimal(10),
    value=Decimal(10),
    free=Decimal(10),
)
PASS_ON = PassOnFacts(
    principal_known=True,
    principal_is_natural=False,
    principal_has_personal_account=False,
    amount=Decimal(10),
    currency="USD",
    paid_as="fx",
    rate_named=False,
    in_the_future=False,
)
CONVERSION = ConversionFacts(
    natural_person=True,
    foreign=True,
    amount=Decimal(10),
    balance=Decimal(10),
    proof_value=None,
    stated_quota=Decimal(10),
)
CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"amount": 10 + CENT}, ["refund_over_collection"]),
        ({"amount": 10 - CENT}, []),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
        ({"days": 181}, ["refund_evidence_missing"]),
        ({"days": 181, "evidence_hash": "h"}, []),
        ({"to_payer": False}, ["refund_evidence_missing"]),
        ({"days": -1}, ["date_in_the_future"]),
        ({"in_the_future": True}, ["date_in_the_future"]),
    ],
)
def test_breaches_of_refund(change: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in breaches_of_refund(replace(REFUND, **change))] == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"registered": False, "amount": Decimal(0)}, ["trade_not_registered"]),
        ({"collector": "z"}, ["not_the_collector"]),
        ({"settlement_method": "cash"}, ["cash_not_collectable"]),
        ({"rate_named": False}, ["rate_missing"]),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
        ({"amount": 10 + CENT}, ["collection_used_up"]),
    ],
)
def test_breaches_of_advance(change: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in breaches_of_advance(replace(ADVANCE, **change))] == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"principal_known": False}, ["principal_not_filed"]),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
        ({"paid_as": "rmb"}, ["rate_missing"]),
        ({"paid_as": "rmb", "rate_named": True}, []),
        ({"rate_named": True}, ["rate_missing"]),
        ({"currency": "CNY", "paid_as": "rmb"}, []),
        ({"principal_is_natural": True}, ["personal_account_missing"]),
        ({"principal_is_natural": True, "principal_has_personal_account": True}, []),
        ({"principal_is_natural": True, "paid_as": "rmb", "rate_named": True}, []),
        ({"in_the_future": True}, ["date_in_the_future"]),
    ],
)
def test_breaches_of_pass_on(change: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in breaches_of_pass_on(replace(PASS_ON, **change))] == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"amount": 10 + CENT}, ["conversion_over_balance", "conversion_over_stated_quota"]),
        ({"amount": 10 + CENT, "balance": Decimal(20)}, ["conversion_over_stated_quota"]),
        ({"amount": 10 - CENT}, []),
        ({"stated_quota": None}, ["proof_or_quota_missing"]),
        ({"stated_quota": None, "proof_value": Decimal(10)}, []),
        ({"stated_quota": Decimal(0), "proof_value": Decimal(10)}, []),
        ({"proof_value": 10 - CENT}, ["conversion_over_proof"]),
        ({"natural_person": False}, ["not_an_individual"]),
        ({"foreign": False}, ["nothing_to_convert"]),
        ({"in_the_future": True}, ["date_in_the_future"]),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
    ],
)
def test_breaches_of_conversion(change: dict[str, Any], codes: list[str]) -> None:
    assert [each.code for each in breaches_of_conversion(replace(CONVERSION, **change))] == codes


@pytest.mark.parametrize(("portions", "codes"), [(0, ["number_not_released"]), (1, []), (2, [])])
def test_breaches_of_proof_number(portions: int, codes: list[str]) -> None:
    """V43: a number proves something if one portion of the holder is under it."""
    assert [each.code for each in breaches_of_proof_number("80", portions, "/proof_customs_numbers/0")] == codes
