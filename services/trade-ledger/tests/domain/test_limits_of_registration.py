"""Registering a trade, rule by rule: at the limit, just over, just under."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from trade_ledger.domain.parties import RoleStanding
from trade_ledger.domain.registration import AgencyFacts, LineFacts, TradeFacts, breaches_of_registration, settled

DAY = date(2026, 5, 13)
FILED = {role: RoleStanding("approved") for role in ("stall_holder", "operator", "buyer")}
LINE = LineFacts(
    hs_code="8204120000",
    hs_exists=True,
    quantity=Decimal(10),
    unit_price=Decimal("0.01"),
    amount=Decimal("0.10"),
    statutory_units=("千克", None),
    statutory_quantity=Decimal("2.5"),
    statutory_unit="千克",
    second_statutory_quantity=None,
    second_statutory_unit=None,
    net_weight_kg=Decimal("2.5"),
    unlisted_units=(),
    unit_factors=(None, None),
    decision="eligible",
    reason="",
    reason_zh="",
)
OWN = TradeFacts(
    kind="goods",
    procurement="self",
    export_mode="own",
    today=DAY,
    trade_date=DAY,
    currency="USD",
    currency_listed=True,
    settlement_method="fx",
    total=Decimal("0.10"),
    seller=FILED,
    seller_stall_in_force=True,
    consignor=FILED,
    buyer=FILED,
    buyer_named=True,
    seller_id="seller",
    consignor_id="seller",
    buyer_id="buyer",
    export_agency_named=False,
    export_agency=None,
    procurement_agency_named=False,
    procurement_agency=None,
    domestic_paid_on=None,
    domestic_amount=None,
    lines=[LINE],
)
BOUGHT_FOR_BUYER = AgencyFacts("procurement_agency", "buyer", "agent", True, None, None)


def codes(**changed: Any) -> list[str]:
    return [each.code for each in breaches_of_registration(replace(OWN, **changed))]


def of_line(**changed: Any) -> list[str]:
    line = replace(LINE, **changed)
    return codes(lines=[line], total=line.amount)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("own export within the rules", {}, []),
        ("R-FILE-1: the seller isn't filed", {"seller": None}, ["subject_not_filed"]),
        ("R-FILE-2: the stall isn't the seller's", {"seller_stall_in_force": False}, ["stall_not_in_force"]),
        ("R-FILE-1: own export asks for no operator", {"consignor": None}, []),
        ("R-FILE-1: bought outright by nobody filed",
         {"export_mode": "outright", "consignor": None, "consignor_id": "op"}, ["subject_not_filed"]),
        ("R-FILE-1: the buyer named isn't filed", {"buyer": None}, ["subject_not_filed"]),
        ("R-FILE-8: a buyer to be completed later", {"buyer": None, "buyer_named": False}, []),
        ("R-TRADE-1: own export by another", {"consignor_id": "op"}, ["own_export_by_another"]),
        ("R-TRADE-1: own export with an agency", {"export_agency_named": True}, ["export_agency_not_wanted"]),
        ("R-TRADE-1: an agency that isn't known",
         {"export_mode": "agency", "consignor_id": "op", "export_agency_named": True}, ["export_agency_not_in_force"]),
        ("R-TRADE-1: bought by oneself through an agency",
         {"procurement_agency_named": True}, ["procurement_agency_not_wanted"]),
        ("R-TRADE-1: entrusted without an agency", {"procurement": "entrusted"}, ["procurement_agency_not_in_force"]),
        ("R-TRADE-1: entrusted under an agency",
         {"procurement": "entrusted", "procurement_agency": BOUGHT_FOR_BUYER, "procurement_agency_named": True}, []),
        ("R-TRADE-1: entrusted, the buyer to be completed later",
         {"procurement": "entrusted", "procurement_agency": BOUGHT_FOR_BUYER, "buyer_id": None}, []),
        ("V16: traded yesterday", {"trade_date": date(2026, 5, 12)}, []),
        ("V16: traded tomorrow", {"trade_date": date(2026, 5, 14)}, ["date_in_the_future"]),
        ("V16: paid today", {"domestic_paid_on": DAY}, []),
        ("V16: paid yesterday", {"domestic_paid_on": date(2026, 5, 12)}, []),
        ("V16: paid tomorrow", {"domestic_paid_on": date(2026, 5, 14)}, ["date_in_the_future"]),
        ("V54: cents of RMB", {"domestic_amount": Decimal("1.01")}, []),
        ("V54: finer than a cent of RMB", {"domestic_amount": Decimal("1.001")}, ["amount_too_fine"]),
        ("R-TRADE-2: a cent too much in total", {"total": Decimal("0.11")}, ["total_differs"]),
        ("R-TRADE-2: no goods", {"lines": [], "total": Decimal(0)}, ["trade_without_lines"]),
        ("V56: a currency that is on no list", {"currency_listed": False}, ["currency_unknown"]),
        ("V56: a currency that isn't in use", {"currency": "XXX"}, ["currency_unknown"]),
    ],
)  # fmt: skip
def test_a_trade(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert codes(**changed) == expected, rule


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("V14: a cent of goods", {"quantity": Decimal(1), "amount": Decimal("0.01")}, []),
        ("V14: no quantity", {"quantity": Decimal(0), "amount": Decimal("0.01")}, ["amount_not_positive"]),
        ("V14: no amount", {"amount": Decimal(0)}, ["amount_not_positive"]),
        ("R-TRADE-2: a cent over quantity by price", {"amount": Decimal("0.11")}, ["amount_differs"]),
        ("R-TRADE-2: a cent under quantity by price", {"amount": Decimal("0.09")}, ["amount_differs"]),
        ("V11: a code that isn't known", {"hs_exists": False}, ["hs_code_unknown"]),
        ("R-GOODS-1: on the negative list", {"decision": "not_eligible"}, ["goods_not_allowed"]),
        ("V9: undecided goods are recorded", {"decision": "needs_person"}, []),
        ("V11: another unit than the code's", {"statutory_unit": "台"}, ["statutory_unit_differs"]),
        ("V12: a gram more than the net weight", {"statutory_quantity": Decimal("2.501")}, ["net_weight_differs"]),
        ("V12: a gram less than the net weight", {"statutory_quantity": Decimal("2.499")}, ["net_weight_differs"]),
        ("V12: another unit, another figure",
         {"statutory_units": ("台", None), "statutory_unit": "台", "statutory_quantity": Decimal(3)}, []),
        ("V12: one breach where the unit itself is wrong",
         {"statutory_unit": "台", "statutory_quantity": Decimal(3)}, ["statutory_unit_differs"]),
        ("V11: units that aren't known of this code", {"statutory_units": None, "statutory_unit": "台"}, []),
        ("V56: a unit that is on no list", {"unlisted_units": ("unit",)}, ["unit_unknown"]),
        ("V57: as the factor says", {"unit_factors": (Decimal("0.25"), None)}, []),
        ("V57: six digits, rounded half up", {"unit_factors": (Decimal("0.25000005"), None)},
         ["statutory_quantity_differs"]),
        ("V57: what is finer than six digits is rounded", {"unit_factors": (Decimal("0.25000004"), None)}, []),
        ("V57: no second quantity, no factor for it", {"unit_factors": (None, Decimal(2))}, []),
    ],
)  # fmt: skip
def test_a_line(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert of_line(**changed) == expected, rule


@pytest.mark.parametrize(("method", "eligible"), [("fx", True), ("rmb", True), ("cash", False)])
def test_cash_makes_a_trade_ineligible_and_says_what_else_to_do(method: str, eligible: bool) -> None:
    """R-TRADE-3."""
    terms = settled(replace(OWN, settlement_method=method))
    assert (terms.eligible, bool(terms.ineligible_reasons)) == (eligible, not eligible)


def test_who_exports_its_own_goods_collects_and_files_for_them() -> None:
    """R-TAX-8, R-FX-2."""
    terms = settled(OWN)
    assert {terms.collector_id, terms.exemption_filer_id, terms.stall_holder_id, terms.owner_id} == {"seller"}
