"""What both buses promise: one class, run against the embedded log and against a real Apache Kafka."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import make_sessions
from shared.messaging.bus import Batches, Bus, Contradiction, Cursor, Fenced, Outgoing, Positions, Reader, Record
from shared.messaging.consumer import Consumer
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of, read_envelope
from shared.messaging.kafka import KafkaBus
from shared.messaging.parking import list_parked, release, retry_aggregate
from shared.messaging.rebuild import projection_hashes, rebuild
from shared.vocabulary.errors import Conflict
from shared.workshop.testing.running import running
from shared.workshop.testing.signing import relay_of, signed
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
TOPIC = "tax-exemption.returns"
EVENT = "tax_exemption.item_decided.v1"


async def from_zero() -> Positions:
    return {}


async def read_all(bus: Bus, topics: list[str] | None = None) -> list[Record]:
    reader = bus.reader("", topics or [TOPIC], from_zero)
    await reader.start()
    records: list[Record] = []
    try:
        quiet = 0
        while quiet < 2:
            batches = await reader.fetch(most=1000, wait_seconds=0.3)
            quiet = 0 if batches else quiet + 1
            records += [record for batch in batches.values() for record in batch]
    finally:
        await reader.close()
    return records


def outgoing(key: str, sequence: int, *, value: bytes = b"{}", kind: str = EVENT) -> Outgoing:
    fields = {
        "ce_id": f"00000000-0000-0000-0000-{sequence:012}",
        "ce_type": kind,
        "ce_source": "/services/tax-exemption",
        "ce_subject": key,
        "ce_sequence": str(sequence),
        "ce_time": "2026-05-13T01:00:00Z",
        "ce_actor": "tax:1",
        "ce_pilot": "longshui",
    }
    headers = [(name, text.encode()) for name, text in fields.items()]
    return signed(Outgoing(TOPIC, partition_of(key, 6), key, value, headers))


def event_json(reason: str) -> bytes:
    ids = '"item_id":"{0}","portion_id":"{0}","declaration_id":"{0}","stall_holder_id":"{0}"'.format(
        "019a0000-0000-7000-8000-000000000001"
    )
    return f'{{{ids},"pilot":"longshui","outcome":"waived","reason":"{reason}"}}'.encode()


async def first_batches(reader: Reader) -> Batches:
    try:
        await reader.start()
        async with asyncio.timeout(60):
            while not (batches := await reader.fetch(most=10, wait_seconds=0.2)):
                continue
        return batches
    finally:
        await reader.close()


async def cut(bus: Bus, topic: str, partition: int, before: int) -> None:
    """Delete a partition's first records, which must never happen in production."""
    if isinstance(bus, EmbeddedBus):
        dropped = 'DELETE FROM bus_records WHERE topic = $1 AND partition = $2 AND "offset" < $3'
        await (await bus.pool()).execute(dropped, topic, partition, before)
        return
    assert isinstance(bus, KafkaBus)
    admin = AIOKafkaAdminClient(bootstrap_servers=bus.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(bus.prefix + topic, partition): RecordsToDelete(before_offset=before)})
    await admin.close()


class TestBusContract:
    async def test_records_and_cursor_commit_together(self, bus: Bus) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        publisher = bus.publisher(SERVICE)
        assert await publisher.fence() is None
        await publisher.publish([outgoing("a", 1), outgoing("a", 2), outgoing("b", 1)], 3)
        await publisher.close()
        again = bus.publisher(SERVICE)
        cursor = await again.fence()
        assert cursor == 3
        assert (cursor.lineage, cursor.event_id) == (None, None)
        await again.publish([], Cursor(3, lineage="a database", event_id="an event"))
        cursor = await again.fence()
        assert cursor == 3
        assert (cursor.lineage, cursor.event_id) == ("a database", "an event")
        await again.close()
        records = await read_all(bus)
        assert sorted((each.key, read_envelope(each.headers).sequence) for each in records) == [
            ("a", 1),
            ("a", 2),
            ("b", 1),
        ]
        assert await bus.count_records([TOPIC]) == 3

    async def test_order_within_a_key_is_the_order_of_publishing(self, bus: Bus) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        publisher = bus.publisher(SERVICE)
        await publisher.fence()
        for start in range(1, 60, 20):
            batch = [outgoing(f"k{n % 5}", n) for n in range(start, start + 20)]
            await publisher.publish(batch, start + 19)
        await publisher.close()
        seen: dict[str, list[int]] = {}
        for record in await read_all(bus):
            seen.setdefault(record.key, []).append(read_envelope(record.headers).sequence)
        assert sum(map(len, seen.values())) == 60
        assert all(numbers == sorted(numbers) for numbers in seen.values())

    async def test_an_older_relay_is_fenced(self, bus: Bus) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        first, second = bus.publisher(SERVICE), bus.publisher(SERVICE)
        await first.fence()
        await first.publish([outgoing("a", 1)], 1)
        assert await second.fence() == 1
        with pytest.raises(Fenced):
            await first.publish([outgoing("a", 2)], 2)
        await second.publish([outgoing("a", 2)], 2)
        await first.close()
        await second.close()
        assert len(await read_all(bus)) == 2

    async def test_topics_without_a_cursor_stop_the_relay_with_a_sentence(
        self, bus: Bus, make_side: Any, say: Any, make_engine_of: Any
    ) -> None:
        await bus.ensure_topics([TOPIC, "tax-exemption.certificates"], cursor_of="registry")
        other = bus.publisher("registry")
        await other.fence()
        await other.publish([outgoing("a", 1)], 1)
        await other.close()
        relay = relay_of(SERVICE, make_side().dsn, bus)
        async with running(relay):
            await until(lambda: "no relay cursor" in relay.standing.reasons.get("relay", ""))

    async def test_a_cursor_beyond_the_outbox_stops_the_relay_with_a_sentence(self, bus: Bus, make_side: Any) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        publisher = bus.publisher(SERVICE)
        await publisher.fence()
        await publisher.publish([outgoing("a", 1)], 17)
        await publisher.close()
        relay = relay_of(SERVICE, make_side().dsn, bus)
        async with running(relay):
            await until(lambda: "restored" in relay.standing.reasons.get("relay", ""))

    @pytest.mark.parametrize(("position", "said"), [(0, "cut or replaced"), (99, "made anew or cut")])
    async def test_a_position_outside_its_topic_stops_the_reader_with_a_sentence(
        self, bus: Bus, position: int, said: str
    ) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        publisher = bus.publisher(SERVICE)
        await publisher.fence()
        await publisher.publish([outgoing("a", n) for n in range(1, 6)], 5)
        await publisher.close()
        where = (TOPIC, partition_of("a", 6))
        await cut(bus, *where, 3)

        async def positions() -> Positions:
            return {where: position}

        with pytest.raises(Contradiction, match=said):
            await first_batches(bus.reader("", [TOPIC], positions))

    async def test_each_event_is_applied_once_however_many_relays_run(
        self, bus: Bus, make_side: Any, say: Any, make_engine_of: Any, make_wake: Any
    ) -> None:
        teller, hearer = make_side(), make_side()
        saying, hearing = make_engine_of(teller.dsn), make_engine_of(hearer.dsn)
        subscriptions = hearer.subscriptions()
        consumer = Consumer(hearing, hearer.messaging, bus, subscriptions, make_wake(hearing))
        relays = [relay_of(SERVICE, teller.dsn, bus) for _ in range(2)]
        async with running(consumer, *relays):
            await asyncio.gather(*(say(saying, f"k{n}", 20) for n in range(5)))
            await until(lambda: count_is(hearing, 100))
        await assert_each_once(hearing, 5, 20)

    @pytest.mark.parametrize("kind", ["bad_json", "schema_breach", "handler_error", "sequence_gap"])
    async def test_an_unreadable_event_parks_its_aggregate_and_the_partition_goes_on(
        self, bus: Bus, make_side: Any, make_engine_of: Any, make_wake: Any, kind: str
    ) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        poison = {
            "bad_json": outgoing("bad", 2, value=b"{not json"),
            "schema_breach": outgoing("bad", 2, value=b'{"pilot": 7}'),
            "handler_error": outgoing("bad", 2, value=event_json("bug")),
            "sequence_gap": outgoing("bad", 3, value=event_json("early")),
        }[kind]
        good = [outgoing(f"good{n}", s, value=event_json(str(s))) for s in (1, 2, 3) for n in range(8)]
        publisher = bus.publisher(SERVICE)
        await publisher.fence()
        batch = [outgoing("bad", 1, value=event_json("1")), *good[:8], poison, *good[8:]]
        behind = outgoing("bad", 4 if kind == "sequence_gap" else 3, value=event_json("behind"))
        await publisher.publish([*batch, behind], 1)
        await publisher.close()
        side = make_side()
        engine = make_engine_of(side.dsn)
        subscriptions = side.subscriptions()
        async with running(Consumer(engine, side.messaging, bus, subscriptions, make_wake(engine))):
            await until(lambda: count_is(engine, 25))
            await until(lambda: parked_is(engine, 2))
        async with make_sessions(engine).begin() as session:
            waiting = await list_parked(session, side.messaging, "longshui")
            assert [row.reason for row in waiting] == [kind, "behind"]
            assert {row.key for row in waiting} == {"bad"}
            assert await retry_aggregate(session, side.messaging, subscriptions, "longshui", waiting[0].id) == 0
        await self._released_by_two(engine, side, subscriptions, waiting[0].id)
        assert await count_is(engine, 26)
        hashes = await projection_hashes(engine, side.metadata)
        await rebuild(engine, bus, side.messaging, subscriptions, side.metadata)
        assert await projection_hashes(engine, side.metadata) == hashes
        assert hashes["copies"] != await empty_hash(engine)

    async def _released_by_two(self, engine: AsyncEngine, side: Any, subscriptions: Any, parked: int) -> None:
        sessions = make_sessions(engine)

        async def by(person: str) -> str:
            async with sessions.begin() as session:
                tables = side.messaging
                return await release(
                    session, tables, subscriptions, "longshui", parked, person=person, reason="known bug"
                )

        assert await by("anna") == "proposed"
        with pytest.raises(Conflict, match="proposed"):
            await by("anna")
        assert await by("bo") == "released"
        with pytest.raises(Conflict, match="released"):
            await by("bo")

    async def test_repeats_and_unknown_types_are_skipped(
        self, bus: Bus, make_side: Any, make_engine_of: Any, make_wake: Any
    ) -> None:
        await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
        publisher = bus.publisher(SERVICE)
        await publisher.fence()
        records = [
            outgoing("a", 1, value=event_json("1")),
            outgoing("a", 2, kind="tax_exemption.unheard_of.v1"),
        ]
        await publisher.publish([*records, *records, outgoing("a", 3, value=event_json("3"))], 1)
        await publisher.close()
        side = make_side()
        engine = make_engine_of(side.dsn)
        consumer = Consumer(engine, side.messaging, bus, side.subscriptions(), make_wake(engine))
        async with running(consumer):
            await until(lambda: count_is(engine, 2))
        assert await sequences(engine) == [("a", 1), ("a", 3)]
        assert await parked_is(engine, 0)

    async def test_a_consumer_resumes_at_its_committed_positions(
        self, bus: Bus, make_side: Any, say: Any, make_engine_of: Any, make_wake: Any
    ) -> None:
        teller, hearer = make_side(), make_side()
        saying, hearing = make_engine_of(teller.dsn), make_engine_of(hearer.dsn)
        for start in (1, 11):
            consumer = Consumer(hearing, hearer.messaging, bus, hearer.subscriptions(), make_wake(hearing))
            async with running(relay_of(SERVICE, teller.dsn, bus), consumer):
                await say(saying, "k0", 10, first=start)
                await until(partial(count_is, hearing, start + 9))
        await assert_each_once(hearing, 1, 20)


async def count_is(engine: AsyncEngine, wanted: int) -> bool:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM effects")) == wanted


async def parked_is(engine: AsyncEngine, wanted: int) -> bool:
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM parked_events WHERE state = 'parked'"))
        return found == wanted


async def sequences(engine: AsyncEngine) -> list[tuple[str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT key, sequence::int FROM effects ORDER BY applied"))
        return [(row[0], row[1]) for row in rows]


async def empty_hash(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        found: str = await connection.scalar(select(text("md5('')")))
        return found


async def assert_each_once(engine: AsyncEngine, keys: int, count: int) -> None:
    applied = await sequences(engine)
    assert sorted(applied) == sorted((f"k{n}", s) for n in range(keys) for s in range(1, count + 1))
    for n in range(keys):
        own = [sequence for key, sequence in applied if key == f"k{n}"]
        assert own == sorted(own)


class TestNewTopics:
    async def test_a_reader_of_topics_made_a_moment_ago_reads_all_their_partitions(self, bus: Bus) -> None:
        from shared.events.catalogue import TOPICS

        names = list(TOPICS)
        await bus.ensure_topics(names)
        reader = bus.reader("", names, from_zero)
        await reader.start()
        try:
            await bus.ensure_topics([], cursor_of=SERVICE)
            publisher = bus.publisher(SERVICE)
            await publisher.fence()
            sent = [Outgoing(name, n, f"k{n}", b"{}", []) for name in names for n in range(6)]
            await publisher.publish(sent, 1)
            await publisher.close()
            found = 0
            async with asyncio.timeout(30):
                while found < len(sent):
                    batches = await reader.fetch(most=1000, wait_seconds=0.5)
                    found += sum(map(len, batches.values()))
        finally:
            await reader.close()
