"""What a filing must hold: on the boundary of the pilot, and just outside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from registry.domain.filing import (
    FilingFacts,
    StallFacts,
    breaches_of_filing,
    breaches_of_role,
    takes_effect_at_once,
)
from registry.domain.qualification import breaches_of_dates, breaches_of_recording

# A pentagon with a slanted side, as real bounds have.
BOUNDS = [
    (Decimal(x), Decimal(y))
    for x, y in (
        ("105.73", "29.52"),
        ("105.77", "29.52"),
        ("105.77", "29.55"),
        ("105.75", "29.57"),
        ("105.73", "29.55"),
    )
]
STALL = StallFacts("02-000018", Decimal("105.744"), Decimal("29.541"), date(2026, 1, 1), None)
TAXED = frozenset({"taxpayer_kind"})
CLEAN = FilingFacts("stall_holder", (STALL,), BOUNDS, TAXED, TAXED, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("longitude", "latitude", "inside"),
    [
        pytest.param("105.77", "29.53", True, id="on the east side"),
        pytest.param("105.7700001", "29.53", False, id="a hair east of it"),
        pytest.param("105.7699999", "29.53", True, id="a hair west of it"),
        pytest.param("105.73", "29.52", True, id="on a corner"),
        pytest.param("105.7299999", "29.52", False, id="left of the corner, level with the south side"),
        pytest.param("105.76", "29.56", True, id="on the slanted side"),
        pytest.param("105.76", "29.5600001", False, id="a hair above the slanted side"),
        pytest.param("105.75", "29.57", True, id="on the tip"),
        pytest.param("105.72", "29.57", False, id="level with the tip, outside"),
        pytest.param("29.541", "105.744", False, id="longitude and latitude swapped"),
    ],
)
def test_a_stall_lies_inside_or_on_the_bounds(longitude: str, latitude: str, inside: bool) -> None:
    stall = replace(STALL, longitude=Decimal(longitude), latitude=Decimal(latitude))
    found = breaches_of_filing(replace(CLEAN, stalls=(stall,)))
    assert [(each.code, each.pointer) for each in found] == ([] if inside else [("stall_out_of_bounds", "/stalls/0")])


def test_all_breaches_are_said_at_once_each_at_its_place() -> None:
    outside = replace(STALL, longitude=Decimal("106"), valid_to=date(2025, 12, 31))
    facts = replace(
        CLEAN, stalls=(STALL, outside), required_qualifications=frozenset({"fx_directory", "taxpayer_kind"})
    )
    assert [(each.code, each.pointer) for each in breaches_of_filing(facts)] == [
        ("stall_out_of_bounds", "/stalls/1"),
        ("stall_dates_reversed", "/stalls/1/valid_to"),
        ("qualification_missing", "/qualifications"),
    ]


def test_a_stall_whose_days_are_over_does_not_count() -> None:
    over = replace(STALL, valid_to=date(2026, 5, 12))
    for day, codes in ((date(2026, 5, 12), []), (date(2026, 5, 13), ["stall_missing"])):
        found = breaches_of_filing(replace(CLEAN, stalls=(over,), day=day))
        assert [each.code for each in found] == codes
        assert breaches_of_filing(replace(CLEAN, stalls=(over, STALL), day=day)) == ()


def test_a_stall_for_one_day_has_the_same_first_and_last_day() -> None:
    assert breaches_of_filing(replace(CLEAN, stalls=(replace(STALL, valid_to=STALL.valid_from),))) == ()


def test_only_a_stall_holder_needs_and_has_stalls() -> None:
    assert [each.code for each in breaches_of_filing(replace(CLEAN, stalls=()))] == ["stall_missing"]
    assert breaches_of_filing(replace(CLEAN, role="operator", stalls=())) == ()
    assert [each.code for each in breaches_of_role("operator", has_stalls=True)] == ["stall_of_other_role"]
    assert breaches_of_role("stall_holder", has_stalls=True) == breaches_of_role("buyer", has_stalls=False) == ()


@pytest.mark.parametrize(
    ("role", "roles_of_filer", "ended_before", "at_once"),
    [
        ("buyer", {"operator"}, False, True),
        ("buyer", {"stall_holder"}, False, True),
        ("buyer", {"agent", "carrier"}, False, False),
        ("buyer", set(), False, False),
        ("buyer", {"operator"}, True, False),
        ("supplier", {"operator"}, False, False),
        ("agent", {"stall_holder"}, False, False),
    ],
)
def test_a_buyers_first_filing_by_an_operator_or_stall_holder_takes_effect_at_once(
    role: str, roles_of_filer: set[str], ended_before: bool, at_once: bool
) -> None:
    assert takes_effect_at_once(role, frozenset(roles_of_filer), ended_before=ended_before) is at_once


def test_dates_may_be_one_day_or_open_but_not_reversed() -> None:
    first, last = date(2026, 5, 1), date(2026, 5, 31)
    assert breaches_of_dates(first, first) == breaches_of_dates(first, None) == ()
    assert [each.code for each in breaches_of_dates(last, first)] == ["qualification_dates_reversed"]


@pytest.mark.parametrize(
    ("kind", "role", "reviewed", "allowed"),
    [
        ("fx_directory", "operator", False, True),
        ("fx_directory", "operator", True, False),
        ("fx_directory", "safe", True, True),
        ("fx_directory", "bank", True, True),
        ("fx_directory", "tax", False, False),
        ("taxpayer_kind", "tax", True, True),
        ("customs_filing", "stall_holder", True, False),
        ("customs_filing", "commerce", True, True),
        ("fx_account", "operator", True, True),
        ("fx_account", "bank", True, False),
        ("quality_undertaking", "stall_holder", True, True),
    ],
)
def test_what_an_authority_grants_a_party_states_only_until_its_review(
    kind: str, role: str, reviewed: bool, allowed: bool
) -> None:
    found = breaches_of_recording(kind, role, reviewed=reviewed)
    assert [each.code for each in found] == ([] if allowed else ["qualification_of_authority"])
