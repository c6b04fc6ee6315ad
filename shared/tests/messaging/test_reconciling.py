"""Bringing database and bus together again: by a plan that two persons agreed to, nothing left out, nothing twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.messaging.bus import Bus, Positions
from shared.messaging.consumer import Consumer
from shared.messaging.envelope import read_envelope
from shared.messaging.relay import Relay
from shared.messaging.signing import KEY_ID, SIGNATURE
from shared.workshop.testing.parked_hearer import outgoing
from shared.workshop.testing.running import running, sql
from shared.workshop.testing.servers import database_of
from shared.workshop.testing.signing import relay_of
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
ADDRESS = "https://tax.example.org"
TOPIC = "tax-exemption.returns"
CERTIFICATES = "tax-exemption.certificates"
_CONFIRM = "UPDATE reconciliations SET previewed_by = 'anna', confirmed_by = 'bo' WHERE settled_at IS NULL"
_PLAN = "SELECT plan FROM reconciliations WHERE settled_at IS NULL ORDER BY made_at DESC LIMIT 1"
_CERTIFICATE = {
    **dict.fromkeys(
        ("certificate_id", "operator_id", "principal_id", "declaration_id"), "019a0000-0000-7000-8000-000000000001"
    ),
    "pilot": "longshui", "number": "1", "version": 1, "customs_number": "1", "export_date": None, "status": "issued",
    "value": "1", "currency": "USD", "portion_ids": [],
}  # fmt: skip


async def say_one(dsn: str, key: str, sequence: int, payload: bytes, topic: str = TOPIC) -> None:
    kind = "item_decided" if topic == TOPIC else "certificate_issued"
    await sql(
        dsn,
        "INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload)"
        " VALUES (gen_random_uuid(), $1, $2, $3, $4, now(), 'a', 'longshui', $5)",
        f"tax_exemption.{kind}.v1", topic, key, sequence, payload,
    )  # fmt: skip


async def on_topic(bus: Bus, topic: str) -> list[tuple[str, int, str]]:
    async def from_zero() -> Positions:
        return {}

    reader = bus.reader("", [topic], from_zero)
    await reader.start()
    said = []
    try:
        while (batches := await reader.fetch(most=500, wait_seconds=0.3)) or await reader.lag():
            for record in (each for batch in batches.values() for each in batch):
                read = read_envelope(record.headers)
                schema = dict(record.headers)["ce_dataschema"].decode()
                assert schema == f"{ADDRESS}/docs/events/{read.type}.json"
                said.append((read.key, read.sequence, read.type.split(".")[1]))
    finally:
        await reader.close()
    return said


async def plan_of(dsn: str) -> dict[str, Any]:
    """The plan that the relay made, once it is there."""

    async def made() -> bool:
        return await sql(dsn, _PLAN) is not None

    await until(made)
    plan: dict[str, Any] = json.loads(await sql(dsn, _PLAN))
    return plan


async def agreed(dsn: str) -> bool:
    return await sql(dsn, "SELECT count(*) FROM contradictions") == 0


class Market:
    """A teller and a hearer; `restored` is the teller as it was after three events of one aggregate."""

    def __init__(self, bus: Bus, teller: Any, hearer: Any, engine: Any, wake: Any) -> None:
        self.bus, self.teller, self.hearer, self._engine, self._wake = bus, teller, hearer, engine, wake
        self.restored: Any = None

    def relay(self, side: Any) -> Relay:
        return relay_of(SERVICE, side.dsn, self.bus, ADDRESS)

    def consumer(self) -> Consumer:
        subscriptions = self.hearer.subscriptions()
        return Consumer(self._engine, self.hearer.messaging, self.bus, subscriptions, self._wake)

    async def heard(self, count: int) -> None:
        async def all_heard() -> bool:
            return await sql(self.hearer.dsn, "SELECT count(*) FROM effects") == count

        await until(all_heard)


@pytest.fixture
async def market(
    bus: Bus, make_side: Any, make_engine_of: Any, make_wake: Any, make_database: Any, decided_json: bytes
) -> Market:
    teller, hearer = make_side(), make_side()
    engine = make_engine_of(hearer.dsn)
    made = Market(bus, teller, hearer, engine, make_wake(engine))
    for first, last in ((1, 3), (4, 8)):
        for sequence in range(first, last + 1):
            await say_one(teller.dsn, "k", sequence, decided_json)
        async with running(made.relay(teller), made.consumer()):
            await made.heard(last)
        if made.restored is None:
            made.restored = replace(teller, dsn=make_database(database_of(teller.dsn)))
    return made


async def test_what_a_restore_lost_is_taken_in_and_its_readers_are_brought_to_what_the_owner_knows(
    bus: Bus, market: Market, decided_json: bytes
) -> None:
    dsn = market.restored.dsn
    await sql(dsn, "CREATE SEQUENCE trade_numbers")
    # Written by a release without the guard: never to be forgotten.
    await sql(dsn, "UPDATE lineage SET compared_in = NULL")
    await say_one(dsn, "new", 1, decided_json)
    relay = market.relay(market.restored)
    async with running(relay, market.consumer()):
        plan = await plan_of(dsn)
        assert [each["sequence"] for each in plan["beyond_the_outbox"]] == [4, 5, 6, 7, 8]
        assert [(each["key"], each["sequence"]) for each in plan["never_carried"]] == [("new", 1)]
        await asyncio.sleep(1.5)
        assert relay.standing.reasons
        assert await bus.count_records([TOPIC]) == 8
        await sql(dsn, _CONFIRM)
        await until(lambda: agreed(dsn))
        await until(relay.ready.is_set)
        # The owner counts its own fourth: readers have eight, and what was said anew.
        await say_one(dsn, "k", 4, decided_json)
        await market.heard(11)
    said = [(key, n) for key, n, _ in await on_topic(bus, TOPIC)]
    assert [n for key, n in said if key == "k"] == list(range(1, 11))
    assert [n for key, n in said if key == "new"] == [1]
    assert await sql(dsn, "SELECT count(*) FROM lost_acts WHERE kind = 'beyond'") == 5
    # What the five may have used of the numbers that people are given is not given again.
    assert await sql(dsn, "SELECT nextval('trade_numbers')") > 1000
    assert await sql(dsn, "SELECT array_agg(sequence ORDER BY sequence)::text FROM outbox WHERE key = 'k'") == (
        "{1,2,3,4,5,6,7,8,9,10}"
    )


async def test_what_the_owner_did_not_sign_is_not_taken_into_its_outbox(bus: Bus, market: Market) -> None:
    publisher = bus.publisher(SERVICE)
    cursor = await publisher.fence()
    assert cursor is not None
    forged = outgoing("k", 9, "forged")
    bare = replace(forged, headers=[each for each in forged.headers if each[0] not in (KEY_ID, SIGNATURE)])
    await publisher.publish([bare], cursor)
    await publisher.close()
    relay = market.relay(market.restored)
    async with running(relay):
        plan = await plan_of(market.restored.dsn)
        assert [each["sequence"] for each in plan["beyond_the_outbox"]] == [4, 5, 6, 7, 8]
        assert plan["foreign_records"] == 1


async def test_an_aggregate_that_the_owner_knows_nothing_of_ends_or_is_named(
    bus: Bus, market: Market, decided_json: bytes
) -> None:
    await say_one(market.teller.dsn, "c", 1, json.dumps({"certificate": _CERTIFICATE}).encode(), CERTIFICATES)
    await say_one(market.teller.dsn, "ghost", 1, decided_json)

    async def carried() -> bool:
        return await bus.count_records([TOPIC, CERTIFICATES]) == 10

    async with running(market.relay(market.teller)):
        await until(carried)
    dsn = market.restored.dsn
    async with running(market.relay(market.restored)):
        plan = await plan_of(dsn)
        assert len(plan["beyond_the_outbox"]) == 7
        fates = {each["key"]: (each["fate"], *each["said"]) for each in plan["lost_aggregates"]}
        assert fates == {
            "k": ("said_anew", "tax_exemption.item_decided.v1"),
            "c": ("ended", "tax_exemption.certificate_voided.v1"),
            "ghost": ("named",),
        }
        assert [each["why"] for each in plan["lost_aggregates"] if each["key"] == "ghost"] == [
            "only the trace shows it, as said: no service decides by it"
        ]
        await sql(dsn, _CONFIRM)
        await until(lambda: agreed(dsn))
    assert await on_topic(bus, CERTIFICATES) == [("c", 1, "certificate_issued"), ("c", 2, "certificate_voided")]
    assert [each for each in await on_topic(bus, TOPIC) if each[0] == "ghost"] == [("ghost", 1, "item_decided")]
    assert await sql(dsn, "SELECT count(*) FROM lost_acts WHERE key IN ('c', 'ghost')") == 2


async def test_two_acts_under_one_number_are_both_named_and_the_newest_state_is_said(
    bus: Bus, market: Market, decided_json: bytes
) -> None:
    dsn = market.restored.dsn
    await sql(dsn, "UPDATE lineage SET compared_in = NULL")
    await say_one(dsn, "k", 4, decided_json)
    async with running(market.relay(market.restored)):
        await plan_of(dsn)
        await sql(dsn, _CONFIRM)
        await until(lambda: agreed(dsn))
    assert [n for _, n, _ in await on_topic(bus, TOPIC)] == list(range(1, 10))
    kinds = "SELECT string_agg(kind, ' ' ORDER BY kind, sequence) FROM lost_acts WHERE sequence = 4"
    assert await sql(dsn, kinds) == "beyond set_aside"
    assert await sql(dsn, "SELECT payload FROM lost_acts WHERE sequence = 4 AND kind = 'beyond'") == decided_json


async def test_a_lost_topic_is_written_again_in_order_and_read_again_without_a_repeat(
    bus: Bus, market: Market, decided_json: bytes
) -> None:
    await bus.make_anew([TOPIC])
    teller, hearer = market.teller.dsn, market.hearer.dsn
    relay, consumer = market.relay(market.teller), market.consumer()
    async with running(relay):
        plan = await plan_of(teller)
        assert plan["topics_written_again"] == {TOPIC: 8}
        await sql(teller, _CONFIRM)
        await until(lambda: agreed(teller))
        assert await on_topic(bus, TOPIC) == [("k", n, "item_decided") for n in range(1, 9)]
        # Every worker has a relay; the hearer's makes its plan.
        async with running(consumer, relay_of("fx-settlement", hearer, bus)):
            assert (await plan_of(hearer))["topics_read_again"] == [TOPIC]
            await sql(hearer, _CONFIRM)
            await until(lambda: agreed(hearer))
            await say_one(teller, "k", 9, decided_json)
            await market.heard(9)
            await until(consumer.ready.is_set)


async def test_a_plan_that_became_another_is_made_anew_and_not_carried_out(
    bus: Bus, market: Market, decided_json: bytes
) -> None:
    dsn = market.restored.dsn
    async with running(market.relay(market.restored)):
        await plan_of(dsn)
    # Something else meanwhile: the plan that was agreed to isn't what would be done.
    await sql(dsn, "ALTER TABLE outbox DISABLE TRIGGER outbox_reconciled")
    await say_one(dsn, "new", 1, decided_json)
    await sql(dsn, "ALTER TABLE outbox ENABLE TRIGGER outbox_reconciled")
    await sql(dsn, _CONFIRM)

    async def another() -> bool:
        return bool(json.loads(await sql(dsn, _PLAN) or "{}").get("never_carried"))

    async with running(market.relay(market.restored)):
        await until(another)
        assert not await agreed(dsn)
        assert await sql(dsn, "SELECT count(*) FROM reconciliations WHERE confirmed_by IS NOT NULL") == 0


async def test_a_worker_that_fails_while_it_reconciles_begins_again_and_repeats_nothing(
    bus: Bus, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, failed = market.restored.dsn, []
    make = bus.publisher

    def failing_once(service: str) -> Any:
        publisher = make(service)
        publish = publisher.publish

        async def failing(records: Any, cursor: int) -> None:
            await publish(records, cursor)
            if records and not failed:
                failed.append(1)
                raise ConnectionError("after the bus had committed")

        publisher.publish = failing  # type: ignore[method-assign]  # the test's own fault
        return publisher

    monkeypatch.setattr(bus, "publisher", failing_once)
    async with running(market.relay(market.restored)):
        await plan_of(dsn)
        await sql(dsn, _CONFIRM)
        await until(lambda: agreed(dsn))
    assert failed
    assert [n for _, n, _ in await on_topic(bus, TOPIC)] == list(range(1, 10))
    assert await sql(dsn, "SELECT count(*) FROM lost_acts") == 5
