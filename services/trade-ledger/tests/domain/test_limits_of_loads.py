"""Loads, arrivals, handovers: at the limit, just over, just under."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from trade_ledger.domain.handover import HandoverFacts, breaches_of_handover
from trade_ledger.domain.loads import (
    ArrivalFacts,
    Carried,
    breaches_of_arrival,
    breaches_of_carrier,
    breaches_of_maxima,
    breaches_of_unsealed,
    may_pack_into,
)
from trade_ledger.domain.packing import breaches_of_sealing
from trade_ledger.domain.parties import RoleStanding, breaches_of_opening

NOW = datetime(2026, 5, 13, 7, tzinfo=UTC)
MOST = Carried(Decimal("26500"), Decimal("76"))
ARRIVAL = ArrivalFacts(load_status="sealed", arrived_already=False, site_filed=True, arrived_at=NOW, now=NOW)
TRADE = HandoverFacts(number="LS-TR-1", status="registered", seller_id="s", consignor_id="o", handed_over=False)


@pytest.mark.parametrize(
    ("rule", "container", "vehicle", "expected"),
    [
        ("R-PACK-4: a container", "CSQU3054383", None, []),
        ("R-PACK-4: a vehicle", None, "渝A12345", []),
        ("R-PACK-4: both", "CSQU3054383", "渝A12345", ["load_carrier_unclear"]),
        ("R-PACK-4: neither", None, None, ["load_carrier_unclear"]),
    ],
)
def test_a_load_is_one_container_or_one_vehicle(
    rule: str, container: str | None, vehicle: str | None, expected: list[str]
) -> None:
    assert [breach.code for breach in breaches_of_carrier(container, vehicle)] == expected


@pytest.mark.parametrize(
    ("rule", "statuses", "expected"),
    [
        ("R-PACK-1: all sealed", ["sealed", "sealed"], []),
        ("R-PACK-1: void ones don't count", ["void", "sealed"], []),
        ("R-PACK-1: one is open", ["sealed", "open"], ["packing_lists_not_sealed"]),
        ("R-PACK-1: none", [], ["packing_lists_not_sealed"]),
        ("R-PACK-1: only void ones", ["void"], ["packing_lists_not_sealed"]),
    ],
)
def test_a_load_is_sealed_over_sealed_lists(rule: str, statuses: list[str], expected: list[str]) -> None:
    assert [breach.code for breach in breaches_of_unsealed(statuses)] == expected


@pytest.mark.parametrize(
    ("rule", "weight", "volume", "over"),
    [
        ("V22: both at the most", "26500", "76", []),
        ("V22: both just under", "26499.999999", "75.999999", []),
        ("V22: weight just over", "26500.000001", "76", ["gross_weight_kg"]),
        ("V22: volume just over", "26500", "76.000001", ["volume_m3"]),
        ("V22: both over", "30000", "80", ["gross_weight_kg", "volume_m3"]),
    ],
)
def test_a_load_carries_at_most_what_the_parameter_says(rule: str, weight: str, volume: str, over: list[str]) -> None:
    found = breaches_of_maxima(Carried(Decimal(weight), Decimal(volume)), MOST)
    assert [breach.params["what"] for breach in found] == over
    assert {breach.code for breach in found} <= {"load_over_maximum"}


def test_what_is_over_is_told_with_its_limit() -> None:
    (found,) = breaches_of_maxima(Carried(Decimal("26500.000001"), Decimal(1)), MOST)
    assert dict(found.params) == {"what": "gross_weight_kg", "value": "26500.000001", "most": "26500"}


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-PACK-1: sealed", {}, []),
        ("R-PACK-1: departed already, reported late", {"load_status": "closed"}, []),
        ("R-PACK-1: open", {"load_status": "open"}, ["load_not_sealed"]),
        ("R-PACK-1: arrived", {"load_status": "arrived", "arrived_already": True}, ["load_not_sealed"]),
        ("R-PACK-1: departed, arrival known", {"load_status": "closed", "arrived_already": True}, ["load_not_sealed"]),
        ("R-FILE-9: no supervised site", {"site_filed": False}, ["site_not_filed"]),
        ("V16: a microsecond ago", {"arrived_at": NOW - timedelta(microseconds=1)}, []),
        ("V16: a microsecond ahead", {"arrived_at": NOW + timedelta(microseconds=1)}, ["date_in_the_future"]),
    ],
)
def test_an_arrival_is_of_a_sealed_load_at_a_filed_site_until_now(
    rule: str, changed: dict[str, Any], expected: list[str]
) -> None:
    assert [breach.code for breach in breaches_of_arrival(replace(ARRIVAL, **changed))] == expected


@pytest.mark.parametrize(
    ("rule", "second", "expected"),
    [
        ("R-PACK-1: one seller to one operator", {}, []),
        ("R-PACK-1: another seller", {"seller_id": "t"}, [("handover_mixed", "/trade_ids")]),
        ("R-PACK-1: another operator", {"consignor_id": "p"}, [("handover_mixed", "/trade_ids")]),
        ("R-PACK-1: void", {"status": "void"}, [("handover_not_due", "/trade_ids/1")]),
        ("R-PACK-1: handed over before", {"handed_over": True}, [("handed_over_already", "/trade_ids/1")]),
        (
            "R-PACK-1: exported by the seller itself",
            {"consignor_id": "s"},
            [("handover_mixed", "/trade_ids"), ("handover_not_due", "/trade_ids/1")],
        ),
    ],
)
def test_a_handover_is_of_one_seller_to_one_operator_and_once(
    rule: str, second: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """R-TRADE-5."""
    found = breaches_of_handover([TRADE, replace(TRADE, **second)])
    assert [(breach.code, breach.pointer) for breach in found] == expected


@pytest.mark.parametrize(("lines", "expected"), [(0, ["packing_list_empty"]), (1, [])])
def test_a_list_is_sealed_over_one_line_at_least(lines: int, expected: list[str]) -> None:
    assert [breach.code for breach in breaches_of_sealing(lines)] == expected


@pytest.mark.parametrize(
    ("rule", "party", "admitted", "may"),
    [
        ("R-PACK-4: its own", "a", [], True),
        ("R-PACK-4: admitted", "b", ["c", "b"], True),
        ("R-PACK-4: another is admitted", "b", ["c"], False),
        ("V65: nobody is admitted", "b", [], False),
        ("V65: no party", "", ["b"], False),
    ],
)
def test_a_load_takes_lists_of_its_consolidator_and_of_whom_that_one_admits(
    rule: str, party: str, admitted: list[str], may: bool
) -> None:
    assert may_pack_into(party, "a", admitted) is may


@pytest.mark.parametrize(
    ("rule", "standings", "roles"),
    [
        ("V2: nothing", {"operator": RoleStanding("approved")}, []),
        ("V2: suspended for new trades", {"operator": RoleStanding("suspended")}, []),
        ("V2: a stop order", {"operator": RoleStanding("suspended", stop_order=True)}, ["operator"]),
        (
            "V2: in each role",
            {name: RoleStanding("suspended", stop_order=True) for name in ("stall_holder", "operator")},
            ["operator", "stall_holder"],
        ),
        ("V2: not known here", None, []),
    ],
)
def test_a_party_under_a_stop_order_opens_nothing(rule: str, standings: Any, roles: list[str]) -> None:
    found = [(each.code, each.rule, each.params["role"]) for each in breaches_of_opening(standings)]
    assert found == [("subject_stopped", "R-FILE-3", role) for role in roles]
