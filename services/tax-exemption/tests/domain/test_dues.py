"""In which month each part of a portion stands: on the day it left, came back or was amended (R-TAX-6, V49, V53)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_exemption.domain.dues import ANY_LATER, DayValue, Due, ItemFacts, due_in, dues_of
from tax_exemption.domain.window import month_of


def day(text: str, fob: int) -> DayValue:
    return DayValue(date.fromisoformat(text), Decimal(fob))


MAY = ItemFacts(date(2026, 5, 31), Decimal(1000), departures=(day("2026-05-31", 1000),))


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-TAX-6: what left in a month", {}, {"2026-05": 1000}),
        ("R-TAX-6: as told before days were told", {"departures": ()}, {"2026-05": 1000}),
        ("R-TAX-6: in two months", {"departures": (day("2026-05-31", 600), day("2026-06-01", 400))},
         {"2026-05": 600, "2026-06": 400}),
        ("R-TAX-6: the second month after the first was declared",
         {"departures": (day("2026-05-31", 600), day("2026-06-01", 400)), "declared": {"2026-05": 600}},
         {"2026-06": 400}),
        ("R-TAX-6: came back in the month in which it left",
         {"returned": 300, "returns": (day("2026-05-31", 300),)}, {"2026-05": 700}),
        ("V53: came back a day later", {"returned": 300, "returns": (day("2026-06-01", 300),)},
         {"2026-05": 1000, "2026-06": -300}),
        ("V53: came back after it was declared, in the month of its own date",
         {"returned": 300, "returns": (day("2026-09-02", 300),), "declared": {"2026-05": 1000}}, {"2026-09": -300}),
        ("V53: all came back later", {"returned": 1000, "returns": (day("2026-06-01", 1000),)},
         {"2026-05": 1000, "2026-06": -1000}),
        ("V53: told late that it came back in a declared month",
         {"returned": 300, "returns": (day("2026-05-31", 300),), "declared": {"2026-05": 1000}}, {"2026-05": -300}),
        ("V53: told late that it came back in a month that was corrected before",
         {"returned": 500, "returns": (day("2026-09-02", 300), day("2026-09-03", 200)),
          "declared": {"2026-05": 1000, "2026-09": -300}}, {"2026-09": -200}),
        ("V53: came back without a day, before it was declared", {"returned": 300}, {"2026-05": 700}),
        ("V53: came back without a day, after it was declared", {"returned": 300, "declared": {"2026-05": 1000}},
         {ANY_LATER: -300}),
        ("R-TAX-6: amended after it was declared, in the month of the amendment",
         {"departed": 800, "departures": (day("2026-05-31", 800),), "amended_on": date(2026, 7, 1),
          "declared": {"2026-05": 1000}}, {"2026-07": -200}),
        ("R-TAX-6: that correction is declared once",
         {"departed": 800, "departures": (day("2026-05-31", 800),), "amended_on": date(2026, 7, 1),
          "declared": {"2026-05": 1000, "2026-07": -200}}, {}),
        ("R-TAX-6: amended before it was declared",
         {"departed": 800, "departures": (day("2026-05-31", 800),), "amended_on": date(2026, 7, 1)}, {"2026-05": 800}),
        ("R-TAX-6: deleted after it was declared", {"departed": 0, "departures": (), "declared": {"2026-05": 1000}},
         {ANY_LATER: -1000}),
        ("R-TAX-7: settled by a decision", {"decided": 1000}, {}),
        ("R-TAX-7: one dollar settled by a decision", {"decided": 1}, {"2026-05": 999}),
        ("R-TAX-7: came back after it was settled",
         {"decided": 1000, "returned": 300, "returns": (day("2026-09-02", 300),)}, {"2026-09": -300}),
        ("R-TAX-7: the second month after the first was settled",
         {"departures": (day("2026-05-31", 600), day("2026-06-01", 400)), "decided": 600}, {"2026-06": 400}),
        ("R-TAX-7: a decision of more than there is now", {"departed": 800, "departures": (), "decided": 1000},
         {ANY_LATER: -200}),
        ("R-TAX-7: a correction was settled", {"returned": 300, "returns": (day("2026-06-01", 300),),
                                              "declared": {"2026-05": 1000}, "decided": -300}, {}),
        ("R-TAX-7: a decision settles the months with a day first",
         {"returned": 500, "returns": (day("2026-09-02", 200),), "declared": {"2026-05": 1000}, "decided": -200},
         {ANY_LATER: -300}),
    ],
)  # fmt: skip
def test_where_a_part_stands(rule: str, changed: dict[str, Any], expected: dict[str, int]) -> None:
    numbers = {key: Decimal(value) if isinstance(value, int) else value for key, value in changed.items()}
    if "declared" in numbers:
        numbers["declared"] = {month: Decimal(fob) for month, fob in numbers["declared"].items()}
    dues = dues_of(replace(MAY, **numbers), month_of)
    assert {month: due.fob for month, due in dues.items()} == expected, rule


def test_goods_stand_with_the_day_on_which_the_last_of_them_left() -> None:
    parts = (day("2026-05-02", 300), day("2026-05-31", 300), day("2026-06-01", 400))
    dues = dues_of(replace(MAY, departures=parts), month_of)
    assert {month: due.departed_on for month, due in dues.items()} == {
        "2026-05": date(2026, 5, 31),
        "2026-06": date(2026, 6, 1),
    }


def test_what_came_back_is_a_correction_of_no_day() -> None:
    back = replace(MAY, returned=Decimal(300), returns=(day("2026-06-01", 300),))
    assert dues_of(back, month_of)["2026-06"].departed_on is None
    assert Due(Decimal(0), date(2026, 5, 31)).departed_on is None
    assert Due(Decimal("0.01"), date(2026, 5, 31)).departed_on == date(2026, 5, 31)


@pytest.mark.parametrize(
    ("month", "found"), [("2026-04", []), ("2026-05", [1000]), ("2026-06", [-300, -7]), ("2026-07", [-7])]
)
def test_a_correction_without_a_day_stands_in_any_later_month(month: str, found: list[int]) -> None:
    dues = {"2026-05": Due(Decimal(1000)), "2026-06": Due(Decimal(-300)), ANY_LATER: Due(Decimal(-7))}
    assert [each.fob for each in due_in(dues, month, own_month="2026-05")] == found


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
FOBS = st.integers(1, 10**6).map(Decimal)
MOVES = st.lists(st.builds(DayValue, DAYS, FOBS), max_size=4).map(tuple)
SIGNED = st.integers(-(10**6), 10**6).map(Decimal)


@given(
    export=DAYS, departures=MOVES, returns=MOVES, more=FOBS, undated=st.sampled_from([Decimal(0), Decimal(5)]),
    amended=st.none() | DAYS, declared=st.dictionaries(DAYS.map(month_of), SIGNED, max_size=3), decided=SIGNED,
)  # fmt: skip
def test_the_months_sum_to_what_is_open(
    export: date, departures: Any, returns: Any, more: Decimal, undated: Decimal, amended: date | None,
    declared: dict[str, Decimal], decided: Decimal,
) -> None:  # fmt: skip
    facts = ItemFacts(
        export, sum((each.fob for each in departures), more), sum((each.fob for each in returns), undated),
        departures, returns, amended, declared, decided,
    )  # fmt: skip
    left = facts.departed - facts.returned - sum(declared.values(), Decimal(0)) - decided
    assert sum((due.fob for due in dues_of(facts, month_of).values()), Decimal(0)) == left
