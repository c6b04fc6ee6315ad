"""What was sealed may be opened again, voided, closed: which states allow it (R-PACK-1…3, V23)."""

from __future__ import annotations

from typing import Any

import pytest

from trade_ledger.domain.loads import (
    ListInLoad,
    breaches_of_closed_load,
    breaches_of_reopened_load,
    breaches_of_seal,
)
from trade_ledger.domain.packing import breaches_of_reopened_list, breaches_of_voided_list


def codes(breaches: Any) -> list[str]:
    return [each.code for each in breaches]


IN_DECLARATION, SEALED, HOLDS = "packing_list_in_declaration", "load_not_sealed", "load_holds_goods"
LOADS: list[tuple[str, str, tuple[str, str | None] | None, list[str], list[str]]] = [
    ("an empty load", "open", None, [SEALED], []),
    ("open, an undeclared list", "open", ("open", None), [SEALED], [HOLDS]),
    ("sealed, an undeclared list", "sealed", ("sealed", None), [], [HOLDS]),
    ("arrived, an undeclared list", "arrived", ("sealed", None), [], [HOLDS]),
    ("sealed, submitted", "sealed", ("sealed", "submitted"), [IN_DECLARATION], [HOLDS]),
    ("arrived, released", "arrived", ("sealed", "released"), [IN_DECLARATION], [HOLDS]),
    ("arrived, shut out", "arrived", ("sealed", "shut_out"), [], []),
    ("sealed, a void list", "sealed", ("void", None), [], []),
    ("closed, departed", "closed", ("sealed", "departed"), [SEALED], ["load_closed_already"]),
]


@pytest.mark.parametrize(("status", "held", "reopened", "closed"), [x[1:] for x in LOADS], ids=[x[0] for x in LOADS])
def test_a_load_is_opened_again_or_closed(
    status: str, held: tuple[str, str | None] | None, reopened: list[str], closed: list[str]
) -> None:
    lists = [] if held is None else [ListInLoad("PL-1", *held)]
    assert codes(breaches_of_reopened_load(status, lists)) == reopened
    assert codes(breaches_of_closed_load(status, lists)) == closed


def test_every_list_that_holds_a_load_is_named() -> None:
    lists = [ListInLoad(f"PL-{n}", "sealed", status) for n, status in enumerate(("accepted", "shut_out", "inspected"))]
    for breaches in (breaches_of_reopened_load("sealed", lists), breaches_of_closed_load("sealed", lists)):
        assert [each.params["packing_list"] for each in breaches] == ["PL-0", "PL-2"]


@pytest.mark.parametrize(
    ("status", "load", "declared", "reopened", "voided"),
    [
        ("open", "open", False, ["packing_list_not_sealed"], []),
        ("sealed", "open", False, [], []),
        ("sealed", "sealed", False, ["load_not_open"], ["load_sealed"]),
        ("sealed", "arrived", False, ["load_not_open"], ["load_sealed"]),
        ("sealed", "closed", False, ["load_not_open"], []),
        ("sealed", "open", True, [IN_DECLARATION], [IN_DECLARATION]),
        ("sealed", "sealed", True, [IN_DECLARATION, "load_not_open"], [IN_DECLARATION, "load_sealed"]),
        ("void", "open", False, ["packing_list_not_sealed"], ["packing_list_void"]),
    ],
)
def test_a_list_is_opened_again_or_voided(
    status: str, load: str, declared: bool, reopened: list[str], voided: list[str]
) -> None:
    assert codes(breaches_of_reopened_list(status, load, declared=declared)) == reopened
    assert codes(breaches_of_voided_list(status, load, declared=declared)) == voided


@pytest.mark.parametrize(
    ("seal", "earlier", "found"), [("S2", ["S1"], []), ("S1", ["S1"], ["seal_used"]), ("S", [], [])]
)
def test_an_opened_seal_seals_nothing_again(seal: str, earlier: list[str], found: list[str]) -> None:
    assert codes(breaches_of_seal(seal, earlier)) == found
