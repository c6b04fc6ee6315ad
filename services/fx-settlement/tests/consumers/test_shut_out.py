"""A whole shut-out after collection: matched money is an advance of its trade again (退关, R-FX-8, R-DECL-6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from shared.events.trade_ledger import GoodsReturned, GoodsShutOut, TradeVoided


def shut_out(portion: Any, left: str = "0") -> Any:
    """The portion with `left` of its value still released."""
    back = portion.released_value - Decimal(left)
    quantity = Decimal(0) if left == "0" else Decimal(50)
    return portion.model_copy(
        update={
            "released_value": Decimal(left), "released_fob": Decimal(left), "released_quantity": quantity,
            "shut_out_value": back, "shut_out_fob": back, "shut_out_quantity": portion.quantity - quantity,
        }
    )  # fmt: skip


async def read(trading: Any, collection: dict[str, Any]) -> Any:
    return (await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank()))["collection"]


async def matched(trading: Any, portion: Any, **booked: Any) -> tuple[Any, Any, Any]:
    """The trade, its released portion and the collection that was matched with it, USD 1000 each."""
    trade = trading.trade(collector_id=portion.collector_id, owner_id=portion.owner_id)
    await trading.hear(trade)
    portion = portion.model_copy(update={"trade_id": trade.trade.trade_id})
    declaration_id, (portion,) = await trading.released(portion)
    collection = await trading.matched(await trading.booked("1000.00", **booked), (portion, "1000.00"))
    return declaration_id, portion, collection


def personal(trading: Any) -> tuple[Any, dict[str, Any]]:
    own = {"collector_id": trading.person, "owner_id": trading.person}
    return trading.portion(**own), {"collector_id": str(trading.person), "account_kind": "personal"}


def agency(trading: Any) -> tuple[Any, dict[str, Any]]:
    return trading.portion(), {}


@pytest.mark.parametrize("kind", [agency, personal])
async def test_matched_money_is_an_advance_again_and_matched_with_the_next_export(trading: Any, kind: Any) -> None:
    portion, booked = kind(trading)
    declaration_id, portion, collection = await matched(trading, portion, **booked)
    await trading.changed(declaration_id, shut_out(portion), kind=GoodsShutOut)
    shown = await read(trading, collection)
    assert (shown["matched"], shown["linked"], shown["unmatched"]) == ("0.00", "1000.00", "1000.00")
    (advance,) = shown["advances"]
    assert (advance["trade_id"], advance["amount"]) == (str(portion.trade_id), "1000.00")
    assert trading.said("collections")[-2:] == ["collection_unmatched", "advance_linked"]
    assert trading.room(declaration_id)[0] == 0
    assert trading.ask("SELECT linked FROM trade_rooms") == [(1000,)]
    trading.check_books()
    other = trading.portion(trade_id=portion.trade_id, collector_id=portion.collector_id, owner_id=portion.owner_id)
    _, (again,) = await trading.released(other)
    collection = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    await trading.matched(collection, (again, "1000.00"))
    shown = await read(trading, collection)
    assert (shown["matched"], shown["linked"]) == ("1000.00", "0.00")
    trading.check_books()


@pytest.mark.parametrize("kind", [agency, personal])
async def test_the_advance_is_refunded_where_nothing_is_exported_again(trading: Any, kind: Any) -> None:
    portion, booked = kind(trading)
    declaration_id, portion, collection = await matched(trading, portion, **booked)
    await trading.changed(declaration_id, shut_out(portion), kind=GoodsShutOut)
    collection = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    refund = await trading.act(collection, "refunds", {"amount": "1000.00", "refunded_on": "2026-05-13"})
    assert refund.status_code == 200, refund.text
    shown = await read(trading, collection)
    assert (shown["refunded"], shown["linked"], shown["unmatched"]) == ("1000.00", "0.00", "0.00")
    assert trading.ask("SELECT linked FROM trade_rooms") == [(0,)]
    trading.check_books()


async def test_a_part_that_is_shut_out_and_goods_that_came_back_make_no_advance(trading: Any) -> None:
    declaration_id, portion, collection = await matched(trading, trading.portion())
    await trading.changed(declaration_id, shut_out(portion, "400.00"), kind=GoodsShutOut)
    shown = await read(trading, collection)
    assert (shown["matched"], shown["linked"]) == ("420.00", "0.00")
    other_id, other, second = await matched(trading, trading.portion())
    back = other.model_copy(update={"returned_value": Decimal(1000), "returned_quantity": Decimal(100)})
    await trading.changed(other_id, back, kind=GoodsReturned)
    shown = await read(trading, second)
    assert (shown["matched"], shown["linked"], shown["unmatched"]) == ("0.00", "0.00", "1000.00")
    trading.check_books()


async def test_what_the_trade_no_longer_carries_stays_free(trading: Any) -> None:
    """V37: an advance is at most what the trade is registered with, less what is kept for it already."""
    declaration_id, portion, collection = await matched(trading, trading.portion())
    other = await trading.booked("300.00")
    answer = await trading.act(other, "advances", {"trade_id": str(portion.trade_id), "amount": "300.00"})
    assert answer.status_code == 200, answer.text
    await trading.changed(declaration_id, shut_out(portion), kind=GoodsShutOut)
    shown = await read(trading, collection)
    assert (shown["linked"], shown["unmatched"]) == ("700.00", "1000.00")
    trading.check_books()


async def test_a_void_or_unknown_trade_gets_no_advance(trading: Any) -> None:
    declaration_id, portion, collection = await matched(trading, trading.portion())
    void = trading.trade(trade_id=portion.trade_id, status="void", version=2)
    await trading.hear(TradeVoided(trade=void.trade), sequence=2)
    await trading.changed(declaration_id, shut_out(portion), kind=GoodsShutOut)
    assert (await read(trading, collection))["linked"] == "0.00"
    unheard_id, (unheard,) = await trading.released(trading.portion(trade_id=uuid4()))
    second = await trading.matched(await trading.booked("1000.00"), (unheard, "1000.00"))
    await trading.changed(unheard_id, shut_out(unheard), kind=GoodsShutOut)
    assert (await read(trading, second))["linked"] == "0.00"
    trading.check_books()
