"""When `make run ONCE=1` ends with 0, and what its last line says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketctl.sample.counts import Day
from marketctl.sample.expected import EXPECTED_REFUSALS

# The counts of a good run.
DAY = Day(
    numbers={
        "subjects": 95,
        "trades": 426,
        "lines": 2115,
        "packing_lists": 41,
        "declarations_released": 40,
        "refused_as_expected": 16,
        "collections": 106,
        "exemptions_accepted": 63,
        "events": 2122,
        "portions_departed": 2139,
        "portions_exempted": 2139,
        "released_usd": "2111867.22",
        "collected_usd": "2111867.22",
    },
    refused=set(EXPECTED_REFUSALS),
    unexpected=[],
    findings=[],
)


def test_a_day_as_expected_ends_with_zero_and_verify_ok() -> None:
    assert DAY.status == 0
    assert DAY.last_line() == {**DAY.numbers, "verify": "ok"}


@pytest.mark.parametrize("pair", sorted(EXPECTED_REFUSALS))
def test_each_refusal_that_did_not_happen_is_named_and_fails_the_run(pair: tuple[str, str]) -> None:
    day = replace(DAY, refused=set(EXPECTED_REFUSALS) - {pair})
    assert day.problems() == [f"expected refusal {pair[0]} {pair[1]} did not happen"]
    assert day.status == 1


def test_a_damaged_list_of_expected_refusals_fails_the_run() -> None:
    shorter = replace(DAY, expected=EXPECTED_REFUSALS - {("V65", "not_yours")})
    assert shorter.problems() == ["unexpected refusal V65 not_yours"]
    assert shorter.status == 1
    longer = replace(DAY, expected=EXPECTED_REFUSALS | {("R-IP-1", "goods_on_hold")})
    assert longer.problems() == ["expected refusal R-IP-1 goods_on_hold did not happen"]
    assert longer.status == 1


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("subjects", 90, "subjects is 90, at least 91 expected"),
        ("trades", 399, "trades is 399, at least 400 expected"),
        ("lines", 1999, "lines is 1999, at least 2000 expected"),
        ("packing_lists", 19, "packing_lists is 19, at least 20 expected"),
        ("declarations_released", 19, "declarations_released is 19, at least 20 expected"),
        ("collections", 19, "collections is 19, at least 20 expected"),
        ("exemptions_accepted", 19, "exemptions_accepted is 19, at least 20 expected"),
        ("portions_exempted", 2138, "a departed portion is in no accepted return, or a returned one still is"),
        ("collected_usd", "1900680.49", "less than 90 % of the released value was collected"),
    ],
)
def test_a_number_below_its_minimum_is_reported_and_fails_the_run(name: str, value: int | str, problem: str) -> None:
    day = replace(DAY, numbers={**DAY.numbers, name: value})
    assert day.problems() == [problem]
    assert day.status == 1


def test_a_finding_of_verify_or_an_unexpected_answer_fails_the_run() -> None:
    found = replace(DAY, findings=["I3: line 1: its quantities overlap"])
    assert (found.status, found.last_line()["verify"]) == (1, "failed")
    assert replace(DAY, unexpected=["POST trade-ledger /v1/trades: 500"]).status == 1
