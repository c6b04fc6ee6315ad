"""Which account an act is about, and what of a whole lies on each (R-FX-2, R-FX-4)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fx_settlement.domain.places import breaches_of_account, lying_on, the_one

A, B, C, FIRST = (UUID(int=n) for n in range(1, 5))


@pytest.mark.parametrize(
    ("case", "named", "usable", "code", "meant"),
    [
        ("the only one needn't be named", None, (A,), None, A),
        ("the only one is named", A, (A,), None, A),
        ("none is known: the first that is filed", None, (), None, FIRST),
        ("one of two must be named", None, (A, B), "account_not_named", FIRST),
        ("the second is named", B, (A, B), None, B),
        ("an ended one of its own is named", B, (A,), None, B),
        ("one that isn't its own is named", C, (A, B), "account_unknown", C),
    ],
)
def test_an_act_is_about_one_account(
    case: str, named: UUID | None, usable: tuple[UUID, ...], code: str | None, meant: UUID
) -> None:
    breaches = breaches_of_account(named, of_party=(A, B), usable=usable)
    assert [each.code for each in breaches] == ([code] if code else []), case
    assert {(each.rule, each.pointer) for each in breaches} <= {("R-FX-2", "/account_id")}
    assert the_one(named, usable, otherwise=FIRST) == meant, case


def test_the_accounts_that_are_meant_are_told_in_one_order() -> None:
    (breach,) = breaches_of_account(None, of_party=(B, A), usable=(B, A), at="/principal_account_id")
    assert (breach.pointer, breach.params) == ("/principal_account_id", {"accounts": f"{A}, {B}"})


@pytest.mark.parametrize(
    ("case", "whole", "parts", "lies"),
    [
        ("all of it", "100", ["60", "40"], ["60", "40"]),
        ("a part of it", "100", ["60"], ["60"]),
        ("less in all: an earlier release passed it on elsewhere", "70", ["60", "40"], ["60", "10"]),
        ("less than nothing on one: an earlier release again", "60", ["-40", "100"], ["0", "60"]),
        ("nothing", "0", ["60"], ["0"]),
    ],
)
def test_what_lies_on_accounts_is_no_more_than_there_is(
    case: str, whole: str, parts: list[str], lies: list[str]
) -> None:
    found = lying_on(Decimal(whole), dict(enumerate(map(Decimal, parts))))
    assert list(found.values()) == [Decimal(each) for each in lies], case


@given(st.lists(st.decimals(0, 10**9, places=2), max_size=5))
def test_accounts_that_hold_the_whole_are_told_as_they_are(parts: list[Decimal]) -> None:
    held = dict(enumerate(parts))
    assert lying_on(sum(parts, Decimal(0)), held) == held
