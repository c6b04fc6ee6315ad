"""On which days the parts of a portion left and came back, as other services are told (R-TAX-6, V53)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


async def test_parts_that_leave_and_return_in_different_months_are_told_by_day(yard: Any) -> None:
    """R-TAX-6, V53: tax-exemption exempts each part in the month in which it left."""
    declaration = await yard.submitted({"quantity": "3", "unit_price": "33.33", "statutory_quantity": "50"})
    portion = declaration["declaration"]["portions"][0]["portion_id"]
    yard.door.at(datetime(2026, 7, 1, tzinfo=UTC))
    for number, (kind, day, quantity) in enumerate(
        [("departed", "2026-05-31", "1"), ("departed", "2026-06-01", "2"), ("returned", "2026-06-12", "1")]
    ):
        part = {"issued_at": f"{day}T12:00:00+08:00", "portions": [{"portion_id": portion, "quantity": quantity}]}
        declaration = await yard.receive(declaration["id"], kind, f"R{number}", **part)
    (shown,) = declaration["declaration"]["portions"]
    assert shown["departures"] == [
        {"on": "2026-05-31", "quantity": "1", "value": "33.33", "fob": "33.33"},
        {"on": "2026-06-01", "quantity": "2", "value": "66.66", "fob": "66.66"},
    ]
    assert shown["returns"] == [{"on": "2026-06-12", "quantity": "1", "value": "33.33", "fob": "33.33"}]
