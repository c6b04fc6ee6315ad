"""What a correction of a trade may change (R-TRADE-4, V17, V35)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from trade_ledger.domain.corrections import (
    LineQuantity,
    breaches_of_new_terms,
    breaches_of_packed,
    corrected_line_ids,
)


@dataclass(frozen=True)
class Terms:
    seller_id: UUID
    stall_number: str
    consignor_id: UUID
    export_mode: str
    export_agency_id: UUID | None
    kind: str


TERMS = Terms(uuid4(), "A-101", uuid4(), "agency", uuid4(), "goods")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seller_id", uuid4()),
        ("stall_number", "A-102"),
        ("consignor_id", uuid4()),
        ("export_mode", "own"),
        ("export_agency_id", None),
        ("kind", "sample"),
    ],
)
def test_who_sells_and_exports_under_which_agency_stays(field: str, value: Any) -> None:
    found = breaches_of_new_terms(TERMS, replace(TERMS, **{field: value}))
    assert [(each.code, each.rule, each.pointer) for each in found] == [("trade_term_fixed", "R-TRADE-4", f"/{field}")]


def test_the_same_terms_are_no_breach_and_all_changed_ones_are_told_at_once() -> None:
    assert breaches_of_new_terms(TERMS, replace(TERMS)) == ()
    other = Terms(uuid4(), "B-1", uuid4(), "outright", None, "gift")
    assert len(breaches_of_new_terms(TERMS, other)) == 6


FIRST, SECOND, THIRD, NEW, NEWER = (uuid4() for _ in range(5))
BEFORE = {1: FIRST, 2: SECOND}


@pytest.mark.parametrize(
    ("named", "kept", "unknown"),
    [
        pytest.param([None, None], [FIRST, SECOND], [], id="nobody names: each keeps its place"),
        pytest.param([None, None, None], [FIRST, SECOND, NEWER], [], id="one more in the end is new"),
        pytest.param([None], [FIRST], [], id="one less: the second is gone"),
        pytest.param([SECOND, FIRST], [SECOND, FIRST], [], id="named lines change places"),
        pytest.param([SECOND, None], [SECOND, NEW], [], id="beside a named one the unnamed is new"),
        pytest.param([THIRD], [THIRD], ["/lines/0/line_id"], id="another trade's line"),
        pytest.param([FIRST, FIRST], [FIRST, FIRST], ["/lines/1/line_id"], id="one line named twice"),
    ],
)
def test_a_corrected_line_is_the_line_that_it_names(
    named: list[UUID | None], kept: list[UUID], unknown: list[str]
) -> None:
    ids, breaches = corrected_line_ids(BEFORE, named, [THIRD, NEW, NEWER][: len(named)])
    assert (ids, [each.pointer for each in breaches]) == (kept, unknown)
    assert {each.code for each in breaches} <= {"line_unknown"}


def line(line_id: UUID = FIRST, quantity: str = "100", unit: str = "把") -> LineQuantity:
    return LineQuantity(line_id, Decimal(quantity), unit)


@pytest.mark.parametrize(
    ("packed", "after", "pointers"),
    [
        pytest.param("60", [line(quantity="60")], [], id="exactly what is packed"),
        pytest.param("60", [line(quantity="60.000001")], [], id="just over what is packed"),
        pytest.param("60", [line(quantity="59.999999")], ["/lines/0/quantity"], id="just under what is packed"),
        pytest.param("60", [line(unit="箱")], ["/lines/0/quantity"], id="another unit"),
        pytest.param("60", [line(SECOND)], ["/lines"], id="the packed line is gone"),
        pytest.param("60", [line(SECOND), line()], [], id="the packed line moved down"),
        pytest.param("60", [line(SECOND), line(quantity="1")], ["/lines/1/quantity"], id="named where it stands now"),
        pytest.param("0", [line(SECOND)], [], id="nothing is packed"),
    ],
)
def test_what_is_packed_stays(packed: str, after: list[LineQuantity], pointers: list[str]) -> None:
    found = breaches_of_packed([line()], after, {FIRST: Decimal(packed)})
    assert [(each.code, each.pointer) for each in found] == [("quantity_packed", at) for at in pointers]
    assert all(each.params == {"packed": "60"} for each in found)
