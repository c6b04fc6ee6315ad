"""What a delegation lets somebody do, on which days, and up to which value (V65)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from shared.vocabulary.delegation import breaches_of_value, lets, may_act_for_another


class Filing(NamedTuple):
    role: str = "operator"
    status: str = "approved"
    stop_order: bool = False


FIRST, LAST = date(2026, 5, 10), date(2026, 5, 20)


@pytest.mark.parametrize(
    ("status", "act", "today", "does"),
    [
        ("in_force", "read", FIRST, True),
        ("in_force", "read", LAST, True),
        ("in_force", "read", date(2026, 5, 9), False),
        ("in_force", "read", date(2026, 5, 21), False),
        ("in_force", "pack", FIRST, True),
        ("in_force", "register_trades", FIRST, False),
        ("granted", "read", FIRST, False),
        ("ended", "read", FIRST, False),
    ],
)
def test_a_delegation_lets_its_acts_be_done_on_its_days(status: str, act: str, today: date, does: bool) -> None:
    assert lets(status, ["read", "pack"], FIRST, LAST, act=act, today=today) is does


@pytest.mark.parametrize(
    ("role", "filings", "may"),
    [
        ("operator", [Filing()], True),
        ("stall_holder", [Filing("stall_holder", "effective")], True),
        ("buyer", [Filing("buyer")], False),
        ("operator", [Filing("stall_holder")], False),
        ("operator", [], False),
        *(("operator", [Filing(status=each)], False) for each in ("suspended", "exited", "submitted", "rejected")),
        ("operator", [Filing(stop_order=True)], False),
        ("operator", [Filing(), Filing("stall_holder", "suspended")], True),
        ("operator", [Filing(), Filing("stall_holder", "suspended", stop_order=True)], False),
        ("operator", [Filing("stall_holder"), Filing(status="suspended")], False),
    ],
)
def test_only_a_party_in_force_and_under_no_stop_order_acts_for_another(
    role: str, filings: list[Filing], may: bool
) -> None:
    assert may_act_for_another(role, filings) is may


@pytest.mark.parametrize(
    ("value", "used", "found"),
    [
        ("999.99", "0", []),
        ("1000.00", "0", []),
        ("1000.01", "0", ["delegation_value_used_up"]),
        ("400.00", "600.00", []),
        ("400.01", "600.00", ["delegation_value_used_up"]),
        ("0.01", "1000.00", ["delegation_value_used_up"]),
        (None, "0", ["delegation_value_unknown"]),
    ],
)
def test_what_is_registered_is_worth_at_most_the_limit_in_all(value: str | None, used: str, found: list[str]) -> None:
    breaches = breaches_of_value(
        None if value is None else Decimal(value),
        Decimal(used),
        Decimal("1000.00"),
        rate_at="/currency",
        value_at="/total",
    )
    pointer = {"delegation_value_used_up": "/total", "delegation_value_unknown": "/currency"}
    assert [(each.code, each.rule, each.pointer) for each in breaches] == [
        (code, "V65", pointer[code]) for code in found
    ]


def test_what_is_left_is_told() -> None:
    (breach,) = breaches_of_value(Decimal("400.01"), Decimal("600"), Decimal("1000"), rate_at="", value_at="")
    assert breach.params == {"value": "400.01", "left": "400.00", "limit": "1000.00"}
