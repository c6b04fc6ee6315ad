"""What lies inside a pilot's bounds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.vocabulary.geometry import lies_inside

SQUARE = [(Decimal(x), Decimal(y)) for x, y in ((0, 0), (4, 0), (4, 4), (0, 4))]


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [
        ("2", "2", True),
        ("0", "2", True),
        ("4", "2", True),
        ("2", "0", True),
        ("2", "4", True),
        ("4", "4", True),
        ("4.0000001", "2", False),
        ("2", "4.0000001", False),
        ("-1", "0", False),
    ],
)
def test_the_boundary_counts_as_inside(x: str, y: str, inside: bool) -> None:
    assert lies_inside((Decimal(x), Decimal(y)), SQUARE) is inside


@pytest.mark.parametrize(("x", "inside"), [("0", True), ("3.9999999", True), ("4", True), ("4.0000001", False)])
def test_a_slanting_boundary_is_met_where_it_is_at_that_latitude(x: str, inside: bool) -> None:
    triangle = [(Decimal(x), Decimal(y)) for x, y in ((0, 0), (6, 0), (0, 3))]
    assert lies_inside((Decimal(x), Decimal(1)), triangle) is inside
