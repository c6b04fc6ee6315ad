"""Which measures follow from a credit grade (R-CREDIT-2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from registry.domain.credit import Measures, measures_of

LAX = Measures(automatic_release=True, inspection_rate_percent=Decimal(5), review_depth="normal")


@pytest.mark.parametrize("grade", ["A", "B", "C"])
def test_the_policys_measures_are_the_grades(grade: str) -> None:
    assert measures_of(grade, LAX) == LAX


def test_grade_d_is_never_released_automatically_whatever_the_policy_says() -> None:
    assert measures_of("D", LAX) == Measures(False, Decimal(5), "deep")
