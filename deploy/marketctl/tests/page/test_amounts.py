from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from marketctl.page.amounts import strip
from marketctl.page.facts import Facts, Portion, Trade

PORTION = Portion("USD", Decimal("306.00"), Decimal("300.00"), Decimal("300.00"), Decimal("300.00"), Decimal("200.00"))


def told(facts: Facts) -> dict[str, tuple[str, ...] | None]:
    return {each.name: each.amounts for each in strip(facts)}


def test_the_strip_tells_each_place_in_its_currency_with_its_digits() -> None:
    yen = Portion("JPY", Decimal(100), Decimal(100), Decimal(100), Decimal(100), Decimal(100))
    facts = Facts(
        trades=(Trade("A", "USD", Decimal("306.00")), Trade("B", "JPY", Decimal(100)),
                Trade("C", "USD", Decimal("9.00"), status="void")),
        portions=(PORTION, yen),
        passed_on=(("KWD", Decimal("0.18")),),
        exempted_cny=Decimal("2094.00"),
    )  # fmt: skip
    assert told(facts) == {
        "registered": ("JPY 100", "USD 306.00"),
        "declared": ("JPY 100", "USD 306.00"),
        "released": ("JPY 100", "USD 300.00"),
        "collected": ("JPY 100", "USD 200.00"),
        "passed_on": ("KWD 0.180",),
        "exempted": ("CNY 2094.00",),
        "open": ("JPY 0", "USD 100.00"),
    }


def test_what_a_service_didnt_tell_is_no_zero() -> None:
    facts = Facts(portions=(replace(PORTION, collected=None, collectable=None),))
    assert {name for name, amounts in told(facts).items() if amounts is None} == {
        "collected", "open", "passed_on", "exempted"}  # fmt: skip


def test_more_than_the_room_leaves_nothing_open() -> None:
    facts = Facts(portions=(replace(PORTION, collected=Decimal("310.00")),))
    assert told(facts)["open"] == ("USD 0.00",)
