"""What of money that a shut-out freed is an advance of its trade again (R-FX-8)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fx_settlement.domain.advances import KeptFor, kept_again
from fx_settlement.domain.room import is_shut_out
from fx_settlement.domain.shares import Share

FREED = Share(amount=Decimal("700.00"), charges=Decimal("7.00"), value=Decimal("100.00"), value_usd=Decimal("100.00"))


@pytest.mark.parametrize(
    ("released", "shut_out", "whole"), [("0", "0.01", True), ("0.01", "999.99", False), ("0", "0", False)]
)
def test_a_portion_is_shut_out_once_nothing_of_it_is_released(released: str, shut_out: str, whole: bool) -> None:
    assert is_shut_out(Decimal(released), Decimal(shut_out)) is whole


@pytest.mark.parametrize(
    ("says", "registered", "trade_currency", "left", "kept"),
    [
        ("R-FX-8: the trade in the collection's currency", True, "CNY", "700.00", ("700.00", "700.00")),
        ("R-FX-8: the trade has a cent less left", True, "CNY", "699.99", ("699.99", "699.99")),
        ("R-FX-8: the trade has more left", True, "CNY", "700.01", ("700.00", "700.00")),
        (
            "R-FX-10: the trade in the declared currency, at the match's rate",
            True,
            "USD",
            "100.00",
            ("700.00", "100.00"),
        ),
        ("R-FX-10: half of it has room", True, "USD", "50.00", ("350.00", "50.00")),
        ("R-FX-10: no rate to the trade's currency was named", True, "EUR", "700.00", ("0", "0")),
        ("R-FX-8: nothing has room", True, "CNY", "0", ("0", "0")),
        ("R-FX-8: the trade is void", False, "CNY", "700.00", ("0", "0")),
    ],
)
def test_freed_money_is_kept_as_far_as_the_trade_carries_it(
    says: str, registered: bool, trade_currency: str, left: str, kept: tuple[str, str]
) -> None:
    trade = KeptFor(registered, trade_currency, Decimal(left))
    share = kept_again(FREED, trade, currency="CNY", declared_currency="USD")
    assert share == Share(Decimal(kept[0]), Decimal(0), Decimal(kept[1]), Decimal(0)), says
