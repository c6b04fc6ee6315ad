"""What a rule parameter may be: at its bounds, just over and just under; each shipped value has its reference."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from marketctl.layout import SERVICES
from marketctl.services import described

_MEASURES = {"automatic_release": True, "inspection_rate_percent": "1", "review_depth": "normal"}
_TOLERANCE = {"percent": "5", "most": "1"}


def takes(service: str, name: str, value: Any) -> bool:
    body = {"name": name, "effective_from": "2026-06-01", "value": value, "citation": "order 7"}
    try:
        described(service).parameters.form.model_validate(body)
    except ValidationError as error:
        places = {each["loc"][0] for each in error.errors()}
    else:
        return True
    assert places == {"value"}
    return False


@pytest.mark.parametrize(
    ("service", "name", "taken", "refused"),
    [
        ("trade-ledger", "declaration_limit_usd", ["0.01", "10000000.00"], ["0", "10000000.01", "1.001", 150000]),
        ("trade-ledger", "items_per_declaration", [1, 999], [0, 1000, "50", True]),
        ("trade-ledger", "portions_per_declaration", [1, 2000], [0, 2001]),
        ("trade-ledger", "sampling_every", [1, 1_000_000], [0, 1_000_001]),
        ("trade-ledger", "submission_before_arrival_days", [0, 30], [-1, 31]),
        ("trade-ledger", "declaration_counts_as_made", ["acceptance", "completion"], ["banana", ""]),
        ("trade-ledger", "consignor_qualifications", [[], ["customs_filing"]], ["customs_filing", ["luck"]]),
        ("fx-settlement", "refund_special_after_days", [1, 3650], [0, 3651]),
        ("fx-settlement", "domestic_leg_collection", ["needed", "not_needed"], ["", "maybe"]),
        ("fx-settlement", "limited_fx_classes", [[], ["B", "C"]], [["D"], "C"]),
        ("tax-exemption", "middle_rate_reach_days", [1, 31], [0, 32]),
        ("tax-exemption", "quarterly_period", ["quarter", "month"], ["year"]),
        ("registry", "required_qualifications", [{}, {"buyer": ["fx_account"]}], [{"king": []}, {"buyer": ["luck"]}]),
    ],
)
def test_a_parameter_takes_what_is_inside_its_bounds(
    service: str, name: str, taken: list[Any], refused: list[Any]
) -> None:
    assert [takes(service, name, value) for value in taken] == [True] * len(taken)
    assert [takes(service, name, value) for value in refused] == [False] * len(refused)


@pytest.mark.parametrize(
    ("service", "name", "value", "at", "over"),
    [
        ("trade-ledger", "simplified_declaration", {"kinds_threshold": 50, "single_kinds": 1}, "kinds_threshold", 51),
        ("trade-ledger", "simplified_declaration", {"kinds_threshold": 1, "single_kinds": 50}, "single_kinds", 0),
        ("trade-ledger", "load_maxima", {"gross_weight_kg": "0.001", "volume_m3": "9999"}, "volume_m3", "10000"),
        ("tax-exemption", "exemption_window", {"last_day": 31, "extended": {}}, "last_day", 32),
        ("tax-exemption", "exemption_window", {"last_day": 1, "extended": {}}, "extended", {"2026-13": "2026-06-22"}),
        ("fx-settlement", "collection_tolerance", dict.fromkeys("ABCD", _TOLERANCE), "D",
         {**_TOLERANCE, "percent": "100.01"}),
        ("registry", "grade_measures", dict.fromkeys("ABCD", _MEASURES), "A", {**_MEASURES, "review_depth": "x"}),
    ],
)  # fmt: skip
def test_a_field_of_a_parameter_has_its_own_bounds(
    service: str, name: str, value: dict[str, Any], at: str, over: Any
) -> None:
    assert takes(service, name, value)
    assert not takes(service, name, {**value, at: over})
    assert not takes(service, name, {field: each for field, each in value.items() if field != at})


@pytest.mark.parametrize("service", SERVICES)
def test_every_parameter_is_shipped_with_a_reference_and_described(service: str) -> None:
    parameters = described(service).parameters
    assert {each.name for each in parameters.shipped} == set(parameters.kinds)
    assert all(each.citation for each in parameters.shipped)
    assert all(kind.__doc__ for kind in parameters.kinds.values())
