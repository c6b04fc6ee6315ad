"""Customs' messages: at the instant, just before, just after; and which verdict governs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.vocabulary.recognition import Decision, Entry, Verdict, by_prefix, entries_about
from trade_ledger.domain.receipts import Receipt, breaches_of_portions, cases_of_arrival, outcome_of
from trade_ledger.domain.recognition import governs

AT = datetime(2026, 5, 13, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PORTION = "p"


def receipt(kind: str, at: datetime = AT, **quantities: str) -> Receipt:
    return Receipt(kind, kind, at, quantities={each: Decimal(value) for each, value in quantities.items()})


def cases(*receipts: Receipt, declared: str = "10") -> list[str]:
    return [each.code for each in outcome_of(receipts, {PORTION: Decimal(declared)}).conflicts]


@pytest.mark.parametrize(
    ("rule", "kind", "arrived", "expected"),
    [
        ("R-DECL-1: inspected as it arrived", "inspected", AT, []),
        ("R-DECL-1: inspected a second before", "inspected", AT + SECOND, ["released_before_arrival"]),
        ("R-DECL-1: released a second after", "released", AT - SECOND, []),
        ("R-DECL-1: departed before the report", "departed", None, ["released_before_arrival"]),
        ("R-DECL-1: acceptance needs no arrival", "accepted", None, []),
    ],
)
def test_arrival_comes_first(rule: str, kind: str, arrived: datetime | None, expected: list[str]) -> None:
    found = cases_of_arrival([receipt(kind)], {"load": arrived})
    assert [each.code for each in found] == expected, rule


def test_the_first_of_several_messages_is_held_against_the_arrival() -> None:
    told = [receipt("released", AT), receipt("inspected", AT - SECOND)]
    (found,) = cases_of_arrival(told, {"load": AT})
    assert found.receipt_id == "inspected"


def test_a_portion_named_twice_is_told_where() -> None:
    assert breaches_of_portions(["a", "b"]) == ()
    assert [each.pointer for each in breaches_of_portions(["a", "b", "a"])] == ["/portions/2/portion_id"]


@pytest.mark.parametrize(
    ("rule", "released_at", "expected"),
    [
        ("before the amendment the old quantity counts", AT - SECOND, []),
        ("at the amendment the new one counts", AT, ["quantity_over_declared"]),
        ("after it too", AT + SECOND, ["quantity_over_declared"]),
    ],
)
def test_a_release_is_held_against_what_was_declared_then(
    rule: str, released_at: datetime, expected: list[str]
) -> None:
    """V31, R-DECL-7."""
    assert cases(receipt("amended", AT, p="8"), receipt("released", released_at, p="10")) == expected, rule


@pytest.mark.parametrize(("quantity", "expected"), [("9", []), ("10", []), ("11", ["quantity_over_declared"])])
def test_no_more_is_released_than_declared(quantity: str, expected: list[str]) -> None:
    assert cases(receipt("released", p=quantity)) == expected


@pytest.mark.parametrize(
    ("rule", "days", "expected"),
    [
        ("said twice of one day", (date(2026, 5, 13), date(2026, 5, 13)), []),
        ("said of two days", (date(2026, 5, 13), date(2026, 5, 14)), ["export_date_differs"]),
    ],
)
def test_a_whole_departs_on_one_day(rule: str, days: tuple[date, date], expected: list[str]) -> None:
    told = [Receipt(f"d{n}", "departed", AT, export_date=day) for n, day in enumerate(days)]
    assert cases(*told) == expected, rule


def test_of_departures_on_two_days_the_last_message_is_named() -> None:
    told = [Receipt(f"d{n}", "departed", AT, export_date=date(2026, 5, 13 + n)) for n in range(3)]
    (case,) = outcome_of(told, {PORTION: Decimal(10)}).conflicts
    assert case.receipt_id == "d2"


def test_an_entry_concerns_every_code_that_begins_with_its_prefix() -> None:
    entries = by_prefix([Entry("list@1#1", prefix, (), "eligible", "r", "r") for prefix in ("", "82", "820411", "83")])
    assert [each.hs_prefix for each in entries_about("820411", entries)] == ["", "82", "820411"]


@pytest.mark.parametrize(
    ("rule", "before", "now", "by_person", "governing"),
    [
        ("V8: as before, by today's entry", "eligible", "eligible", False, True),
        ("V8: stricter today", "eligible", "needs_person", False, True),
        ("V8: strictest today", "needs_person", "not_eligible", False, True),
        ("V8: milder today", "not_eligible", "needs_person", False, False),
        ("V9: needed a person, a list doesn't answer", "needs_person", "eligible", False, False),
        ("V9: needed a person, who answered", "needs_person", "eligible", True, True),
        ("V10: a person overrides no prohibition", "not_eligible", "eligible", True, False),
    ],
)
def test_the_stricter_verdict_governs(
    rule: str, before: Decision, now: Decision, by_person: bool, governing: bool
) -> None:
    assert governs(Verdict(now, "now", "r", "r", by_person=by_person), before) is governing, rule
