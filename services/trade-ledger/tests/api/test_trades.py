from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.events.trade_ledger import TradeRegistered
from shared.workshop.testing.registry_events import export_agency, subject

REGISTER = ("POST", "/v1/trades")
LEG = {"amount": "200.00", "paid_on": "2026-05-12", "payer": "成渝公司", "payee": "龙水经营部", "reference": "R-1"}


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]  # a constant of the test


def counts(dsn: str) -> dict[str, int]:
    tables = ("trades", "trade_lines", "trade_line_counters", "trade_versions", "outbox", "idempotency_keys")
    return {table: rows(dsn, f"SELECT count(*) FROM {table}")[0][0] for table in tables}


async def refused(market: Any, expected: int = 409, **changed: Any) -> dict[str, Any]:
    answer = await market.door.call(*REGISTER, market.trade(**changed), **market.as_operator())
    assert answer.status_code == expected, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


def said(problem: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(each["rule"]["id"], each["code"], each["pointer"]) for each in problem["errors"]}


async def test_a_trade_is_registered_with_its_lines_its_event_and_its_answer(market: Any, dsn: str) -> None:
    lines = [market.line(), market.line(goods_name="钢丝钳", hs_code="8203200000")]
    answer = await market.door.call(*REGISTER, market.trade(total="612.00", lines=lines), **market.as_operator())
    assert answer.status_code == 201, answer.text
    trade = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/v1/trades/{trade['id']}"
    assert counts(dsn) == {
        "trades": 1,
        "trade_lines": 2,
        "trade_line_counters": 2,
        "trade_versions": 1,
        "outbox": 1,
        "idempotency_keys": 1,
    }
    read = await market.door.done("GET", f"/v1/trades/{trade['id']}", **market.as_operator())
    assert read["trade"] == trade["trade"]
    assert [(each["registered"], each["packed"]) for each in read["counters"]] == [("120", "0"), ("120", "0")]


async def test_the_event_fits_its_published_schema(market: Any, dsn: str) -> None:
    trade = await market.registered(domestic_leg=LEG)  # R-TRADE-6: it stands beside the export leg.
    ((payload, key, sequence),) = rows(dsn, "SELECT payload, key, sequence FROM outbox")
    event = TradeRegistered.model_validate_json(bytes(payload))
    assert json.loads(event.model_dump_json()) == json.loads(bytes(payload))
    assert (key, sequence, str(event.trade.trade_id)) == (trade["id"], 1, trade["id"])
    assert (event.trade.collector_id, event.trade.exemption_filer_id) == (market.operator, market.seller)
    assert event.trade.lines[0].verdict.decision == "eligible"
    assert "成渝公司" not in bytes(payload).decode()
    assert trade["trade"]["domestic_leg"]["payer"] == "成***"
    assert "成渝公司" not in json.dumps(trade, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"total": "306.01"}, ("R-TRADE-2", "total_differs", "/total")),
        ({"trade_date": "2026-05-14"}, ("V16", "date_in_the_future", "/trade_date")),
        ({"stall_number": "99-1"}, ("R-FILE-2", "stall_not_in_force", "/stall_number")),
        ({"export_agency_id": str(UUID(int=7))}, ("R-TRADE-1", "export_agency_not_in_force", "/export_agency_id")),
        ({"procurement": "entrusted"}, ("R-TRADE-1", "procurement_agency_not_in_force", "/procurement_agency_id")),
        ({"export_mode": "outright"}, ("R-TRADE-1", "export_agency_not_wanted", "/export_agency_id")),
        (
            {"procurement_agency_id": str(UUID(int=7))},
            ("R-TRADE-1", "procurement_agency_not_wanted", "/procurement_agency_id"),
        ),
        ({"domestic_leg": LEG | {"amount": "200.001"}}, ("V54", "amount_too_fine", "/domestic_leg/amount")),
        ({"domestic_leg": LEG | {"paid_on": "2026-05-14"}}, ("V16", "date_in_the_future", "/domestic_leg/paid_on")),
        ({"currency": "ZZZ"}, ("V56", "currency_unknown", "/currency")),
        ({"trade_date": "2025-12-31"}, ("R-FILE-1", "subject_not_filed", "/seller_id")),
    ],
)
async def test_a_trade_against_the_rules_is_refused_and_nothing_is_written(
    market: Any, dsn: str, changed: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    problem = await refused(market, **changed)
    assert expected in said(problem)
    assert counts(dsn) | {"idempotency_keys": 0} == dict.fromkeys(counts(dsn), 0)
    audited = rows(dsn, "SELECT rule, code FROM audit WHERE outcome = 'refused'")
    assert expected[:2] in audited


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"amount": "306.01"}, ("R-TRADE-2", "amount_differs", "/lines/0/amount")),
        ({"unit_price": "0", "amount": "0"}, ("V14", "amount_not_positive", "/lines/0/amount")),
        ({"hs_code": "999999"}, ("V11", "hs_code_unknown", "/lines/0/hs_code")),
        ({"statutory_unit": "把"}, ("V11", "statutory_unit_differs", "/lines/0/statutory_unit")),
        (
            {"second_statutory_unit": "把", "second_statutory_quantity": "1"},
            ("V11", "statutory_unit_differs", "/lines/0/second_statutory_unit"),
        ),
        ({"unit": "公斤"}, ("V56", "unit_unknown", "/lines/0/unit")),
        ({"statutory_unit": "公斤"}, ("V56", "unit_unknown", "/lines/0/statutory_unit")),
        ({"unit": "打", "statutory_unit": "个"}, ("V57", "statutory_quantity_differs", "/lines/0/statutory_quantity")),
        ({"unit": "千克"}, ("V57", "statutory_quantity_differs", "/lines/0/statutory_quantity")),
        ({"net_weight_kg": "50.5"}, ("V12", "net_weight_differs", "/lines/0/statutory_quantity")),
        ({"hs_code": "9304000000"}, ("R-GOODS-1", "goods_not_allowed", "/lines/0/hs_code")),
        ({"goods_name": "仿真枪配件"}, ("R-GOODS-1", "goods_not_allowed", "/lines/0/hs_code")),
    ],
)
async def test_a_line_against_the_rules_is_refused_at_its_field(
    market: Any, changed: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert expected in said(await refused(market, lines=[market.line(**changed)]))


async def test_all_breaches_are_reported_at_once(market: Any) -> None:
    lines = [market.line(hs_code="999999", net_weight_kg="1")]
    problem = await refused(market, total="1", trade_date="2026-06-01", lines=lines)
    assert {each[1] for each in said(problem)} >= {"total_differs", "date_in_the_future", "hs_code_unknown"}


async def test_goods_in_no_list_are_registered_as_needing_a_person(market: Any) -> None:
    line = market.line(goods_name="竹制太极剑架", hs_code="4421999090")
    trade = await market.registered(lines=[line])
    assert trade["trade"]["lines"][0]["verdict"]["decision"] == "needs_person"


async def test_cash_is_recorded_as_ineligible_with_its_reason(market: Any) -> None:
    trade = await market.registered(settlement_method="cash")
    assert not trade["eligible"]
    assert "cash" in trade["trade"]["ineligible_reasons"][0]


async def test_nobody_files_an_exemption_for_goods_bought_outright(market: Any) -> None:
    trade = (await market.registered(export_mode="outright", export_agency_id=None))["trade"]
    assert (trade["stall_holder_id"], trade["exemption_filer_id"]) == (None, None)
    assert trade["owner_id"] == trade["collector_id"] == str(market.operator)


async def test_an_own_export_is_collected_and_filed_by_the_exporter(market: Any) -> None:
    body = market.trade(export_mode="own", export_agency_id=None, consignor_id=str(market.seller))
    answer = await market.door.done(*REGISTER, body, role="stall_holder", subject_id=market.seller)
    assert answer["trade"]["collector_id"] == answer["trade"]["exemption_filer_id"] == str(market.seller)


async def test_an_own_export_names_no_agency_not_even_an_unknown_one(market: Any) -> None:
    own = {"export_mode": "own", "consignor_id": str(market.seller), "export_agency_id": str(uuid4())}
    answer = await market.door.call(*REGISTER, market.trade(**own), role="stall_holder", subject_id=market.seller)
    assert said(answer.json()) == {("R-TRADE-1", "export_agency_not_wanted", "/export_agency_id")}


async def test_a_suspension_stops_the_next_trade_at_once(market: Any) -> None:
    await market.registered()
    await market.hear(subject("stall_holder", subject_id=market.seller, stall="02-000018", status="suspended"))
    problem = await refused(market)
    assert ("R-FILE-3", "subject_suspended", "/seller_id") in said(problem)
    await market.hear(subject("stall_holder", subject_id=market.seller, stall="02-000018"))
    await market.registered()


async def test_an_agency_that_ended_stops_the_next_trade(market: Any) -> None:
    await market.registered()
    await market.hear(export_agency(market.seller, market.operator, agreement_id=market.agency, status="terminated"))
    assert {each[1] for each in said(await refused(market))} == {"export_agency_not_in_force"}


async def test_a_repeat_of_the_key_gives_the_first_answer_and_writes_nothing(market: Any, dsn: str) -> None:
    body = market.trade()
    first = await market.door.call(*REGISTER, body, key="once", **market.as_operator())
    before = counts(dsn)
    again = await market.door.call(*REGISTER, body, key="once", **market.as_operator())
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert counts(dsn) == before
    other = await market.door.call(*REGISTER, market.trade(channel="market"), key="once", **market.as_operator())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_repeat_gets_the_first_response_though_the_rules_would_refuse_now(market: Any) -> None:
    first = await market.door.call(*REGISTER, market.trade(), key="once", **market.as_operator())
    await market.hear(subject("operator", subject_id=market.operator, status="suspended"))
    again = await market.door.call(*REGISTER, market.trade(), key="once", **market.as_operator())
    assert (again.status_code, again.content) == (201, first.content)


async def test_a_refusal_is_kept_under_its_key_too(market: Any, dsn: str) -> None:
    first = await market.door.call(*REGISTER, market.trade(total="1"), key="once", **market.as_operator())
    again = await market.door.call(*REGISTER, market.trade(total="1"), key="once", **market.as_operator())
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content
    assert len(rows(dsn, "SELECT 1 FROM audit WHERE outcome = 'refused'")) == 1


async def test_one_key_ten_times_at_once_is_one_trade(market: Any, dsn: str) -> None:
    body = market.trade()
    answers = await asyncio.gather(
        *(market.door.call(*REGISTER, body, key="ten", **market.as_operator()) for _ in range(10))
    )
    created = {answer.content for answer in answers if answer.status_code == 201}
    assert len(created) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert counts(dsn)["trades"] == counts(dsn)["outbox"] == 1


async def test_a_refused_trade_does_not_affect_the_others_of_its_batch(market: Any, dsn: str) -> None:
    """All trades are written in one batch. Only the database can refuse the same slip twice."""
    bodies = [market.trade(external_ref=f"slip-{n % 15}") for n in range(20)]
    answers = await asyncio.gather(*(market.door.call(*REGISTER, body, **market.as_operator()) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] * 15 + [409] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slip_registered_already"}
    assert counts(dsn)["trades"] == counts(dsn)["outbox"] == 15


async def test_numbers_are_distinct_however_many_register_at_once(market: Any) -> None:
    trades = await asyncio.gather(*(market.registered() for _ in range(30)))
    assert len({trade["number"] for trade in trades}) == 30


async def test_nobody_enters_or_reads_a_trade_for_another_party(market: Any, dsn: str) -> None:
    rival = {"role": "operator", "subject_id": market.rival}
    assert (await market.door.call(*REGISTER, market.trade(), **rival)).status_code == 404
    trade = await market.registered()
    for path in (f"/v1/trades/{trade['id']}", f"/v1/trades/{trade['id']}/versions/1"):
        assert (await market.door.call("GET", path, **rival)).status_code == 404
    assert (await market.door.done("GET", "/v1/trades", **rival))["items"] == []
    assert rows(dsn, "SELECT count(*) FROM audit WHERE rule = 'V65' AND outcome = 'denied'")[0][0] == 3


async def test_a_malformed_body_is_named_field_by_field(market: Any, dsn: str) -> None:
    problem = await refused(market, 422, lines=[market.line(quantity=120)], colour="red", total="1e3")
    pointers = {(each["pointer"], each["code"]) for each in problem["errors"]}
    assert pointers == {
        ("/lines/0/quantity", "field_not_text"),
        ("/colour", "field_unknown"),
        ("/total", "field_pattern"),
    }
    answer = await market.door.call(*REGISTER, content=b"{", **market.as_operator())
    assert (answer.status_code, answer.json()["code"]) == (422, "body_not_json")
    assert counts(dsn)["trades"] == 0


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"external_ref": "a\0b"}, "/external_ref"),
        ({"domestic_leg": LEG | {"payer": "a\0"}}, "/domestic_leg/payer"),
        ({"trade_date": "1778630400"}, "/trade_date"),
        ({"trade_date": 1778630400}, "/trade_date"),
        ({"trade_date": "2026-05-13T00:00:00"}, "/trade_date"),
    ],
)
async def test_unstorable_text_and_invalid_dates_are_named(market: Any, changed: dict[str, Any], pointer: str) -> None:
    problem = await refused(market, 422, **changed)
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    line = await refused(market, 422, lines=[market.line(goods_name=" ", producer="a\0")])
    assert [each["pointer"] for each in line["errors"]] == ["/lines/0/goods_name", "/lines/0/producer"]


async def test_the_same_document_on_two_trades_is_flagged_with_its_method(market: Any) -> None:
    """V15, V19."""
    first = await market.registered(document_hashes=["a" * 64])
    second = await market.registered(document_hashes=["a" * 64, "b" * 64], settlement_method="cash")
    read = await market.door.done("GET", f"/v1/trades/{first['id']}", **market.as_operator())
    assert read["same_document"] == [{"number": second["number"], "other_method": True}]


async def test_a_shared_document_names_the_other_trade_only_to_those_who_may_read_it(market: Any) -> None:
    first = await market.registered(document_hashes=["a" * 64])
    own = {"export_mode": "outright", "export_agency_id": None, "consignor_id": str(market.rival)}
    rival = {"role": "operator", "subject_id": market.rival}
    await market.door.done(*REGISTER, market.trade(document_hashes=["a" * 64], **own), **rival)
    path = f"/v1/trades/{first['id']}"
    read = await market.door.done("GET", path, **market.as_operator())
    assert read["same_document"] == [{"number": None, "other_method": False}]
    seller = await market.door.done("GET", path, role="stall_holder", subject_id=market.seller)
    assert seller["same_document"][0]["number"]


async def test_an_agent_sees_the_trades_of_the_buyers_it_buys_for(market: Any) -> None:
    agent, other = uuid4(), uuid4()
    bought = export_agency(market.buyer, agent, agreement_id=uuid4(), kind="procurement_agency")
    await market.hear(bought, *(subject("agent", subject_id=each) for each in (agent, other)))
    agreement = str(bought.agreement.agreement_id)
    trade = await market.registered(procurement="entrusted", procurement_agency_id=agreement)
    await market.registered()
    for subject_id, seen in ((agent, [trade["id"]]), (other, [])):
        page = await market.door.done("GET", "/v1/trades", role="agent", subject_id=subject_id)
        assert [each["id"] for each in page["items"]] == seen
