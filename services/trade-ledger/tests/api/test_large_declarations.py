"""A declaration of many portions is booked like one of few (R-DECL-4)."""

from __future__ import annotations

from typing import Any


async def test_a_receipt_takes_as_many_statements_for_forty_portions_as_for_two(yard: Any) -> None:
    counted: dict[int, list[int]] = {}
    for lines in (2, 40):
        declaration = await yard.submitted(
            *(
                {"quantity": "10", "statutory_quantity": "5", "net_weight_kg": "5", "amount": "30.00"}
                for _ in range(lines)
            )
        )
        counted[lines] = []
        for kind in ("accepted", "released", "departed", "returned"):
            with yard.door.statements() as sent:
                told = await yard.receive(declaration["id"], kind)
            counted[lines].append(len(sent))
        assert len(told["declaration"]["portions"]) == lines
        assert {each["returned_quantity"] for each in told["declaration"]["portions"]} == {"10"}
    assert counted[2] == counted[40]
