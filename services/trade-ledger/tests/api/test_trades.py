from __future__ import annotations

from typing import Any


async def test_a_trade_is_registered(market: Any) -> None:
    trade = await market.registered()
    assert trade["number"].startswith("LS-TR-")
