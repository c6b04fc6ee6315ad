"""Packing, stop orders, routes, prices: at the limit, just over, just under."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from trade_ledger.domain.merge import Share, items_of
from trade_ledger.domain.packing import PackingFacts, breaches_of_packing, expected_net
from trade_ledger.domain.parties import RoleStanding, breaches_of_completion
from trade_ledger.domain.route import RouteFacts, draw_of, is_sampled, route_of
from trade_ledger.domain.valuation import breaches_of_digits, domestic_share_percent, slip_value_kept

LINE = PackingFacts(
    consignor_is_trades=True,
    trade_status="registered",
    trade_eligible=True,
    handed_over=True,
    own_export=False,
    stopped=(),
    list_status="open",
    quantity=Decimal("0.000001"),
    packages=1,
    gross_weight_kg=Decimal("2.000001"),
    net_weight_kg=Decimal(2),
    expected_net_kg=None,
    tolerance_percent=Decimal(10),
)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("all as it must be", {}, []),
        ("R-PACK-1: another's trade", {"consignor_is_trades": False}, ["trade_of_another_consignor"]),
        ("R-PACK-1: a void trade", {"trade_status": "void"}, ["trade_not_registered"]),
        ("R-TRADE-3: settled in cash", {"trade_eligible": False}, ["cash_settlement_not_exportable"]),
        ("R-PACK-1: not handed over", {"handed_over": False}, ["goods_not_handed_over"]),
        ("R-PACK-1: own export needs no handover", {"handed_over": False, "own_export": True}, []),
        ("V2: a stop order", {"stopped": ("seller",)}, ["subject_stopped"]),
        ("R-PACK-1: a sealed list", {"list_status": "sealed"}, ["packing_list_not_open"]),
        ("V22: no quantity", {"quantity": Decimal(0)}, ["packed_quantity_wrong"]),
        ("V22: less than nothing", {"quantity": Decimal(-1)}, ["packed_quantity_wrong"]),
        ("V22: in another line's package", {"packages": 0}, []),
        ("V22: a package less than none", {"packages": -1}, ["packed_quantity_wrong"]),
        ("R-PACK-3: gross is net", {"gross_weight_kg": Decimal(2)}, []),
        ("R-PACK-3: gross under net", {"gross_weight_kg": Decimal("1.999999")}, ["weights_disagree"]),
        ("R-PACK-3: a gram", {"net_weight_kg": Decimal("0.001")}, []),
        ("R-PACK-3: no weight", {"net_weight_kg": Decimal(0)}, ["weights_disagree"]),
    ],
)
def test_a_line_to_pack(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_packing(replace(LINE, **changed), "")] == expected, rule


@pytest.mark.parametrize(
    ("rule", "standings", "expected"),
    [
        ("V2: a stop order", {"seller": RoleStanding("suspended", stop_order=True)}, ["subject_stopped"]),
        ("V2: suspended without one", {"seller": RoleStanding("suspended")}, []),
        ("V2: in another role", {"buyer": RoleStanding("suspended", stop_order=True)}, []),
        ("V2: not known", None, []),
    ],
)
def test_what_was_begun_is_held_by_a_stop_order_alone(
    rule: str, standings: dict[str, RoleStanding] | None, expected: list[str]
) -> None:
    assert [each.code for each in breaches_of_completion(standings, "seller", "/seller_id")] == expected, rule


ROUTE = RouteFacts(
    "A",
    grade_allows_automatic_release=True,
    review_depth="normal",
    open_conflicts=0,
    sampled=False,
    inspection_rate_percent=Decimal(5),
    draw=Decimal(5),
)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-CREDIT-2: nothing against it", {}, ("automatic_release", 1)),
        ("R-CREDIT-2: no grade", {"grade": None}, ("review", 1)),
        ("R-CREDIT-2: its grade releases nothing", {"grade_allows_automatic_release": False}, ("review", 1)),
        ("R-CREDIT-2: deep review", {"review_depth": "deep"}, ("review", 1)),
        ("R-DECL-7: one open case", {"open_conflicts": 1}, ("review", 1)),
        ("R-DECL-3: everything at once", {"grade": None, "review_depth": "deep", "open_conflicts": 1}, ("review", 3)),
        ("R-DECL-3: in the sample", {"sampled": True}, ("inspection", 1)),
        ("R-CREDIT-2: drawn", {"draw": Decimal("4.9999")}, ("inspection", 1)),
        (
            "R-CREDIT-2: D, all are inspected",
            {"grade": "D", "inspection_rate_percent": Decimal(100), "draw": Decimal("99.9999")},
            ("inspection", 1),
        ),
        (
            "R-CREDIT-2: none is inspected",
            {"inspection_rate_percent": Decimal(0), "draw": Decimal(0)},
            ("automatic_release", 1),
        ),
        ("R-CREDIT-2: rate not known", {"inspection_rate_percent": None, "draw": Decimal(0)}, ("review", 1)),
    ],
)
def test_a_route_and_its_reasons(rule: str, changed: dict[str, Any], expected: tuple[str, int]) -> None:
    route, reasons = route_of(replace(ROUTE, **changed))
    assert (route, len(reasons)) == expected, rule


def test_a_missing_grade_has_its_own_reason() -> None:
    _, (reason,) = route_of(
        replace(ROUTE, grade=None, grade_allows_automatic_release=False, inspection_rate_percent=None)
    )
    assert "no credit grade" in reason


@pytest.mark.parametrize(
    ("rule", "amount", "currency", "fits"),
    [
        ("V54: cents", "1.01", "USD", True),
        ("V54: finer than a cent", "1.001", "USD", False),
        ("V54: yen have none", "1", "JPY", True),
        ("V54: a tenth of a yen", "1.1", "JPY", False),
        ("V54: fils", "1.001", "KWD", True),
    ],
)
def test_an_amount_has_its_currencys_digits(rule: str, amount: str, currency: str, fits: bool) -> None:
    assert (breaches_of_digits({"/a": Decimal(amount)}, currency) == ()) is fits, rule


@pytest.mark.parametrize(
    ("rule", "leg", "total", "rate", "percent"),
    [
        ("R-TRADE-6: all of it", "700", "100", "7", "100.0000"),
        ("R-TRADE-6: a cent more than all", "700.01", "100", "7", "100"),
        ("R-TRADE-6: a third, in four digits", "233.33", "100", "7", "33.3329"),
        ("R-TRADE-6: half up in the fifth digit", "0.000035", "1", "7", "0.0005"),
        ("R-TRADE-6: a trade of no value", "1", "0", "7", "0"),
    ],
)
def test_the_domestic_share_of_a_trade(rule: str, leg: str, total: str, rate: str, percent: str) -> None:
    share = domestic_share_percent(Decimal(leg), Decimal(total), Decimal(rate))
    assert share == Decimal(percent), rule


@pytest.mark.parametrize(("shut_out", "kept"), [("0", "10.00"), ("1", "6.67"), ("3", "0.00")])
def test_what_was_shut_out_takes_its_part_of_the_slip_value(shut_out: str, kept: str) -> None:
    assert slip_value_kept(Decimal("10.00"), Decimal(3), Decimal(shut_out), "USD") == Decimal(kept)


def share(name: str, value: int, unit: str = "件", barred: bool = False) -> Share:
    return Share(name, "8204120000", name, unit, Decimal(2), Decimal(value), 1, Decimal(3), Decimal(2), barred)


def test_a_chapter_with_one_kind_left_is_not_called_merged() -> None:
    """R-DECL-2: two single kinds; one or two are left."""
    kinds = [share("a", 9), share("b", 8), share("c", 7)]
    assert [each.merged for each in items_of(kinds, simplified=True, single_kinds=2)] == [False, False, False]
    items = items_of([*kinds, share("d", 6)], simplified=True, single_kinds=2)
    assert [(each.merged, each.goods_name, each.quantity) for each in items] == [
        (False, "a", Decimal(2)), (False, "b", Decimal(2)), (True, "c", Decimal(4)),
    ]  # fmt: skip


def test_kinds_of_other_units_add_their_weight() -> None:
    kinds = [share("a", 9), share("b", 8, unit="套")]
    (item,) = items_of(kinds, simplified=True, single_kinds=0)
    assert (item.unit, item.quantity) == ("千克", Decimal(4))


@pytest.mark.parametrize(
    ("net", "found"),
    [("45", []), ("44.999999", ["packed_weight_differs"]), ("55", []), ("55.000001", ["packed_weight_differs"])],
)
def test_packed_weight_is_within_the_policys_part_of_the_lines_own(net: str, found: list[str]) -> None:
    """R-PACK-3: 50 kg stated, 10 % either way; a line that states no weight has none to hold it against."""
    weighed = replace(LINE, net_weight_kg=Decimal(net), gross_weight_kg=Decimal(60))
    stated = replace(weighed, expected_net_kg=expected_net(Decimal(500), Decimal(100), Decimal(10)))
    assert [(each.code, each.rule) for each in breaches_of_packing(stated, "")] == [(c, "R-PACK-3") for c in found]
    assert (
        breaches_of_packing(replace(weighed, expected_net_kg=expected_net(Decimal(0), Decimal(100), Decimal(1))), "")
        == ()
    )


def test_a_part_of_a_line_weighs_its_part_however_little_that_is() -> None:
    """R-PACK-3: also of a line of less than a kilogram, or of less than one unit."""
    assert expected_net(Decimal("0.5"), Decimal("0.5"), Decimal("0.1")) == Decimal("0.1")
    assert expected_net(Decimal(5), Decimal(0), Decimal(1)) is None
    (found,) = breaches_of_packing(
        replace(
            LINE,
            net_weight_kg=Decimal(9),
            gross_weight_kg=Decimal(9),
            expected_net_kg=expected_net(Decimal("1.2345"), Decimal(1), Decimal(1)),
        ),
        "",
    )
    assert found.params == {"net": "9", "expected": "1.235", "percent": "10"}


def test_a_draw_is_the_same_each_time_and_spread_evenly() -> None:
    """R-CREDIT-2: of 10,000 declarations about a tenth is below 10."""
    assert draw_of("d", "r") == Decimal("69.1568") != draw_of("d", "r2")
    draws = [draw_of(str(each), "r") for each in range(10_000)]
    assert all(0 <= each < 100 for each in draws)
    assert 900 < sum(each < 10 for each in draws) < 1100


def test_sampling_is_drawn_with_customs_receipt_and_not_with_the_draft() -> None:
    """R-DECL-3: a declaration that would be drawn could else be drafted again until it isn't."""
    assert [n for n in range(100) if is_sampled("d", f"r{n}", 20)] == [15, 51, 59, 73, 74, 91, 93]
    assert all(is_sampled("d", f"r{n}", 1) for n in range(100))
    drafts = [is_sampled(f"d{n}", "r", 10) for n in range(10_000)]
    assert 900 < sum(drafts) < 1100
