"""A bank's client is who has an account there that it confirmed itself; no word of a bank makes one (R-FX-2, V65)."""

from __future__ import annotations

from typing import Any

import pytest

READS = ("/v1/entitlements", "/v1/payables", "/v1/balances")


async def _seen(trading: Any) -> list[int]:
    """How many rooms, payables and balances the rival bank sees."""
    rival = trading.as_bank(trading.rival_bank)
    return [len((await trading.door.done("GET", path, **rival))["items"]) for path in READS]


@pytest.fixture
async def held(trading: Any) -> Any:
    """Money of an agent and of a person at their bank; the agent owes a part of it to its principal."""
    _, (portion,) = await trading.released()
    await trading.matched(await trading.booked(), (portion, "1000.00"))
    await trading.booked("13000.00", collector_id=str(trading.person), account_kind="personal")
    return trading


async def test_a_bank_that_books_a_cent_for_a_stranger_reads_and_converts_nothing_of_it(held: Any) -> None:
    rival = held.as_bank(held.rival_bank)
    for collector, kind in ((held.person, "personal"), (held.agent, "trade")):
        cent = held.receipt("0.01", collector_id=str(collector), account_kind=kind)
        await held.door.done("POST", "/v1/collections", cent, **rival)
    assert await _seen(held) == [0, 0, 0]
    body = {
        "holder_id": str(held.person), "currency": "USD", "amount": "13000.00", "rate": "6.95",
        "quota_statement": {"reference": "Q", "remaining": "50000.00"},
        "converted_on": "2026-05-13", "bank_reference": "C",
    }  # fmt: skip
    assert (await held.door.call("POST", "/v1/conversions", body, **rival)).status_code == 404
    assert held.ask("SELECT count(*) FROM conversions") == [(0,)]


async def test_no_room_is_held_for_a_stranger_and_nothing_of_it_is_told(held: Any) -> None:
    declaration_id, (portion,) = await held.released(held.portion(), declaration_id=None)
    line = {"portion_id": str(portion.portion_id), "value": "1.00"}
    body = {"declaration_id": str(declaration_id), "collector_id": str(held.agent), "lines": [line]}
    answer = await held.door.call("POST", "/v1/holds", body, **held.as_bank(held.rival_bank))
    assert [each["code"] for each in answer.json()["errors"]] == ["account_not_at_bank"]
    assert held.room(declaration_id)[2] == 0


@pytest.mark.parametrize(
    ("account", "seen"),
    [
        pytest.param({}, 1, id="confirmed"),
        pytest.param({"confirmed": False}, 0, id="recorded by somebody else"),
        pytest.param({"valid_from": "2026-05-13"}, 1, id="from today"),
        pytest.param({"valid_from": "2026-05-14"}, 0, id="from tomorrow"),
        pytest.param({"valid_to": "2026-05-13"}, 1, id="until today"),
        pytest.param({"valid_to": "2026-05-12"}, 0, id="until yesterday"),
        pytest.param({"kind": "fx_directory", "value": "A"}, 0, id="no account"),
    ],
)
async def test_an_account_makes_a_client_once_its_owner_confirms_it_and_on_its_days(
    held: Any, account: dict[str, Any], seen: int
) -> None:
    opened = held.account(held.rival_bank).model_dump(mode="json") | account
    await held.opened(held.agent, held.account(), type(held.account()).model_validate(opened))
    assert (await _seen(held))[0] == seen
