from __future__ import annotations

from typing import Any

import pytest


async def found(yard: Any, path: str, **how: Any) -> list[str]:
    return [each["id"] for each in (await yard.as_operator("GET", path, **how))["items"]]


async def test_trades_by_seller_day_and_status(yard: Any, parties: Any) -> None:
    theirs = {"seller_id": str(parties["other_seller"]), "export_agency_id": str(parties["other_agency"])}
    old = (await yard.trade(trade_date="2026-05-11"))["id"]
    new = (await yard.trade())["id"]
    other = (await yard.trade(handed_over=False, **theirs))["id"]
    await yard.as_operator("POST", f"/v1/trades/{other}/voidings", {"reason": "entered twice"}, version=1)
    assert await found(yard, "/v1/trades") == [other, new, old]
    assert await found(yard, f"/v1/trades?seller_id={parties['seller']}") == [new, old]
    assert await found(yard, "/v1/trades?status=void") == [other]
    assert await found(yard, "/v1/trades?traded_from=2026-05-12&status=registered") == [new]
    assert await found(yard, "/v1/trades?traded_from=2026-05-11&traded_to=2026-05-11") == [old]
    assert await found(yard, "/v1/trades?status=void", subject_id=parties["other_operator"]) == []


async def test_declarations_by_status_and_customs_number(yard: Any) -> None:
    first, second = await yard.submitted(), await yard.submitted()
    await yard.receive(second["id"], "accepted", customs_number="801220260000000001")
    assert await found(yard, "/v1/declarations?status=submitted") == [first["id"]]
    assert await found(yard, "/v1/declarations?customs_number=801220260000000001") == [second["id"]]
    assert await found(yard, "/v1/declarations?status=released") == []


async def test_declarations_are_listed_as_summaries_and_read_in_full(yard: Any) -> None:
    declaration = await yard.submitted()
    (first,) = (await yard.as_operator("GET", "/v1/declarations"))["items"]
    heads = ("status", "attempt", "currency", "total_value", "total_fob", "total_fob_usd", "export_date")
    whole = declaration["declaration"]
    assert {name: first[name] for name in heads} == {name: whole[name] for name in heads}
    assert "declaration" not in first


async def test_a_page_of_declarations_takes_the_same_number_of_statements_whatever_it_holds(yard: Any) -> None:
    first = await yard.submitted()
    with yard.door.statements() as of_one:
        assert await found(yard, "/v1/declarations?limit=200") == [first["id"]]
    lists = first["declaration"]["packing_list_ids"]
    await yard.receive(first["id"], "rejected")
    others = [(await yard.draft(*lists))["id"] for _ in range(7)]
    with yard.door.statements() as of_many:
        assert await found(yard, "/v1/declarations?limit=200") == [*reversed(others), first["id"]]
    assert len(of_many) == len(of_one) <= 5


async def test_a_page_of_trades_holds_summaries_in_the_same_number_of_statements(yard: Any) -> None:
    trades = [await yard.trade()]
    with yard.door.statements() as of_one:
        (first,) = (await yard.as_operator("GET", "/v1/trades?limit=200"))["items"]
    heads = ("number", "version", "status", "eligible", "seller_id", "owner_id", "buyer_id", "trade_date", "total")
    assert {name: first[name] for name in heads} == {name: trades[0]["trade"][name] for name in heads}
    assert "trade" not in first
    trades += [await yard.trade() for _ in range(7)]
    with yard.door.statements() as of_many:
        assert await found(yard, "/v1/trades?limit=200") == [each["id"] for each in reversed(trades)]
    assert len(of_many) == len(of_one) <= 5
    assert not any("trades.state" in statement.partition("FROM")[0] for statement in of_many)


async def test_a_page_of_packing_lists_holds_summaries_in_the_same_number_of_statements(
    yard: Any, make_packed: Any
) -> None:
    lists = [await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]))]
    with yard.door.statements() as of_one:
        (first,) = (await yard.as_operator("GET", "/v1/packing-lists?limit=200"))["items"]
    heads = ("number", "version", "status", "load_id", "consignor_id", "destination")
    assert {name: first[name] for name in heads} == {name: lists[0]["packing_list"][name] for name in heads}
    assert "packing_list" not in first
    lists += [await yard.packing_list() for _ in range(7)]
    with yard.door.statements() as of_many:
        assert await found(yard, "/v1/packing-lists?limit=200") == [each["id"] for each in reversed(lists)]
    assert len(of_many) == len(of_one) <= 5


async def test_packing_lists_by_container_and_status(yard: Any, make_packed: Any) -> None:
    load = await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"})
    sealed = await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]), load_id=load["id"])
    loose = await yard.packing_list()
    assert await found(yard, "/v1/packing-lists?container_number=CSQU3054383") == [sealed["id"]]
    assert await found(yard, "/v1/packing-lists?status=open") == [loose["id"]]


@pytest.mark.parametrize("path", ["/v1/trades?traded_from=yesterday", "/v1/declarations?status=gone"])
async def test_an_invalid_filter_is_named(yard: Any, parties: Any, path: str) -> None:
    answer = await yard.door.call("GET", path, role="operator", subject_id=parties["operator"])
    assert answer.status_code == 422


async def test_trades_by_number_slip_month_party_and_time(yard: Any, parties: Any) -> None:
    first, second = [await yard.trade(external_ref=ref) for ref in ("WX-1", "WX-2")]
    month, other = first["trade"]["trade_date"][:7], "2031-01"
    assert await found(yard, f"/v1/trades?number={second['number']}") == [second["id"]]
    assert await found(yard, "/v1/trades?external_ref=WX-1") == [first["id"]]
    assert await found(yard, "/v1/trades?external_ref=%EF%BC%B7X-1%E2%80%8B") == [first["id"]]
    assert await found(yard, f"/v1/trades?month={month}") == [second["id"], first["id"]]
    assert await found(yard, f"/v1/trades?month={other}") == []
    assert await found(yard, f"/v1/trades?consignor_id={parties['operator']}") == [second["id"], first["id"]]
    assert await found(yard, f"/v1/trades?buyer_id={parties['operator']}") == []
    assert await found(yard, "/v1/trades?updated_since=2020-01-01T00:00:00Z") == [second["id"], first["id"]]
    assert await found(yard, "/v1/trades?updated_since=2199-01-01T00:00:00Z") == []
