"""Faults of a consumer: a rival, a client that hangs, duplicates, and any order of arrival.

F6, F11, F12, F13.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import make_sessions
from shared.events.tax_exemption import ItemDecided
from shared.events.trade_ledger import TradeRegistered
from shared.messaging.bus import Batches, Bus, LoadPositions, Outgoing, Positions, Reader, Record
from shared.messaging.consumer import Consumer, Stalled
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of
from shared.messaging.kafka import KafkaBus
from shared.messaging.parking import retry_aggregate
from shared.messaging.rebuild import projection_hashes
from shared.workshop.testing.signing import signed
from shared.workshop.waiting import until

TOPIC = "tax-exemption.returns"
EVENT = (
    '{{"item_id":"{0}","portion_id":"{0}","declaration_id":"{0}","stall_holder_id":"{0}",'
    '"pilot":"longshui","outcome":"waived","reason":"{1}"}}'
)


def record(key: str, sequence: int, offset: int = 0) -> Record:
    fields = {
        "ce_id": f"00000000-0000-0000-0000-{sequence:012}",
        "ce_type": ItemDecided.TYPE,
        "ce_source": "/services/tax-exemption",
        "ce_subject": key,
        "ce_sequence": str(sequence),
        "ce_time": f"2026-05-13T01:00:{sequence:02}Z",
        "ce_actor": "tax:1",
        "ce_pilot": "longshui",
    }
    value = EVENT.format("019a0000-0000-7000-8000-000000000001", f"r{sequence}").encode()
    headers = [(name, said.encode()) for name, said in fields.items()]
    return signed(Record(TOPIC, partition_of(key, 6), offset, key, value, headers))


class NeverAnswers:
    """A client that hangs, as aiokafka's does after some broker restarts: it neither answers nor closes."""

    def __init__(self) -> None:
        self.rewound = 0

    async def start(self) -> None:
        return

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        await asyncio.Event().wait()
        raise AssertionError

    async def rewind(self) -> None:
        self.rewound += 1

    async def mirror(self, positions: Positions) -> None:
        return

    async def lag(self) -> int:
        return 1

    async def close(self) -> None:
        await asyncio.Event().wait()


class ReadsNothing(NeverAnswers):
    """A client that answers, but never with the records that exist."""

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        await asyncio.sleep(0.05)
        return {}


class Cancels(NeverAnswers):
    """A client that loses its connection: it cancels the tasks that wait for it, as aiokafka does."""

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        answer: asyncio.Future[Batches] = asyncio.get_running_loop().create_future()
        answer.cancel()
        return await answer

    async def close(self) -> None:
        return


class FirstReadersFail(EmbeddedBus):
    """The embedded bus, whose first readers fail."""

    def __init__(self, url: str, broken: list[Reader]) -> None:
        super().__init__(url)
        self.broken = broken

    def reader(self, service: str, topics: Any, positions: LoadPositions) -> Any:
        return self.broken.pop() if self.broken else super().reader(service, topics, positions)


@pytest.fixture
def make_consumer(
    make_side: Any, make_engine_of: Any, make_wake: Any, closing: Any
) -> Callable[..., tuple[Consumer, AsyncEngine, Any]]:
    def make(bus: Bus, *, stall_seconds: float = 60) -> tuple[Consumer, AsyncEngine, Any]:
        side, bus = make_side(), closing(bus)
        engine = make_engine_of(side.dsn)
        told = (side.messaging, bus, side.subscriptions(), make_wake(engine))
        return Consumer(engine, *told, stall_seconds=stall_seconds), engine, side

    return make


async def applied(engine: AsyncEngine) -> list[tuple[str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT key, sequence::int FROM effects ORDER BY key, sequence"))
        return [(row[0], row[1]) for row in rows]


async def parked(engine: AsyncEngine, side: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list(await connection.execute(side.messaging.parked_events.select().order_by(text("id"))))


async def positions(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT position FROM consumer_positions"))
        return [row[0] for row in rows]


async def publish(bus: Bus, records: list[Record]) -> None:
    await bus.ensure_topics([TOPIC], cursor_of="tax-exemption")
    publisher = bus.publisher("tax-exemption")
    cursor = await publisher.fence() or 0
    outgoing = [Outgoing(r.topic, r.partition, r.key, r.value, r.headers) for r in records]
    await publisher.publish(outgoing, cursor + len(records))
    await publisher.close()


async def test_a_consumer_that_lost_its_partition_writes_nothing_and_moves_nothing_back(
    make_database: Any, make_consumer: Any
) -> None:
    consumer, engine, _ = make_consumer(EmbeddedBus(make_database()))
    where, reader = (TOPIC, partition_of("a", 6)), NeverAnswers()
    early = [record("a", 1, 0), record("a", 2, 1)]
    await consumer.apply(reader, {where: early})
    await consumer.apply(reader, {where: [record("a", 3, 2), record("a", 4, 3)]})
    assert reader.rewound == 0
    await consumer.apply(reader, {where: early})
    assert reader.rewound == 1
    assert await applied(engine) == [("a", n) for n in (1, 2, 3, 4)]
    assert await positions(engine) == [4]


def told(key: str, **changed: str) -> Record:
    """The first event of a key, with headers that our relay never writes."""
    first = record(key, 1)
    fields = {**dict(first.headers), **{name: value.encode() for name, value in changed.items()}}
    return signed(replace(first, partition=0, headers=list(fields.items())))


async def test_a_record_that_cannot_be_stored_as_text_is_parked_and_the_partition_goes_on(
    make_database: Any, make_consumer: Any
) -> None:
    consumer, engine, side = make_consumer(EmbeddedBus(make_database()))
    nul = "\N{NULL}"
    records = [
        told(f"key{nul}"),
        told("id", ce_id=f"an id{nul}"),
        told("source", ce_source=f"/services/{nul}", ce_pilot=f"pilot{nul}"),
        told("sequence", ce_sequence="9" * 30),
        told("before the first", ce_sequence="0"),
        told("whose day", ce_time="2026-05-13T01:00:00"),
        told("whose word", ce_type=TradeRegistered.TYPE),
        signed(replace(told("deep"), value=b"[" * 200_000)),
        told("good"),
    ]
    placed = [replace(each, offset=offset) for offset, each in enumerate(records)]
    await consumer.apply(NeverAnswers(), {(TOPIC, 0): placed})
    assert await applied(engine) == [("good", 1)]
    shown = "\N{REPLACEMENT CHARACTER}"
    async with make_sessions(engine).begin() as session:
        waiting = (await session.execute(side.messaging.parked_events.select().order_by(text("id")))).all()
        assert [(row.key, row.reason) for row in waiting] == [
            (f"key{shown}", "handler_error"),
            ("id", "bad_envelope"),
            ("source", "forged_source"),
            ("sequence", "bad_envelope"),
            ("before the first", "bad_envelope"),
            ("whose day", "bad_envelope"),
            ("whose word", "foreign_type"),
            ("deep", "bad_json"),
        ]
        assert [row.pilot for row in waiting if row.pilot != "longshui"] == [f"pilot{shown}"]
        for row in waiting:
            assert await retry_aggregate(session, side.messaging, side.subscriptions(), row.pilot, row.id) == 0


async def test_headers_without_a_value_park_their_record_on_kafka(kafka: str, make_consumer: Any) -> None:
    bus = KafkaBus(kafka, f"t{uuid4().hex[:8]}.")
    await publish(bus, [record("bad", 1)])
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    # Our relay never writes this. aiokafka reads such a header as None.
    nothing = cast(list[tuple[str, bytes]], [("ce_id", None), ("ce_pilot", None)])
    where = {"key": b"bad", "partition": partition_of("bad", 6)}
    await producer.send_and_wait(bus.prefix + TOPIC, b"{}", headers=nothing, **where)
    await producer.stop()
    await publish(bus, [record("bad", 2), record("good", 1)])
    consumer, engine, side = make_consumer(bus)
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))

    async def settled() -> bool:
        return len(await parked(engine, side)) >= 2 and len(await applied(engine)) >= 2

    await until(settled)
    stop.set()
    await running
    assert await applied(engine) == [("bad", 1), ("good", 1)]
    assert [row.reason for row in await parked(engine, side)] == ["bad_envelope", "behind"]


async def test_two_rivals_with_the_same_batch_apply_it_once(
    make_database: Any, make_side: Any, make_engine_of: Any, make_wake: Any, closing: Any
) -> None:
    side, bus = make_side(), closing(EmbeddedBus(make_database()))
    engine = make_engine_of(side.dsn)
    wake = make_wake(engine)
    readers = [NeverAnswers() for _ in range(5)]
    rivals = [Consumer(engine, side.messaging, bus, side.subscriptions(), wake) for _ in readers]
    batch = {(TOPIC, partition_of("a", 6)): [record("a", n + 1, n) for n in range(30)]}
    await asyncio.gather(*(rival.apply(reader, batch) for rival, reader in zip(rivals, readers, strict=True)))
    assert await applied(engine) == [("a", n + 1) for n in range(30)]
    assert sum(reader.rewound for reader in readers) == 4


@pytest.mark.parametrize("broken", [NeverAnswers, ReadsNothing, Cancels])
async def test_a_client_that_hangs_or_cancels_is_replaced(
    make_database: Any, make_consumer: Any, broken: Callable[[], Reader]
) -> None:
    bus = FirstReadersFail(make_database(), [broken()])
    await publish(bus, [record("a", 1), record("a", 2)])
    # The broken client causes one of the three allowed stalls; the other two are spare for a slow machine.
    consumer, engine, _ = make_consumer(bus, stall_seconds=2)
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))

    async def both() -> bool:
        return len(await applied(engine)) >= 2

    await until(both)
    stop.set()
    await running
    assert bus.broken == []


async def test_a_cancelled_consumer_ends_as_cancelled(make_database: Any, make_consumer: Any) -> None:
    bus = EmbeddedBus(make_database())
    await publish(bus, [record("a", 1)])
    consumer, engine, _ = make_consumer(bus)
    running = asyncio.create_task(consumer.run(asyncio.Event()))
    await until(lambda: applied(engine))
    running.cancel()
    await asyncio.wait([running], timeout=30)
    assert running.cancelled()


async def test_after_three_new_clients_without_success_the_process_gives_up(
    make_database: Any, make_consumer: Any
) -> None:
    bus = FirstReadersFail(make_database(), [NeverAnswers() for _ in range(9)])
    consumer, _, _ = make_consumer(bus, stall_seconds=0.5)
    with pytest.raises(Stalled):
        await asyncio.wait_for(consumer.run(asyncio.Event()), 60)
    assert len(bus.broken) == 5


def scheduled(chance: random.Random) -> list[Record]:
    """Ten aggregates of eight events, each one to five times, in any order that keeps each aggregate's."""
    queues = [
        [record(f"k{n}", sequence) for sequence in range(1, 9) for _ in range(chance.randint(1, 5))] for n in range(10)
    ]
    told: list[Record] = []
    while queues := [queue for queue in queues if queue]:
        told.append(chance.choice(queues).pop(0))
        if chance.random() < 0.1:
            told.append(chance.choice(told))
    return told


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(8, id="few"),
        pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(900)], id="many"),
    ],
)
async def test_repeats_and_any_order_across_aggregates_give_the_same_state(
    make_database: Any, make_side: Any, make_engine_of: Any, make_wake: Any, closing: Any, seeds: int
) -> None:
    bus = closing(EmbeddedBus(make_database()))
    first, states = random.randrange(10**6), set()
    for seed in range(first, first + seeds):
        chance = random.Random(seed)
        side = make_side()
        engine = make_engine_of(side.dsn)
        wake = make_wake(engine)
        consumer = Consumer(engine, side.messaging, bus, side.subscriptions(), wake)
        told, offsets = scheduled(chance), dict.fromkeys(range(6), 0)
        at = 0
        while at < len(told):
            size = chance.randint(1, 60)
            batches: Batches = {}
            for each in told[at : at + size]:
                placed = Record(TOPIC, each.partition, offsets[each.partition], each.key, each.value, each.headers)
                batches.setdefault((TOPIC, each.partition), []).append(placed)
                offsets[each.partition] += 1
            await consumer.apply(NeverAnswers(), batches)
            at += size
        assert await applied(engine) == [(f"k{n}", s) for n in range(10) for s in range(1, 9)], f"seed {seed}"
        states.add((await projection_hashes(engine, side.metadata))["copies"])
        await wake.close()
        await engine.dispose()
    assert len(states) == 1, f"seeds from {first}"
