"""What is owed and held, in all and at one bank (R-FX-4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fx_settlement.domain.payables import lying_here


@pytest.mark.parametrize(
    ("case", "whole", "here", "lies"),
    [
        ("all of it", "100", "100", "100"),
        ("a part of it", "100", "40", "40"),
        ("less in all than came in here: an earlier release passed it on elsewhere", "30", "40", "30"),
        ("just nothing", "100", "0", "0"),
        ("less than nothing: an earlier release passed on here what lay elsewhere", "100", "-1", "0"),
    ],
)
def test_what_lies_at_a_bank_is_no_more_than_there_is(case: str, whole: str, here: str, lies: str) -> None:
    """R-FX-4."""
    assert lying_here(Decimal(whole), Decimal(here)) == Decimal(lies), case
