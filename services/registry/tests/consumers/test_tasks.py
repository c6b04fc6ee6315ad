"""Tasks for trade lines that need a person: repeated, corrected, void, decided, and rebuilt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.consumers.subscriptions import subscriptions
from registry.store.tables import metadata
from shared.events.base import Event, Received
from shared.events.trade_ledger import TradeCorrected, TradeRegistered, TradeState, TradeVoided
from shared.messaging.applying import hand_over
from shared.messaging.rebuild import consumer_tables, projection_hashes
from shared.workshop.testing.servers import truncate

HEARD_AT = datetime(2026, 5, 13, 2, tzinfo=UTC)
Hear = Callable[..., Awaitable[None]]


def line(number: int, decision: str = "needs_person", **changed: Any) -> dict[str, Any]:
    verdict = {"decision": decision, "list_version": "", "rule": "", "reason": "not in any list"}
    return {
        "line_id": UUID(int=number), "line_no": number, "goods_name": "竹制剑架", "hs_code": "4421999090",
        "quantity": "10", "unit": "个", "statutory_quantity": "5", "statutory_unit": "千克", "unit_price": "2",
        "amount": "20", "packages": 1, "package_unit": "箱", "net_weight_kg": "5", "origin_place": "重庆大足",
        "verdict": verdict, **changed,
    }  # fmt: skip


def trade(
    *lines: dict[str, Any], trade_id: UUID | None = None, version: int = 1, status: str = "registered"
) -> TradeState:
    party = uuid4()
    return TradeState.model_validate(
        {
            "trade_id": trade_id or uuid4(), "pilot": "longshui", "number": "LS-TR-0000001-0", "version": version,
            "status": status, "kind": "goods", "procurement": "self", "export_mode": "own", "seller_id": party,
            "owner_id": party, "stall_holder_id": party, "consignor_id": party, "buyer_id": party,
            "collector_id": party, "exemption_filer_id": party, "settlement_method": "fx", "eligible": True,
            "channel": "market", "trade_date": "2026-05-13", "price_term": "FOB", "currency": "USD",
            "total": "20", "lines": lines,
        }
    )  # fmt: skip


@pytest.fixture
def hear(bureau: Any) -> Hear:
    async def heard(*events: Event, live: bool = True) -> None:
        async with bureau.door.as_worker() as session:
            for event in events:
                received = Received(event, uuid4(), event.TYPE, "t", "k", 1, HEARD_AT, "t", "longshui", None)
                await hand_over(session, subscriptions, [received], live=live)

    return heard


async def tasks(bureau: Any, **who: Any) -> list[str]:
    page = await bureau.door.done("GET", "/v1/tasks", **who)
    return [each["line_id"] for each in page["items"]]


def ids(*numbers: int) -> list[str]:
    return [str(UUID(int=number)) for number in numbers]


async def test_each_undecided_line_is_one_task_however_often_it_is_heard(bureau: Any, hear: Hear) -> None:
    event = TradeRegistered(trade=trade(line(1), line(2, "eligible"), line(3)))
    await hear(event)
    await hear(event)
    assert await tasks(bureau) == ids(3, 1)
    assert bureau.ask("SELECT count(*) FROM recognition_tasks") == [(2,)]
    assert await tasks(bureau, pilot="yiwu") == []
    assert (await bureau.door.call("GET", "/v1/tasks", role="operator")).status_code == 403


async def test_a_correction_closes_opens_and_renames_tasks_and_a_void_trade_has_none(bureau: Any, hear: Hear) -> None:
    first = trade(line(1), line(2), line(3))
    await hear(TradeRegistered(trade=first))
    second = trade(line(1, "eligible"), line(2, goods_name="竹刀"), line(4), trade_id=first.trade_id, version=2)
    await hear(TradeCorrected(trade=second))
    assert await tasks(bureau) == ids(4, 2)
    assert bureau.ask("SELECT goods_name FROM recognition_tasks WHERE closed_at IS NULL ORDER BY line_id") == [
        ("竹刀",),
        ("竹制剑架",),
    ]
    third = trade(line(1), trade_id=first.trade_id, version=3)
    await hear(TradeCorrected(trade=third))
    assert await tasks(bureau) == ids(1)
    await hear(TradeVoided(trade=third.model_copy(update={"status": "void"})))
    assert await tasks(bureau) == []


async def test_a_decision_closes_the_tasks_on_its_goods_until_it_expires(bureau: Any, hear: Hear) -> None:
    lines = (line(1), line(2, goods_name="竹刀"), line(3, hs_code="4421999010"), line(4, goods_name="大号竹制剑架"))
    await hear(TradeRegistered(trade=trade(*lines)))
    decision = {
        "goods_name": "竹制剑架",
        "hs_code": "4421999090",
        "verdict": "eligible",
        "reason": "household goods",
        "expires_on": "2026-05-20",
    }
    await bureau.door.done("POST", "/v1/commodity-decisions", decision)
    assert await tasks(bureau) == ids(3, 2)
    await hear(TradeRegistered(trade=trade(line(5))))
    assert await tasks(bureau) == ids(3, 2)
    bureau.door.at(datetime(2026, 5, 21, 1, tzinfo=UTC))
    assert await tasks(bureau) == ids(5, 4, 3, 2, 1)


async def test_tasks_are_paged_by_key(bureau: Any, hear: Hear) -> None:
    await hear(TradeRegistered(trade=trade(*(line(number) for number in range(1, 6)))))
    page = await bureau.door.done("GET", "/v1/tasks?limit=3")
    rest = await bureau.door.done("GET", f"/v1/tasks?limit=3&cursor={page['next_cursor']}")
    assert [each["line_id"] for each in page["items"] + rest["items"]] == ids(5, 4, 3, 2, 1)


async def test_tasks_emptied_and_fed_again_are_the_same_also_after_a_decision(bureau: Any, hear: Hear) -> None:
    first = trade(line(1), line(2))
    gone = trade(line(3))
    said: list[Event] = [
        TradeRegistered(trade=first),
        TradeRegistered(trade=gone),
        TradeCorrected(trade=trade(line(1, "eligible"), line(4), trade_id=first.trade_id, version=2)),
        TradeVoided(trade=gone.model_copy(update={"status": "void"})),
    ]
    await hear(*said)
    decision = {"goods_name": "竹制剑架", "hs_code": "4421999090", "verdict": "eligible", "reason": "household goods"}
    await bureau.door.done("POST", "/v1/commodity-decisions", decision)
    assert await tasks(bureau) == []
    engine = bureau.door.worker
    lived = await projection_hashes(engine, metadata)
    assert "recognition_tasks" in consumer_tables(metadata)
    truncate(bureau.dsn, consumer_tables(metadata))
    assert await projection_hashes(engine, metadata) != lived
    await hear(*said, live=False)
    assert await projection_hashes(engine, metadata) == lived
    assert await tasks(bureau) == []
