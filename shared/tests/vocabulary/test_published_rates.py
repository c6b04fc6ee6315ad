"""Published rates that a person types: at the limit, just over, just under (R-FX-10, V6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.vocabulary.published_rates import (
    breaches_of_change,
    breaches_of_confirmation,
    breaches_of_knowing,
    known_from,
    month_before,
)


@pytest.mark.parametrize(
    ("rate", "before", "found"),
    [
        ("69.0", "6.98", ["rate_implausible"]),
        ("12", "10", []),
        ("12.00000001", "10", ["rate_implausible"]),
        ("8", "10", []),
        ("7.99999999", "10", ["rate_implausible"]),
        ("69.0", None, []),
    ],
)
def test_a_rate_is_like_the_one_before(rate: str, before: str | None, found: list[str]) -> None:
    known = None if before is None else Decimal(before)
    assert [each.code for each in breaches_of_change(Decimal(rate), known, Decimal(20))] == found


@pytest.mark.parametrize(
    ("month", "wednesday", "known"),
    [
        ("2026-06-01", 3, "2026-05-20"),
        ("2026-05-01", 3, "2026-04-15"),
        ("2026-01-01", 3, "2025-12-17"),
        ("2026-08-01", 1, "2026-07-01"),
        ("2026-06-01", 4, "2026-05-27"),
    ],
)
def test_customs_rate_is_known_from_a_wednesday_of_the_month_before(month: str, wednesday: int, known: str) -> None:
    assert known_from(date.fromisoformat(month), wednesday) == date.fromisoformat(known)


@pytest.mark.parametrize(("today", "found"), [("2026-05-19", ["rate_not_known_yet"]), ("2026-05-20", [])])
def test_no_rate_before_it_is_known(today: str, found: list[str]) -> None:
    breaches = breaches_of_knowing(date(2026, 5, 20), date.fromisoformat(today), "/month")
    assert [each.code for each in breaches] == found


@pytest.mark.parametrize(
    ("day", "before"), [(date(2026, 1, 1), date(2025, 12, 1)), (date(2026, 3, 31), date(2026, 2, 1))]
)
def test_the_month_before(day: date, before: date) -> None:
    assert month_before(day) == before


@pytest.mark.parametrize(
    ("second", "already", "newest", "found"),
    [
        ("b", False, True, []),
        ("a", False, True, ["second_person_needed"]),
        ("b", True, True, ["rate_confirmed_already"]),
        ("b", False, False, ["rate_correction_superseded"]),
    ],
)
def test_a_correction_is_confirmed_by_a_second_person(
    second: str, already: bool, newest: bool, found: list[str]
) -> None:
    breaches = breaches_of_confirmation("a", second, confirmed_already=already, newest=newest)
    assert [each.code for each in breaches] == found
