"""A declaration of many portions is booked like one of few, and its events say what changed (R-DECL-4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trade_ledger.publishers import declarations

LINE = {"quantity": "10", "statutory_quantity": "5", "net_weight_kg": "5", "amount": "30.00"}


async def test_a_receipt_takes_as_many_statements_for_forty_portions_as_for_two(yard: Any) -> None:
    counted: dict[int, list[int]] = {}
    for lines in (2, 40):
        declaration = await yard.submitted(*(LINE for _ in range(lines)))
        counted[lines] = []
        for kind in ("accepted", "released", "departed", "returned"):
            with yard.door.statements() as sent:
                told = await yard.receive(declaration["id"], kind)
            counted[lines].append(len(sent))
        assert len(told["declaration"]["portions"]) == lines
        assert {each["returned_quantity"] for each in told["declaration"]["portions"]} == {"10"}
    assert counted[2] == counted[40]


def changed_of(yard: Any, declaration_id: str) -> list[list[str] | None]:
    """What each event of a declaration says of it, oldest first."""
    rows = yard.rows("SELECT payload FROM outbox WHERE key = %s ORDER BY sequence", declaration_id)
    return [json.loads(bytes(payload)).get("changed_portions") for (payload,) in rows]


async def received(yard: Any) -> tuple[str, list[str]]:
    """A declaration of two portions after receipts of which the last concerns the first of them only."""
    declaration = await yard.submitted(LINE, LINE)
    ids = [each["portion_id"] for each in declaration["declaration"]["portions"]]
    for kind in ("accepted", "released"):
        await yard.receive(declaration["id"], kind)
    await yard.receive(declaration["id"], "departed", portions=[{"portion_id": ids[0], "quantity": "4"}])
    return declaration["id"], ids


async def test_a_large_event_says_what_changed_and_a_small_one_does_not(
    yard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, _ = await received(yard)
    assert changed_of(yard, small) == [None] * 4
    monkeypatch.setattr(declarations, "_LARGE", 0)
    large, ids = await received(yard)
    assert changed_of(yard, large) == [None, [], sorted(ids), ids[:1]]
