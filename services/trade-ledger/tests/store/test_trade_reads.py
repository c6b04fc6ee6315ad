"""Single trades are read in a statement that concurrent readers share: each gets what it may see of what is stored."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from shared.workshop.testing.registry_events import hear, subject
from trade_ledger.api.trade_schemas import TradeDetail
from trade_ledger.consumers.subscriptions import subscriptions

LEG = {"amount": "2100.00", "paid_on": "2026-05-13", "payer": "张三", "payee": "李四", "reference": "R-1"}


async def test_those_who_read_at_once_share_statements_and_each_gets_its_own_answer(
    market: Any, make_read_beside: Any
) -> None:
    trade = await market.registered()
    other = await market.registered(document_hashes=["1" * 64])
    path, stranger = f"/v1/trades/{trade['id']}", {"role": "operator", "subject_id": market.rival}
    callers = [
        (path, market.as_operator(), 200),
        (path, stranger, 404),
        (path, {"role": "customs"}, 200),
        (path, {"role": "customs", "pilot": "elsewhere"}, 404),
        (f"/v1/trades/{uuid4()}", market.as_operator(), 404),
        (f"/v1/trades/{other['id']}", {"role": "stall_holder", "subject_id": market.seller}, 200),
        (path, {"role": "operator", "subject_id": uuid4()}, 403),
    ]
    for asked, who, _ in callers:
        await market.door.call("GET", asked, **who)
    beside = make_read_beside(market.door, "trade_reads")
    with market.door.statements() as others:
        answers = await asyncio.gather(*(market.door.call("GET", asked, **who) for asked, who, _ in callers * 3))
    assert [answer.status_code for answer in answers] == [status for _, _, status in callers] * 3
    assert {answer.json()["number"] for answer in answers if answer.is_success} == {trade["number"], other["number"]}
    assert 0 < len(beside.sent) < len(answers)
    # What else is asked is about who isn't filed, and for the audit of refusals.
    assert not any("FROM trades" in each for each in others)


async def test_a_trade_is_answered_as_its_model_says(market: Any) -> None:
    entered = {"domestic_leg": LEG, "lines": [market.line(), market.line(brand="", quantity="120.5", amount="307.28")]}
    trade = await market.registered(**entered, total="613.28")
    read = await market.door.call("GET", f"/v1/trades/{trade['id']}", **market.as_operator())
    told = read.json()
    assert TradeDetail.model_validate_json(read.content).model_dump(mode="json") == told
    assert {name: told[name] for name in trade} == trade
    assert (told["trade"]["domestic_leg"]["payer"], read.headers["etag"]) == ("张***", '"1"')
    assert [each["registered"] for each in told["counters"]] == ["120", "120.5"]


async def test_what_an_earlier_release_left_out_is_told_as_its_default(market: Any, dsn: str) -> None:
    trade = await market.registered()
    before = (await market.door.call("GET", f"/v1/trades/{trade['id']}", **market.as_operator())).json()
    without = """UPDATE trades SET state = jsonb_set(jsonb_set(state - 'ineligible_reasons' - 'domestic_leg',
        '{lines,0}', (state #> '{lines,0}') - 'producer' - 'second_statutory_unit'),
        '{lines,0,verdict}', (state #> '{lines,0,verdict}') - 'reason_zh')"""
    async with market.door.as_worker() as session:
        await (await session.connection()).exec_driver_sql(without)
    after = (await market.door.call("GET", f"/v1/trades/{trade['id']}", **market.as_operator())).json()
    before["trade"]["lines"][0]["verdict"]["reason_zh"] = ""
    assert after == before


async def test_who_shares_a_document_is_told_by_number_to_those_who_reach_both(market: Any) -> None:
    first = await market.registered()
    second = await market.registered(settlement_method="rmb")
    path = f"/v1/trades/{first['id']}"
    operator = await market.door.done("GET", path, **market.as_operator())
    assert operator["same_document"] == [{"number": second["number"], "other_method": True}]


async def test_a_filing_that_no_longer_counts_is_seen_at_once(market: Any) -> None:
    trade = await market.registered()
    path = f"/v1/trades/{trade['id']}"
    assert (await market.door.call("GET", path, **market.as_operator())).status_code == 200
    draft = subject("operator", subject_id=market.operator, status="draft", effective_from=None)
    async with market.door.as_worker() as session:
        await hear(session, subscriptions, draft)
    refused = await market.door.call("GET", path, **market.as_operator())
    assert (refused.status_code, refused.json()["code"]) == (403, "party_not_filed")
