"""What its owner lost with a restored database is nothing to go on by any more (docs/decisions/0009)."""

from __future__ import annotations

from typing import Any

from shared.events.registry import BankFiled
from shared.workshop.testing.lost_events import ended
from shared.workshop.testing.registry_events import PILOT


async def test_a_lost_declaration_frees_the_money_that_was_matched_to_it(trading: Any) -> None:
    event = trading.declaration(trading.portion())
    await trading.hear(event)
    declaration_id, (portion,) = event.declaration.declaration_id, event.declaration.portions
    await trading.matched(await trading.booked("1000.00"), (portion, "600.00"))
    await trading.hear(*ended(event), sequence=2)
    assert trading.room(declaration_id) == (0, 0, 0, 0, False)
    assert trading.ask("SELECT matched FROM collections") == [(0,)]
    assert trading.ask("SELECT released FROM entitlement_portions") == [(0,)]
    trading.check_books()


async def test_what_was_passed_on_already_is_frozen_with_a_case(trading: Any) -> None:
    event = trading.declaration(trading.portion())
    await trading.hear(event)
    await trading.matched(await trading.booked("1000.00"), (event.declaration.portions[0], "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("1000.00"), **trading.as_bank())
    await trading.hear(*ended(event), sequence=2)
    assert trading.room(event.declaration.declaration_id)[4] is True
    assert trading.ask("SELECT count(*) FROM conflicts WHERE closed_at IS NULL") == [(1,)]
    trading.check_books()


async def test_a_lost_trade_takes_no_advance_and_gives_back_what_it_has(trading: Any) -> None:
    trade = trading.trade("500.00")
    await trading.hear(trade)
    advance = {"trade_id": str(trade.trade.trade_id), "amount": "200.00"}
    linked = (await trading.act(await trading.booked("1000.00"), "advances", advance)).json()
    await trading.hear(*ended(trade), sequence=2)
    assert trading.ask("SELECT linked FROM collections") == [(0,)]
    assert trading.ask("SELECT registered, linked FROM trade_rooms") == [(0, 0)]
    assert (await trading.act(linked, "advances", advance)).status_code == 412


async def test_a_lost_bank_books_nothing(trading: Any) -> None:
    filed = BankFiled(bank_id=trading.bank, pilot=PILOT, name="行", connection="web", valid_from="2026-01-01")
    await trading.hear(*ended(filed), sequence=2)
    refused = await trading.door.call("POST", "/v1/collections", trading.receipt(), **trading.as_bank())
    assert (refused.status_code, refused.json()["code"]) == (403, "party_not_filed")
