from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from trade_ledger.domain.receipts import Outcome, PortionState, Receipt, outcome_of

NOON = datetime(2026, 5, 13, 4, tzinfo=UTC)
SUBMITTED = {"p1": Decimal(100), "p2": Decimal(40)}


def receipt(kind: str, hour: int = 0, number: str | None = None, **quantities: int) -> Receipt:
    named = {portion: Decimal(quantity) for portion, quantity in quantities.items()}
    return Receipt(f"{kind}-{hour}-{number}", kind, NOON + timedelta(hours=hour), number, None, named)


def state(declared: int, released: int = 0, departed: int = 0, shut_out: int = 0, returned: int = 0) -> PortionState:
    return PortionState(*map(Decimal, (declared, released, departed, shut_out, returned)))


def codes(outcome: Outcome) -> list[str]:
    return [each.code for each in outcome.conflicts]


def test_every_permutation_with_a_duplicate_gives_the_same_state() -> None:
    """V30. R-DECL-4."""
    four = [receipt(kind, hour, "N1") for hour, kind in enumerate(("accepted", "inspected", "released", "departed"))]
    expected = outcome_of(four, SUBMITTED)
    assert expected.status == "departed"
    assert expected.portions == {"p1": state(100, 100, 100), "p2": state(40, 40, 40)}
    assert expected.conflicts == ()
    for twice in four:
        for order in permutations([*four, twice]):
            by_id = {each.receipt_id: each for each in order}
            assert outcome_of(list(by_id.values()), SUBMITTED) == expected


def test_every_permutation_of_partial_and_conflicting_facts_gives_the_same_state() -> None:
    facts = [
        receipt("accepted", 0, "N1"),
        receipt("released", 1, p1=60, p2=40),
        receipt("departed", 2),
        receipt("shut_out", 3, p1=40),
        receipt("returned", 4, p2=10),
        receipt("rejected", 5),
    ]
    expected = outcome_of(facts, SUBMITTED)
    assert expected.portions == {"p1": state(100, 60, 60, 40), "p2": state(40, 40, 40, 0, 10)}
    assert codes(expected) == ["rejected_and_accepted"]
    assert all(outcome_of(order, SUBMITTED) == expected for order in permutations(facts))


def test_a_departure_before_its_release_opens_no_conflict() -> None:
    early = outcome_of([receipt("departed", 2)], SUBMITTED)
    assert (early.status, early.conflicts) == ("departed", ())
    late = outcome_of([receipt("departed", 2), receipt("released", 1, p1=60, p2=40)], SUBMITTED)
    assert late.portions["p1"] == state(100, 60, 60)
    assert late.conflicts == ()


@pytest.mark.parametrize(
    ("kinds", "status", "expected"),
    [
        (["accepted", "deleted"], "deleted", []),
        (["accepted", "released", "deleted"], "deleted", ["deleted_after_release"]),
        (["accepted", "rejected"], "accepted", ["rejected_and_accepted"]),
        (["rejected"], "rejected", []),
        (["accepted", "returned"], "accepted", ["returned_not_departed"]),
        (["departed", "returned"], "returned", []),
        (["released", "shut_out"], "shut_out", []),
        (["departed", "shut_out"], "shut_out", ["departed_and_shut_out"]),
        ([], "submitted", []),
    ],
)
def test_facts_that_disagree_open_a_case(kinds: list[str], status: str, expected: list[str]) -> None:
    outcome = outcome_of([receipt(kind, hour) for hour, kind in enumerate(kinds)], SUBMITTED)
    assert (outcome.status, codes(outcome)) == (status, expected)


def test_a_second_customs_number_is_a_case_and_the_first_stays() -> None:
    """V34."""
    outcome = outcome_of([receipt("accepted", 0, "N1"), receipt("released", 1, "N2")], SUBMITTED)
    assert (outcome.customs_number, codes(outcome)) == ("N1", ["customs_number_differs"])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([receipt("released", p1=100)], []),
        ([receipt("released", p1=101)], ["quantity_over_declared"]),
        ([receipt("released", 0, p1=60), receipt("released", 1, p1=41)], ["quantity_over_declared"]),
        ([receipt("released", 0, p1=60), receipt("departed", 1, p1=60)], []),
        ([receipt("released", 0, p1=60), receipt("departed", 1, p1=61)], ["quantity_over_declared"]),
        ([receipt("departed", 0, p1=60), receipt("returned", 1, p1=61)], ["quantity_over_declared"]),
        ([receipt("released", 0, strange=1)], ["quantity_over_declared"]),
        ([receipt("amended", 0, strange=1)], ["quantity_over_declared"]),
    ],
)
def test_quantities_at_and_over_what_there_is(facts: list[Receipt], expected: list[str]) -> None:
    assert codes(outcome_of(facts, SUBMITTED)) == expected


def test_a_case_of_quantities_concerns_the_portions_that_are_known() -> None:
    """V30: what the declaration doesn't have can't be frozen."""
    (found,) = outcome_of([receipt("released", p1=101, p2=40, strange=1)], SUBMITTED).conflicts
    assert (found.portions, found.detail) == (("p1",), "released: p1, strange")


def test_a_partial_shut_out_leaves_the_rest() -> None:
    outcome = outcome_of([receipt("released", 0), receipt("shut_out", 1, p1=30)], SUBMITTED)
    assert outcome.status == "released"
    assert outcome.portions == {"p1": state(100, 70, 0, 30), "p2": state(40, 40)}


def test_the_newest_amendment_counts_whichever_came_first() -> None:
    older, newer = receipt("amended", 0, p1=90), receipt("amended", 1, p1=80)
    released = receipt("released", 2)
    for order in permutations([older, newer, released]):
        assert outcome_of(order, SUBMITTED).portions["p1"] == state(80, 80)


def test_a_departure_without_a_date_counts_on_its_legal_day() -> None:
    departed = Receipt("d", "departed", datetime(2023, 4, 30, 16, 30, tzinfo=UTC))
    assert outcome_of([departed], SUBMITTED).export_date == date(2023, 5, 1)
    dated = Receipt("e", "departed", NOON, export_date=date(2023, 4, 29))
    assert outcome_of([departed, dated], SUBMITTED).export_date == date(2023, 4, 29)


def test_the_last_departure_shows_that_the_days_differ() -> None:
    """R-DECL-7: three whole departures, the second on another day than the first."""
    told = [replace(receipt("departed", hour), export_date=date(2026, 5, 13 + hour)) for hour in range(3)]
    (case,) = outcome_of(told, SUBMITTED).conflicts
    assert (case.receipt_id, case.detail) == (
        "departed-2-None",
        "departed on 2026-05-13 and on 2026-05-14 and on 2026-05-15",
    )
