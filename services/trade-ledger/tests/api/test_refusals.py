"""Each refusal of the sample days by this service: code, rule, field, both languages, and nothing written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.events.registry import CommodityEntryPublished, CommodityListPublished

Ask = Callable[[Any, Any, Any], Awaitable[tuple[str, str, Any, dict[str, Any]]]]
_KEPT_APART = {"audit", "idempotency_keys", "rate_buckets", "alembic_version"}


def held(yard: Any) -> dict[str, list[Any]]:
    """Every row of every table except the audit trail, the stored responses and what callers may still ask."""
    named = yard.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    return {name: sorted(map(str, yard.rows(f"SELECT * FROM {name}"))) for (name,) in named if name not in _KEPT_APART}


def entered(parties: Any, **changed: Any) -> dict[str, Any]:
    """A trade that may be registered."""
    line = {
        "goods_name": "活动扳手", "hs_code": "8204120000", "quantity": "100", "unit": "把", "statutory_quantity": "50",
        "statutory_unit": "千克", "unit_price": "3.00", "amount": "300.00", "packages": 5, "net_weight_kg": "50",
        "origin_place": "大足", **changed.pop("line", {}),
    }  # fmt: skip
    return {
        "seller_id": str(parties["seller"]), "consignor_id": str(parties["operator"]),
        "buyer_id": str(parties["buyer"]), "export_mode": "agency", "export_agency_id": str(parties["agency"]),
        "settlement_method": "fx", "trade_date": "2026-05-13", "currency": "USD", "total": "300.00", "lines": [line],
        **changed,
    }  # fmt: skip


async def unfiled(yard: Any, parties: Any, make_packed: Any) -> Any:
    body = entered(parties, buyer_id=str(parties["broker"]))
    return "POST", "/v1/trades", body, {}


async def suspended(yard: Any, parties: Any, make_packed: Any) -> Any:
    await yard.suspend(parties["buyer"], "buyer")
    return "POST", "/v1/trades", entered(parties), {}


async def on_the_negative_list(yard: Any, parties: Any, make_packed: Any) -> Any:
    list_id = parties["site"]
    await yard.hear(
        CommodityListPublished(
            list_id=list_id, pilot="longshui", kind="negative", version=2, effective_from="2026-01-01", entry_count=1,
            source="sample",
        ),
        CommodityEntryPublished(
            list_id=list_id, version=2, entry_no=1, hs_prefix="9304", verdict="not_eligible", reason="arms",
            reason_zh="武器", effective_from="2026-01-01",
        ),
    )  # fmt: skip
    return "POST", "/v1/trades", entered(parties, line={"hs_code": "9304000000", "goods_name": "气枪"}), {}


async def packed_for_cash(yard: Any, parties: Any, make_packed: Any) -> Any:
    trade = await yard.trade(settlement_method="cash")
    packing_list = await yard.packing_list()
    body = {"lines": [make_packed(trade["trade"]["lines"][0])]}
    return "POST", f"/v1/packing-lists/{packing_list['id']}/lines", body, {"version": 1}


async def one_piece_too_many(yard: Any, parties: Any, make_packed: Any) -> Any:
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.packing_list()
    return (
        "POST",
        f"/v1/packing-lists/{packing_list['id']}/lines",
        {"lines": [make_packed(line, "101")]},
        {"version": 1},
    )


async def the_container_twice(yard: Any, parties: Any, make_packed: Any) -> Any:
    await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"})
    return "POST", "/v1/loads", {"container_number": "CSQU3054383"}, {}


async def submission_of(yard: Any, make_packed: Any, **line: Any) -> Any:
    trade = await yard.trade(line)
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]))
    draft = await yard.draft(packing_list["id"])
    return "POST", f"/v1/declarations/{draft['id']}/submissions", {}, {"version": draft["version"]}


async def undecided_goods(yard: Any, parties: Any, make_packed: Any) -> Any:
    return await submission_of(yard, make_packed, goods_name="未知货品", hs_code="9405420000")


async def one_cent_over_the_limit(yard: Any, parties: Any, make_packed: Any) -> Any:
    return await submission_of(yard, make_packed, quantity="1", unit_price="150000.01")


@pytest.mark.parametrize(
    ("ask", "rule", "code", "pointer"),
    [
        (unfiled, "R-FILE-1", "subject_not_filed", "/buyer_id"),
        (suspended, "R-FILE-3", "subject_suspended", "/buyer_id"),
        (on_the_negative_list, "R-GOODS-1", "goods_not_allowed", "/lines/0/hs_code"),
        (packed_for_cash, "R-TRADE-3", "cash_settlement_not_exportable", "/lines/0/trade_line_id"),
        (one_piece_too_many, "R-PACK-2", "packed_over_quantity", "/lines/0/quantity"),
        (the_container_twice, "R-PACK-3", "container_on_open_load", "/container_number"),
        (undecided_goods, "V9", "commodity_undecided", "/portions/0"),
        (one_cent_over_the_limit, "R-DECL-1", "declaration_value_over_limit", "/packing_list_ids"),
    ],
)
async def test_a_refusal_says_why_in_both_languages_and_writes_nothing(
    yard: Any, parties: Any, make_packed: Any, ask: Ask, rule: str, code: str, pointer: str
) -> None:
    """V67. With the rules of each case also V1: only an active filing enters a new trade."""
    method, path, body, how = await ask(yard, parties, make_packed)
    before = held(yard)
    who = {"role": "operator", "subject_id": parties["operator"], **how}
    answer = await yard.door.call(method, path, body, **who)
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    (error,) = problem["errors"]
    assert (error["rule"]["id"], error["code"], error["pointer"]) == (rule, code, pointer)
    assert problem["code"] == code
    assert problem["rule"]["id"] == rule
    assert problem["rule"]["source"]
    for name in ("message", "message_zh", "fix", "fix_zh"):
        assert error[name], name
        assert "{" not in error[name], "a parameter that nobody gave"
    assert error["message"] != error["message_zh"]
    assert not error["message_zh"].isascii()
    assert held(yard) == before
    assert yard.rows("SELECT rule, code FROM audit WHERE outcome = 'refused'") == [(rule, code)]


async def test_somebody_elses_goods_look_unknown_and_nothing_is_written(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    packing_list = await yard.packing_list(**other)
    before = held(yard)
    path = f"/v1/packing-lists/{packing_list['id']}/lines"
    answers = [
        await yard.door.call("POST", path, {"lines": [make_packed(each)]}, version=1, **other)
        for each in (line, {**line, "line_id": str(parties["site"])})
    ]
    shown = [{k: v for k, v in each.json().items() if k not in ("instance", "trace_id")} for each in answers]
    assert [each.status_code for each in answers] == [404, 404]
    assert shown[0] == shown[1]
    assert held(yard) == before
    assert yard.rows("SELECT rule FROM audit WHERE rule IS NOT NULL") == [("V65",)]


async def test_one_key_ten_times_at_once_packs_once(yard: Any, parties: Any, make_packed: Any) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.packing_list()
    path = f"/v1/packing-lists/{packing_list['id']}/lines"
    who = {"role": "operator", "subject_id": parties["operator"], "version": 1, "key": "the same"}
    body = {"lines": [make_packed(line, "10")]}
    answers = await asyncio.gather(*(yard.door.call("POST", path, body, **who) for _ in range(10)))
    done = [each.json() for each in answers if each.status_code == 200]
    assert done
    assert all(each == done[0] for each in done)
    assert {each.status_code for each in answers} <= {200, 409}
    assert yard.counters(line["line_id"])[0] == 10
    assert yard.rows("SELECT count(*) FROM packed_lines") == [(1,)]
