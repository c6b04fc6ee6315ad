"""Dates of facts that can't be: at the day, one day over, one day under (R-DECL-7, V16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from trade_ledger.domain.dates import (
    Bounds,
    LoadTimes,
    cases_of_arrival_dates,
    cases_of_dates,
    possible,
    standing_receipts,
)
from trade_ledger.domain.receipts import Receipt

TOLD = datetime(2026, 5, 13, 1, tzinfo=UTC)
BOUNDS = Bounds({"p1": date(2026, 5, 1), "p2": date(2026, 5, 4)}, sealed_on=date(2026, 5, 8))
SOON = Receipt("R1", "accepted", datetime(2026, 5, 13, 15, 59, tzinfo=UTC), recorded_at=TOLD)


@pytest.mark.parametrize(
    ("rule", "kind", "issued", "named", "portions", "code"),
    [
        ("V16: later on the day on which it was told", "accepted", "2026-05-13T15:59", None, (), None),
        ("V16: the next day in Beijing", "accepted", "2026-05-13T16:00", None, (), "date_impossible"),
        ("V16: on the trade's day", "accepted", "2026-05-03T16:00", None, (), None),
        ("V16: before the newest trade", "accepted", "2026-05-03T15:59", None, (), "date_impossible"),
        ("V16: before another portion's trade only", "released", "2026-05-03T15:59", None, ("p1",), None),
        ("V16: before its own portion's trade", "released", "2026-05-03T15:59", None, ("p2",), "date_impossible"),
        ("V16: departed on the day of the seal", "departed", "2026-05-13T01:00", "2026-05-08", (), None),
        (
            "V16: departed before the seal",
            "departed",
            "2026-05-13T01:00",
            "2026-05-07",
            (),
            "departure_date_impossible",
        ),
        ("V16: accepted before the seal", "accepted", "2026-05-07T01:00", None, (), None),
        ("V16: departed tomorrow", "departed", "2026-05-13T01:00", "2026-05-14", (), "departure_date_impossible"),
        ("V16: departed 17 months ago", "departed", "2026-05-13T01:00", "2024-12-13", (), "departure_date_impossible"),
        ("V16: returned tomorrow", "returned", "2026-05-13T16:00", None, (), "return_date_impossible"),
    ],
)
def test_a_day_that_cannot_be_is_one_case_of_customs(
    rule: str, kind: str, issued: str, named: str | None, portions: tuple[str, ...], code: str | None
) -> None:
    fact = Receipt(
        "R1", kind, datetime.fromisoformat(f"{issued}:00+00:00"), quantities=dict.fromkeys(portions, 1),  # type: ignore[arg-type]  # any number
        export_date=None if named is None else date.fromisoformat(named), recorded_at=TOLD,
    )  # fmt: skip
    cases = cases_of_dates([fact], BOUNDS)
    assert [(each.code, each.must_act) for each in cases] == ([] if code is None else [(code, "customs")])
    assert (possible(fact, BOUNDS) == fact) == (code is None)
    assert cases_of_dates([possible(fact, BOUNDS)], BOUNDS) == []


def test_the_day_on_which_it_was_told_stands_in_for_one_that_cannot_be() -> None:
    later = replace(SOON, issued_at=datetime(2031, 1, 1, tzinfo=UTC))
    assert possible(later, BOUNDS).issued_at == TOLD
    named = replace(SOON, kind="departed", export_date=date(2024, 12, 13))
    assert (possible(named, BOUNDS).export_date, possible(named, BOUNDS).issued_at) == (None, SOON.issued_at)
    unknown = replace(later, recorded_at=None)
    assert possible(unknown, BOUNDS) == unknown


@pytest.mark.parametrize(
    ("sealed", "arrived", "found"),
    [
        ("2026-05-08T09:00", "2026-05-08T00:00", []),
        ("2026-05-08T09:00", "2026-05-07T15:59", ["arrival_date_impossible"]),
        (None, "2026-05-04T00:00", []),
        (None, "2026-05-03T15:59", ["arrival_date_impossible"]),
        ("2026-05-08T09:00", None, []),
    ],
)
def test_an_arrival_before_the_seal_or_the_trade_is_a_case_of_the_site(
    sealed: str | None, arrived: str | None, found: list[str]
) -> None:
    at = [None if each is None else datetime.fromisoformat(f"{each}:00+00:00") for each in (sealed, arrived)]
    cases = cases_of_arrival_dates([LoadTimes("LO-1", *at)], [date(2026, 5, 1), date(2026, 5, 4)])
    assert [each.code for each in cases] == found
    assert {(each.receipt_id, each.must_act) for each in cases} <= {("LO-1", "site_operator")}


@pytest.mark.parametrize(
    ("corrects", "left"),
    [
        ({}, ["a", "b", "c"]),
        ({"b": "a"}, ["b", "c"]),
        ({"b": "a", "c": "b"}, ["c"]),
        ({"b": "unknown"}, ["a", "b", "c"]),
        ({"a": "b", "b": "a"}, ["a", "b", "c"]),
        ({"a": "a"}, ["a", "b", "c"]),
    ],
)
def test_a_corrected_message_no_longer_counts(corrects: dict[str, str], left: list[str]) -> None:
    told = [replace(SOON, receipt_id=each, corrects=corrects.get(each)) for each in "abc"]
    assert [each.receipt_id for each in standing_receipts(told)] == left
