from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade_ledger.domain.parties import RoleStanding, StallTerm, breaches_of_standing, stall_in_force
from trade_ledger.domain.registration import (
    AgencyFacts,
    LineFacts,
    TradeFacts,
    breaches_of_registration,
    settled,
)

DAY = date(2026, 5, 13)
FILED = {
    role: RoleStanding("approved", effective_from=datetime(2026, 5, 12, 16, tzinfo=UTC))
    for role in ("stall_holder", "operator", "buyer")
}
LINE = LineFacts(
    hs_code="8204120000",
    hs_exists=True,
    quantity=Decimal(120),
    unit_price=Decimal("2.55"),
    amount=Decimal("306.00"),
    statutory_units=("千克", None),
    statutory_quantity=Decimal("50.4"),
    statutory_unit="千克",
    second_statutory_quantity=None,
    second_statutory_unit=None,
    net_weight_kg=Decimal("50.4"),
    unlisted_units=(),
    unit_factors=(None, None),
    decision="eligible",
    reason="",
    reason_zh="",
)
AGENCY = AgencyFacts("export_agency", "seller", "operator", True, "agent", "principal")
TRADE = TradeFacts(
    kind="goods",
    procurement="self",
    export_mode="agency",
    today=DAY,
    trade_date=DAY,
    currency="USD",
    currency_listed=True,
    settlement_method="fx",
    total=Decimal("306.00"),
    seller=FILED,
    seller_stall_in_force=True,
    consignor=FILED,
    buyer=FILED,
    buyer_named=True,
    seller_id="seller",
    consignor_id="operator",
    buyer_id="buyer",
    export_agency_named=True,
    export_agency=AGENCY,
    procurement_agency_named=False,
    procurement_agency=None,
    domestic_paid_on=None,
    domestic_amount=None,
    lines=[LINE],
)


def codes(**changed: Any) -> list[str]:
    return [breach.code for breach in breaches_of_registration(replace(TRADE, **changed))]


def test_a_trade_within_the_rules_has_no_breach() -> None:
    assert codes() == []


def test_a_filing_counts_from_its_legal_day_on() -> None:
    """The filing took effect at midnight of 13 May in Beijing, which is 12 May in UTC."""
    assert breaches_of_standing(FILED, "buyer", "/b", date(2026, 5, 13)) == ()
    assert [each.code for each in breaches_of_standing(FILED, "buyer", "/b", date(2026, 5, 12))] == [
        "subject_not_filed"
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [("approved", None), ("effective", None), ("suspended", "subject_suspended"), ("exited", "subject_not_filed")],
)
def test_only_an_active_filing_enters_a_trade(status: str, code: str | None) -> None:
    found = breaches_of_standing({"buyer": RoleStanding(status)}, "buyer", "/b", DAY)
    assert [each.code for each in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("day", "number", "held"),
    [
        (date(2026, 1, 1), "A", True),
        (date(2025, 12, 31), "A", False),
        (date(2026, 6, 30), "A", True),
        (date(2026, 7, 1), "A", False),
        (date(2026, 6, 30), "", True),
        (date(2026, 6, 30), "B", False),
    ],
)
def test_a_stall_is_held_from_its_first_to_its_last_day(day: date, number: str, held: bool) -> None:
    assert stall_in_force([StallTerm("A", date(2026, 1, 1), date(2026, 6, 30))], number, day) is held


def test_an_agency_of_other_parties_is_none() -> None:
    assert codes(export_agency=replace(AGENCY, agent_id="rival")) == ["export_agency_not_in_force"]
    assert codes(export_agency=replace(AGENCY, principal_id="other")) == ["export_agency_not_in_force"]
    assert codes(export_agency=replace(AGENCY, in_force=False)) == ["export_agency_not_in_force"]


@pytest.mark.parametrize(
    ("named", "said"), [(True, ("the one in export_agency_id", "所填协议")), (False, ("none", "未填写"))]
)
def test_a_missing_agency_is_said_with_what_the_request_named(named: bool, said: tuple[str, str]) -> None:
    facts = replace(TRADE, export_agency=None, export_agency_named=named)
    (found,) = [each for each in breaches_of_registration(facts) if each.code == "export_agency_not_in_force"]
    assert (found.params["named"], found.params["named_zh"]) == said


def test_an_entrusted_purchase_needs_the_buyers_own_agency() -> None:
    bought = AgencyFacts("procurement_agency", "buyer", "agent", True, None, None)
    assert codes(procurement="entrusted", procurement_agency=bought) == []
    other = replace(bought, principal_id="another")
    assert codes(procurement="entrusted", procurement_agency=other) == ["procurement_agency_not_in_force"]


@pytest.mark.parametrize("kind", ["goods", "sample", "gift"])
def test_samples_and_gifts_have_a_value_for_customs_too(kind: str) -> None:
    free = replace(LINE, unit_price=Decimal(0), amount=Decimal(0))
    assert codes(kind=kind, lines=[free], total=Decimal(0)) == ["amount_not_positive"]


def test_a_second_statutory_unit_is_there_exactly_when_the_code_has_one() -> None:
    two = replace(LINE, statutory_units=("台", "千克"), statutory_unit="台", statutory_quantity=Decimal(3))
    assert codes(lines=[two]) == ["statutory_unit_differs"]
    given_both = replace(two, second_statutory_unit="千克", second_statutory_quantity=Decimal("50.4"))
    assert codes(lines=[given_both]) == []
    assert codes(lines=[replace(LINE, second_statutory_quantity=Decimal(1))]) == ["statutory_unit_differs"]


@given(
    quantity=st.decimals("0.001", 10_000, places=3),
    price=st.decimals("0.01", 1000, places=4),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_an_amount_is_quantity_times_price_rounded_half_up_once(
    quantity: Decimal, price: Decimal, currency: str
) -> None:
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    unit = Decimal(1).scaleb(-digits)
    exact = quantity * price
    down = exact // unit * unit
    expected = down + unit if (exact - down) * 2 >= unit else down
    for amount, fits in ((expected, True), (expected + unit, False), (expected - unit, False)):
        if amount > 0:
            line = replace(LINE, quantity=quantity, unit_price=price, amount=amount)
            assert ("amount_differs" not in codes(lines=[line], total=amount, currency=currency)) is fits


@pytest.mark.parametrize(
    ("mode", "collector", "filer", "expected"),
    [
        ("agency", "agent", "agent", ("operator", "operator", "seller", "seller")),
        ("agency", "principal", "principal", ("seller", "seller", "seller", "seller")),
        ("outright", "agent", "agent", ("operator", None, None, "operator")),
    ],
)
def test_who_collects_files_and_owns_follows_from_mode_and_agency(
    mode: str, collector: str, filer: str, expected: tuple[str | None, ...]
) -> None:
    agency = replace(AGENCY, collector=collector, exemption_filer=filer)
    terms = settled(replace(TRADE, export_mode=mode, export_agency=agency if mode == "agency" else None))
    assert (terms.collector_id, terms.exemption_filer_id, terms.stall_holder_id, terms.owner_id) == expected
