from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import psycopg
import pytest

from shared.workshop.waiting import until


async def submit(yard: Any, draft: dict[str, Any], **how: Any) -> Any:
    how = {"role": "operator", "subject_id": draft["consignor"], "version": draft["version"], **how}
    return await yard.door.call("POST", f"/v1/declarations/{draft['id']}/submissions", {}, **how)


async def drafted(
    yard: Any, make_packed: Any, parties: Any, *lines: Any, trade: Any = None, arrived: bool = True, **fields: Any
) -> Any:
    registered = await yard.trade(*lines, **(trade or {}))
    packing_list = await yard.sealed(*(make_packed(each) for each in registered["trade"]["lines"]), arrived=arrived)
    draft = await yard.draft(packing_list["id"], **fields)
    return {**draft, "consignor": parties["operator"], "trade": registered}


def codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer.json().get("errors", [])]


@pytest.mark.parametrize(
    ("price", "expected"), [("149999.99", []), ("150000.00", []), ("150000.01", ["declaration_value_over_limit"])]
)
async def test_the_limit_is_inclusive(
    yard: Any, make_packed: Any, parties: Any, price: str, expected: list[str]
) -> None:
    draft = await drafted(yard, make_packed, parties, {"quantity": "1", "unit_price": price})
    preflight = await yard.as_operator("GET", f"/v1/declarations/{draft['id']}/preflight")
    assert [each["code"] for each in preflight["breaches"]] == expected
    before = len(yard.rows("SELECT FROM outbox"))
    answer = await submit(yard, draft)
    assert (answer.status_code, codes(answer)) == (409 if expected else 200, expected)
    if expected:
        assert len(yard.rows("SELECT FROM outbox")) == before
        assert yard.rows("SELECT FROM portions") == []
        assert yard.counters(draft["trade"]["trade"]["lines"][0]["line_id"])[1] == 0


async def test_undecided_goods_wait_for_a_decision_and_then_pass(
    yard: Any, make_packed: Any, parties: Any, make_decision: Any
) -> None:
    odd = {"goods_name": "未知货品", "hs_code": "9405420000", "statutory_unit": "千克"}
    draft = await drafted(yard, make_packed, parties, odd)
    answer = await submit(yard, draft)
    assert (answer.status_code, answer.json()["code"], answer.json()["rule"]["id"]) == (
        409,
        "commodity_undecided",
        "V9",
    )
    await yard.hear(make_decision("未知货品", "9405420000", "eligible"))
    assert (await submit(yard, draft)).status_code == 200


async def test_a_verdict_that_turned_negative_refuses(
    yard: Any, make_packed: Any, parties: Any, make_decision: Any
) -> None:
    draft = await drafted(yard, make_packed, parties, {"goods_name": "未知货品", "hs_code": "9405420000"})
    await yard.hear(make_decision("未知货品", "9405420000", "not_eligible"))
    assert codes(await submit(yard, draft)) == ["goods_not_allowed"]


@pytest.mark.parametrize("role", ["stall_holder", "operator"])
async def test_a_stop_order_holds_what_was_begun(
    yard: Any, make_packed: Any, parties: Any, make_stop_order: Any, role: str
) -> None:
    draft = await drafted(yard, make_packed, parties)
    await yard.hear(make_stop_order(role, parties["seller" if role == "stall_holder" else "operator"]))
    assert codes(await submit(yard, draft)) == ["subject_stopped"]


@pytest.mark.parametrize(
    ("holds", "lacking"),
    [
        pytest.param({"customs_filing": None, "quality_undertaking": date(2026, 5, 13)}, [], id="on its last day"),
        pytest.param(
            {"customs_filing": None, "quality_undertaking": date(2026, 5, 12)}, ["quality_undertaking"], id="run out"
        ),
        pytest.param({}, ["customs_filing", "quality_undertaking"], id="never held"),
    ],
)
async def test_a_consignor_declares_only_with_what_it_must_hold_on_the_day(
    yard: Any, make_packed: Any, parties: Any, holds: dict[str, date | None], lacking: list[str]
) -> None:
    draft = await drafted(yard, make_packed, parties)
    await yard.requalify(parties["operator"], "operator", **holds)
    answer = await submit(yard, draft)
    assert [(each["code"], each["rule"]["id"], each["pointer"]) for each in answer.json().get("errors", [])] == [
        ("consignor_not_qualified", "R-FILE-7", "/consignor_id") for _ in lacking
    ]
    assert all(kind in each["message"] for kind, each in zip(lacking, answer.json().get("errors", []), strict=True))
    assert yard.rows("SELECT count(*) FROM portions")[0][0] == (0 if lacking else 1)


async def test_every_breach_is_reported_at_once(yard: Any, make_packed: Any, parties: Any) -> None:
    wrong = {"customs_office": "9999", "port": "9999", "freight": "1.00", "price_term": "C&F", "simplified": True}
    draft = await drafted(yard, make_packed, parties, trade={"buyer_id": None}, **wrong)
    assert set(codes(await submit(yard, draft))) == {
        "customs_office_not_allowed", "port_not_designated", "price_term_differs", "simplified_not_available",
        "buyer_not_completed",
    }  # fmt: skip


async def test_a_container_and_a_vehicle_are_not_declared_together(yard: Any, make_packed: Any, parties: Any) -> None:
    first, second = (await yard.trade({}, {}))["trade"]["lines"]
    container = (await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"}))["id"]
    lists = [await yard.sealed(make_packed(first), load_id=container), await yard.sealed(make_packed(second))]
    body = {
        "packing_list_ids": [each["id"] for each in lists], "customs_office": "8012", "port": "8011",
        "price_term": "FOB", "currency": "USD",
    }  # fmt: skip
    answer = await yard.door.call("POST", "/v1/declarations", body, role="operator", subject_id=parties["operator"])
    assert (answer.status_code, codes(answer)) == (409, ["transport_differs"])
    assert answer.json()["errors"][0]["pointer"] == "/packing_list_ids/1"


async def test_lists_to_two_destinations_are_refused_at_the_draft_with_the_list(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    """V24."""
    first, second = (await yard.trade({}, {}))["trade"]["lines"]
    lists = [await yard.sealed(make_packed(first)), await yard.sealed(make_packed(second), destination="VN")]
    body = {
        "packing_list_ids": [each["id"] for each in lists], "customs_office": "8012", "port": "8011",
        "price_term": "FOB", "currency": "USD",
    }  # fmt: skip
    answer = await yard.door.call("POST", "/v1/declarations", body, role="operator", subject_id=parties["operator"])
    assert (answer.status_code, codes(answer)) == (409, ["destination_differs"])
    assert answer.json()["errors"][0]["pointer"] == "/packing_list_ids/1"
    assert yard.rows("SELECT FROM declarations") == []


async def test_a_filed_broker_declares_for_the_consignor(yard: Any, make_packed: Any, parties: Any) -> None:
    draft = await drafted(yard, make_packed, parties, declarant_id=str(parties["broker"]))
    assert (await submit(yard, draft, role="broker", subject_id=parties["broker"])).status_code == 200
    other = await drafted(yard, make_packed, parties, declarant_id=str(parties["buyer"]))
    assert codes(await submit(yard, other)) == ["subject_not_filed"]


async def test_of_many_submissions_at_once_the_goods_are_declared_once(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    """V21."""
    packing_list = await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]))
    drafts = [{**await yard.draft(packing_list["id"]), "consignor": parties["operator"]} for _ in range(5)]
    answers = await asyncio.gather(*(submit(yard, each) for each in drafts))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409, 409]
    assert len(yard.rows("SELECT FROM portions")) == 1


async def test_the_parts_of_a_line_sum_to_its_amount_after_a_withdrawal(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    line = (await yard.trade({"quantity": "3", "unit_price": "0.3333", "amount": "1.00"}))["trade"]["lines"][0]
    lists = [await yard.sealed(make_packed(line, "1")) for _ in range(3)]
    drafts = [{**await yard.draft(each["id"]), "consignor": parties["operator"]} for each in lists]
    answers = [(await submit(yard, each)).json() for each in drafts[:2]]
    path = f"/v1/declarations/{drafts[0]['id']}/withdrawals"
    await yard.as_operator("POST", path, {"reason": "again"}, version=answers[0]["version"])
    drafts[0]["version"] = answers[0]["version"] + 1
    for each in (drafts[2], drafts[0]):
        assert (await submit(yard, each)).status_code == 200
    values = yard.rows("SELECT sum(slip_value) FROM portions")
    assert values[0][0] == 1


async def test_slips_in_another_currency_are_converted_at_the_named_rate(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    draft = await drafted(yard, make_packed, parties, trade={"currency": "EUR"})
    state = (await submit(yard, draft)).json()["declaration"]
    portion = state["portions"][0]
    assert (portion["slip_value"], portion["slip_currency"]) == ("300.00", "EUR")
    assert portion["declared_value"] == portion["fob_value"] == portion["fob_usd"] == "327.08"
    assert portion["rate_id"] == "customs:longshui:2026-05:USD"
    assert state["total_fob_usd"] == "327.08"


async def test_a_simplified_declaration_keeps_every_portion_in_one_item(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    lines = [{"goods_name": f"工具{n}", "unit_price": f"{9 - n}.00"} for n in range(7)]
    draft = await drafted(yard, make_packed, parties, *lines, simplified=True)
    state = (await submit(yard, draft)).json()["declaration"]
    assert [item["merged"] for item in state["items"]].count(True) == 1
    behind = sorted(portion for item in state["items"] for portion in item["portion_ids"])
    assert behind == sorted(each["portion_id"] for each in state["portions"])
    assert sum(float(item["value"]) for item in state["items"]) == float(state["total_value"]) == 4200.0


@pytest.mark.parametrize(("kinds", "expected"), [(50, []), (51, ["too_many_items"])])
async def test_a_declaration_has_at_most_fifty_items(
    yard: Any, make_packed: Any, parties: Any, kinds: int, expected: list[str]
) -> None:
    """R-DECL-1."""
    draft = await drafted(yard, make_packed, parties, *({"goods_name": f"工具{n}"} for n in range(kinds)))
    assert codes(await submit(yard, draft)) == expected


async def test_without_the_months_rate_nothing_is_declared(yard: Any, make_packed: Any, parties: Any) -> None:
    draft = await drafted(yard, make_packed, parties, currency="JPY")
    assert codes(await submit(yard, draft)) == ["customs_rate_missing"]


async def test_somebody_elses_declaration_looks_unknown(yard: Any, make_packed: Any, parties: Any) -> None:
    draft = await drafted(yard, make_packed, parties)
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    for path in (f"/v1/declarations/{draft['id']}", f"/v1/declarations/{draft['id']}/preflight"):
        assert (await yard.door.call("GET", path, **other)).status_code == 404
    assert (await submit(yard, draft, **other)).status_code == 404
    assert yard.rows("SELECT count(*) FROM audit WHERE rule = 'V65'") == [(3,)]
    assert (await submit(yard, draft, version=7)).status_code == 412


async def test_a_slip_with_another_price_term_is_declared_once_its_difference_is_named(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    trade = await yard.trade(price_term="EXW", currency="EUR")
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]))
    unnamed = {**await yard.draft(packing_list["id"]), "consignor": parties["operator"]}
    refused = await submit(yard, unnamed)
    assert (codes(refused), refused.json()["rule"]["id"]) == (["price_term_differs"], "R-DECL-10")
    inland = {"trade_id": trade["id"], "name": "inland_freight", "amount": "12.92"}
    foreign = {"trade_id": str(parties["seller"]), "name": "fee", "amount": "1.00"}
    other = {**await yard.draft(packing_list["id"], differences=[inland, foreign]), "consignor": parties["operator"]}
    assert codes(await submit(yard, other)) == ["difference_of_another_trade"]
    draft = {**await yard.draft(packing_list["id"], differences=[inland]), "consignor": parties["operator"]}
    state = (await submit(yard, draft)).json()["declaration"]
    (portion,) = state["portions"]
    assert (portion["slip_value"], portion["slip_currency"], portion["slip_price_term"]) == ("300.00", "EUR", "EXW")
    assert (portion["slip_rate_id"], portion["rate_id"]) == (
        "customs:longshui:2026-05:EUR",
        "customs:longshui:2026-05:USD",
    )
    assert portion["differences"] == [{"name": "inland_freight", "amount": "12.92"}]
    assert portion["declared_value"] == state["total_value"] == state["items"][0]["value"] == "340.00"


@pytest.mark.parametrize(
    ("brand", "expected"),
    [
        ({"brand": "龙水"}, ["brand_without_evidence"]),
        ({"brand": "龙水", "brand_statement": "authorised"}, ["brand_without_evidence"]),
        ({"brand": "龙水", "brand_statement": "authorised", "brand_evidence_hash": "a" * 64}, []),
        ({"brand": "龙水", "brand_statement": "own"}, []),
        ({"brand": "无"}, []),
    ],
)
async def test_branded_goods_need_a_statement_or_an_authorisation(
    yard: Any, make_packed: Any, parties: Any, brand: dict[str, str], expected: list[str]
) -> None:
    draft = await drafted(yard, make_packed, parties, brand, {"goods_name": "钢丝钳"})
    answer = await submit(yard, draft)
    assert codes(answer) == expected
    assert not expected or answer.json()["rule"]["id"] == "V13"


async def test_a_packed_trade_that_turned_to_cash_is_not_declared(yard: Any, make_packed: Any, parties: Any) -> None:
    draft = await drafted(yard, make_packed, parties)
    trade = draft["trade"]["trade"]
    shown = {"line_id", "line_no", "verdict"}
    lines = [{name: value for name, value in line.items() if name not in shown} for line in trade["lines"]]
    entered = (
        "seller_id", "consignor_id", "buyer_id", "export_mode", "export_agency_id", "trade_date", "currency", "total",
        "document_hashes",
    )  # fmt: skip
    body = {**{name: trade[name] for name in entered}, "lines": lines, "settlement_method": "cash", "reason": "paid so"}
    await yard.as_operator("POST", f"/v1/trades/{draft['trade']['id']}/corrections", body, version=1)
    answer = await submit(yard, draft)
    assert (codes(answer), answer.json()["rule"]["id"]) == (["cash_settlement_not_exportable"], "R-TRADE-3")


async def test_a_correction_under_way_is_waited_for_and_then_declared(yard: Any, make_packed: Any) -> None:
    """A line that was read before the trade is locked would be declared with its old content."""
    trade = await yard.trade()
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]))
    draft = await yard.draft(packing_list["id"])
    path = f"/v1/declarations/{draft['id']}/submissions"
    async with await psycopg.AsyncConnection.connect(yard.dsn) as correcting:
        await correcting.execute("SELECT FROM trades WHERE id = %s FOR UPDATE", (trade["id"],))
        submitting = asyncio.create_task(yard.as_operator("POST", path, {}, version=draft["version"]))
        waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        await until(lambda: yard.rows(waits))
        renamed = """UPDATE trade_lines SET content = content || '{"goods_name": "corrected"}' WHERE trade_id = %s"""
        await correcting.execute(renamed, (trade["id"],))
    portions = (await submitting)["declaration"]["portions"]
    assert [each["goods_name"] for each in portions] == ["corrected"]
