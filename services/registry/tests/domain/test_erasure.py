"""Erasure is refused while a filing runs and until the retention is over: at its last day, just before and after."""

from __future__ import annotations

from datetime import date

import pytest

from registry.domain.erasure import ErasureFacts, breaches_of_erasure, kept_until, papers_until

LAST = date(2026, 5, 13)


def codes(**changed: object) -> list[tuple[str, str]]:
    told: dict[str, object] = {
        "natural_person": True, "statuses": ["exited"], "last_record": LAST, "years": 10, "today": date(2036, 5, 14),
    }  # fmt: skip
    return [(each.code, each.rule) for each in breaches_of_erasure(ErasureFacts(**{**told, **changed}))]  # type: ignore[arg-type]  # a table of its fields


@pytest.mark.parametrize(
    ("today", "found"),
    [
        (date(2036, 5, 12), [("retention_not_over", "R-DATA-1")]),
        (date(2036, 5, 13), [("retention_not_over", "R-DATA-1")]),
        (date(2036, 5, 14), []),
    ],
)
def test_records_are_kept_to_the_end_of_the_last_day_of_their_years(today: date, found: list[tuple[str, str]]) -> None:
    """R-DATA-1."""
    assert codes(today=today) == found


@pytest.mark.parametrize("status", ["submitted", "under_review", "approved", "effective", "returned", "suspended"])
def test_a_person_with_a_filing_that_runs_isnt_erased(status: str) -> None:
    """R-DATA-1."""
    assert codes(statuses=["exited", status]) == [("erasure_while_filed", "R-DATA-1")]


@pytest.mark.parametrize("status", ["draft", "rejected", "exited"])
def test_what_never_took_effect_has_no_retention(status: str) -> None:
    """R-DATA-1."""
    assert codes(statuses=[status], last_record=None, today=LAST) == []


def test_every_reason_is_said_at_once_with_the_day() -> None:
    """R-DATA-1."""
    facts = ErasureFacts(False, ["approved"], LAST, 10, LAST)
    assert [(each.code, dict(each.params)) for each in breaches_of_erasure(facts)] == [
        ("erasure_of_enterprise", {}),
        ("erasure_while_filed", {}),
        ("retention_not_over", {"until": "2036-05-13", "years": "10"}),
    ]


@pytest.mark.parametrize(
    ("record", "years", "until"),
    [
        (date(2024, 2, 29), 10, date(2034, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2026, 12, 31), 10, date(2036, 12, 31)),
    ],
)
def test_the_last_day_is_the_same_day_or_the_last_of_february(record: date, years: int, until: date) -> None:
    """R-DATA-1."""
    assert kept_until(record, years) == until


@pytest.mark.parametrize("today", [date(2036, 5, 14), date(2036, 3, 1), date(2034, 3, 1), date(2036, 1, 1)])
def test_papers_up_to_the_day_neednt_be_kept_and_those_of_the_day_after_must(today: date) -> None:
    """R-DATA-1."""
    newest = papers_until(today, 10)
    assert kept_until(newest, 10) < today
    assert (today - kept_until(newest, 10)).days <= 2


def test_the_newest_papers_are_of_the_day_before() -> None:
    """R-DATA-1."""
    assert papers_until(date(2036, 5, 14), 10) == date(2026, 5, 13)
