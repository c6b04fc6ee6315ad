"""Holds: what they may be placed on, that they end once, and what a committed one may use (V38)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fx_settlement.domain.holding import (
    HoldFacts,
    breaches_of_commit,
    breaches_of_ending,
    breaches_of_frozen,
    breaches_of_held_portions,
    breaches_of_hold,
)
from fx_settlement.domain.matching import PortionFacts

LINE = PortionFacts(
    known=True, agreed_collector="a", collector="a", settlement_method="fx", value=Decimal("0.01"), frozen=False
)
HOLD = HoldFacts(lines=(LINE, LINE), portions=2, bank_filed=True, is_client=True)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("V38: two portions", {}, []),
        ("V38: one portion twice", {"portions": 1}, [("portion_twice", "/lines")]),
        (
            "R-FX-1: the second isn't released",
            {"lines": (LINE, replace(LINE, known=False))},
            [("portion_not_released", "/lines/1/portion_id")],
        ),
        ("R-FILE-9: by a bank that isn't filed", {"bank_filed": False}, [("bank_not_filed", "")]),
        ("R-FX-2: for a stranger, of whose portions nothing is told", {"is_client": False, "portions": 1},
         [("account_not_at_bank", "/collector_id")]),
    ],
)  # fmt: skip
def test_a_hold(rule: str, changed: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(each.code, each.pointer) for each in breaches_of_hold(replace(HOLD, **changed))] == expected, rule


@pytest.mark.parametrize(("status", "codes"), [("held", []), ("committed", ["hold_ended"]), ("void", ["hold_ended"])])
def test_a_hold_ends_once(status: str, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_ending(status)] == codes


def test_a_hold_is_committed_for_what_it_holds() -> None:
    assert breaches_of_held_portions(["a", "b"], {"a", "b", "c"}) == ()
    (breach,) = breaches_of_held_portions(["a", "z"], {"a"})
    assert (breach.code, breach.pointer) == ("portion_not_held", "/matches/1/portion_id")


@pytest.mark.parametrize(
    ("used", "pointers"),
    [
        ([("a", "9.99")], []),
        ([("a", "10.00")], []),
        ([("a", "10.01")], ["/matches/0/amount"]),
        ([("a", "4.00"), ("b", "5.00"), ("a", "6.00")], []),
        ([("a", "4.00"), ("b", "5.01"), ("a", "6.01")], ["/matches/1/amount", "/matches/2/amount"]),
    ],
)
def test_a_committed_hold_uses_at_most_what_was_held(used: list[tuple[str, str]], pointers: list[str]) -> None:
    held = {"a": Decimal(10), "b": Decimal(5)}
    breaches = breaches_of_commit([(portion, Decimal(value)) for portion, value in used], held)
    assert [each.pointer for each in breaches] == pointers


def test_a_frozen_room_is_not_used() -> None:
    """R-DECL-7."""
    assert breaches_of_frozen(False) == ()
    assert [each.rule for each in breaches_of_frozen(True)] == ["R-DECL-7"]
