from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.workshop.testing.registry_events import export_agency, subject


def events(dsn: str) -> list[tuple[str, int]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT type, sequence FROM outbox WHERE topic = 'trade-ledger.trades' ORDER BY id")
        return [(row[0].split(".")[1], row[1]) for row in found]


async def corrected(market: Any, trade: dict[str, Any], version: int = 1, **changed: Any) -> Any:
    body = {**market.trade(), "reason": "price was wrong", **changed}
    path = f"/v1/trades/{trade['id']}/corrections"
    return await market.door.call("POST", path, body, version=version, **market.as_operator())


def codes(answer: Any) -> set[str]:
    assert answer.status_code == 409, answer.text
    return {each["code"] for each in answer.json()["errors"]}


async def pack(dsn: str, line_id: str, quantity: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE trade_line_counters SET packed = %s WHERE line_id = %s", (quantity, line_id))


async def test_a_correction_is_a_new_version_and_the_old_one_stays(market: Any, dsn: str) -> None:
    """R-TRADE-4, V17."""
    trade = await market.registered()
    line = market.line(unit_price="2.60", amount="312.00")
    answer = await corrected(market, trade, lines=[line], total="312.00")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert answer.json()["number"] == trade["number"]
    assert answer.json()["trade"]["lines"][0]["line_id"] == trade["trade"]["lines"][0]["line_id"]
    old = await market.door.done("GET", f"/v1/trades/{trade['id']}/versions/1", **market.as_operator())
    assert (old["total"], old["version"]) == ("306.00", 1)
    assert events(dsn) == [("trade_registered", 1), ("trade_corrected", 2)]


async def test_a_buyer_that_the_operator_completed_is_not_shown_to_the_stall_holder(market: Any) -> None:
    """R-FILE-8: not in the trade, its versions, lists and corrections; a correction without it keeps it."""
    trade = await market.registered(buyer_id=None)
    named = await market.registered(external_ref="named")
    done = (await corrected(market, trade)).json()
    holder = {"role": "stall_holder", "subject_id": market.seller}
    path = f"/v1/trades/{trade['id']}"
    for seen in (path, f"{path}/versions/2", "/v1/trades"):
        text = str(await market.door.done("GET", seen, **holder))
        assert (str(market.buyer) in text) == (seen == "/v1/trades"), seen
        assert str(market.buyer) in str(await market.door.done("GET", seen, **market.as_operator()))
    listed = (await market.door.done("GET", "/v1/trades", **holder))["items"]
    assert {each["id"]: each["buyer_id"] for each in listed} == {trade["id"]: None, named["id"]: str(market.buyer)}
    body = {**market.trade(buyer_id=None, price_term="FOB"), "reason": "again"}
    answer = await market.door.done("POST", f"{path}/corrections", body, version=done["version"], **holder)
    assert answer["trade"]["buyer_id"] is None
    assert (await market.door.done("GET", path, **market.as_operator()))["trade"]["buyer_id"] == str(market.buyer)


async def test_a_buyer_left_open_is_completed_by_a_correction(market: Any) -> None:
    trade = await market.registered(buyer_id=None)
    assert trade["trade"]["buyer_id"] is None
    assert (await corrected(market, trade)).json()["trade"]["buyer_id"] == str(market.buyer)


async def test_packed_quantity_is_fixed_and_the_rest_is_not(market: Any, dsn: str) -> None:
    trade = await market.registered()
    await pack(dsn, trade["trade"]["lines"][0]["line_id"], "100")
    below = market.line(quantity="99", unit_price="1", amount="99.00")
    assert codes(await corrected(market, trade, lines=[below], total="99.00")) == {"quantity_packed"}
    at = market.line(quantity="100", unit_price="1", amount="100.00")
    assert (await corrected(market, trade, lines=[at], total="100.00")).status_code == 200


async def test_a_line_that_is_left_out_becomes_void_and_is_not_deleted(market: Any) -> None:
    trade = await market.registered(lines=[market.line(), market.line(goods_name="钢丝钳")], total="612.00")
    assert (await corrected(market, trade)).status_code == 200
    read = await market.door.done("GET", f"/v1/trades/{trade['id']}", **market.as_operator())
    assert [(each["registered"], each["void"]) for each in read["counters"]] == [("120", "0"), ("120", "120")]
    assert len(read["trade"]["lines"]) == 1


async def test_lists_are_checked_again(market: Any) -> None:
    trade = await market.registered()
    assert codes(await corrected(market, trade, lines=[market.line(hs_code="930400")])) == {"goods_not_allowed"}


async def test_lines_that_name_their_ids_keep_them_wherever_they_stand(market: Any, dsn: str) -> None:
    names = ("活动扳手", "钢丝钳", "螺丝刀")
    trade = await market.registered(lines=[market.line(goods_name=name) for name in names], total="918.00")
    ids = [line["line_id"] for line in trade["trade"]["lines"]]
    await pack(dsn, ids[1], "100")
    kept = market.line(goods_name="钢丝钳", line_id=ids[1])
    new = market.line(goods_name="锤子")
    answer = await corrected(market, trade, lines=[new, kept], total="612.00")
    assert answer.status_code == 200, answer.text
    lines = answer.json()["trade"]["lines"]
    assert [(line["goods_name"], line["line_no"]) for line in lines] == [("锤子", 1), ("钢丝钳", 2)]
    assert lines[1]["line_id"] == ids[1]
    assert lines[0]["line_id"] not in ids
    read = await market.door.done("GET", f"/v1/trades/{trade['id']}", **market.as_operator())
    void = {each["line_id"]: each["void"] for each in read["counters"]}
    assert (void[ids[0]], void[ids[1]], void[ids[2]], void[lines[0]["line_id"]]) == ("120", "0", "120", "0")


async def test_an_id_of_no_line_or_of_one_line_twice_is_named(market: Any) -> None:
    trade = await market.registered()
    line_id = trade["trade"]["lines"][0]["line_id"]
    lines = [market.line(line_id=each) for each in (line_id, line_id, str(uuid4()))]
    problem = (await corrected(market, trade, lines=lines, total="918.00")).json()
    found = [(each["pointer"], each["code"]) for each in problem["errors"]]
    assert found == [("/lines/1/line_id", "line_unknown"), ("/lines/2/line_id", "line_unknown")]


async def test_what_is_packed_keeps_its_unit(market: Any, dsn: str) -> None:
    trade = await market.registered()
    assert (await corrected(market, trade, lines=[market.line(unit="套")])).status_code == 200
    await pack(dsn, trade["trade"]["lines"][0]["line_id"], "1")
    assert codes(await corrected(market, trade, 2)) == {"quantity_packed"}


async def test_many_corrections_at_once_share_the_connection_pool(market: Any) -> None:
    trades = await asyncio.gather(*(market.registered() for _ in range(30)))
    answers = await asyncio.gather(*(corrected(market, trade) for trade in trades))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("field", ["consignor_id", "export_mode"])
async def test_who_sells_and_who_exports_never_changes(market: Any, field: str) -> None:
    trade = await market.registered()
    other = {"consignor_id": str(market.rival), "export_mode": "outright"}
    assert "trade_term_fixed" in codes(await corrected(market, trade, **{field: other[field]}))


async def test_a_suspension_stops_no_correction_but_a_stop_order_does(market: Any) -> None:
    trade = await market.registered()
    suspended = {"subject_id": market.seller, "stall": "02-000018", "status": "suspended"}
    await market.hear(
        subject("stall_holder", **suspended), subject("buyer", subject_id=market.buyer, status="suspended")
    )
    assert (await corrected(market, trade)).status_code == 200
    await market.hear(subject("stall_holder", **suspended, stop_order=True))
    assert codes(await corrected(market, trade, 2)) == {"subject_stopped"}
    path = f"/v1/trades/{trade['id']}/voidings"
    answer = await market.door.call("POST", path, {"reason": "x"}, version=2, **market.as_operator())
    assert codes(answer) == {"subject_stopped"}


async def test_an_agency_that_ended_later_still_carries_a_correction(market: Any, door: Any) -> None:
    trade = await market.registered()
    ended = door.app.state.runtime.clock.now() + timedelta(seconds=1)
    door.at(ended)
    agency = {"agreement_id": market.agency, "status": "terminated", "terminated_at": ended}
    await market.hear(export_agency(market.seller, market.operator, **agency))
    assert (await corrected(market, trade)).status_code == 200
    new = await market.door.call("POST", "/v1/trades", market.trade(), **market.as_operator())
    assert codes(new) == {"export_agency_not_in_force"}


async def test_a_correction_needs_the_version_it_was_made_on(market: Any) -> None:
    trade = await market.registered()
    assert (await corrected(market, trade, 2)).status_code == 412
    body = {**market.trade(), "reason": "x"}
    path = f"/v1/trades/{trade['id']}/corrections"
    assert (await market.door.call("POST", path, body, **market.as_operator())).status_code == 428


async def test_a_trade_is_voided_while_nothing_is_packed(market: Any, dsn: str) -> None:
    trade = await market.registered()
    path = f"/v1/trades/{trade['id']}/voidings"
    await pack(dsn, trade["trade"]["lines"][0]["line_id"], "1")
    answer = await market.door.call("POST", path, {"reason": "twice"}, version=1, **market.as_operator())
    assert codes(answer) == {"trade_packed"}
    await pack(dsn, trade["trade"]["lines"][0]["line_id"], "0")
    void = await market.door.done("POST", path, {"reason": "twice"}, version=1, **market.as_operator())
    assert (void["status"], void["version"]) == ("void", 2)
    assert events(dsn)[-1] == ("trade_voided", 2)
    again = await market.door.call("POST", path, {"reason": "twice"}, version=2, **market.as_operator())
    assert (again.status_code, again.json()["code"]) == (409, "trade_void")


async def test_somebody_elses_trade_looks_like_an_unknown_one(market: Any) -> None:
    trade = await market.registered()
    rival = {"role": "operator", "subject_id": market.rival}
    answers = [
        await market.door.call("POST", f"/v1/trades/{each}/voidings", {"reason": "x"}, version=1, **rival)
        for each in (trade["id"], uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["code"] for answer in answers} == {"not_found"}
