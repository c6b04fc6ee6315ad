"""A topic that was deleted is never made again in silence, and one made anew is never taken for the old one."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from shared.messaging.bus import Bus, Cursor, Outgoing, cursor_topic
from shared.messaging.consumer import Consumer
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of
from shared.messaging.kafka import KafkaBus
from shared.messaging.relay import Relay
from shared.workshop.testing.running import running
from shared.workshop.testing.signing import relay_of, signed
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
TOPIC = "tax-exemption.returns"


async def delete(bus: Bus, topic: str) -> None:
    if isinstance(bus, EmbeddedBus):
        for table in ("bus_records", "bus_partitions"):
            await (await bus.pool()).execute(f"DELETE FROM {table} WHERE topic = $1", topic)
        return
    assert isinstance(bus, KafkaBus)
    admin = AIOKafkaAdminClient(bootstrap_servers=bus.bootstrap)
    await admin.start()
    await admin.delete_topics([bus.prefix + topic])
    await admin.close()

    async def gone() -> bool:
        return not await bus.identities([topic])

    await until(gone)


async def outgrow(bus: Bus, decided_json: bytes, count: int) -> None:
    """Fill a topic made anew beyond where readers of the old one were."""

    def record(n: int) -> Outgoing:
        fields = {
            "ce_id": f"00000000-0000-0000-0000-{n:012}",
            "ce_type": "tax_exemption.item_decided.v1",
            "ce_source": "/services/tax-exemption",
            "ce_subject": "k0",
            "ce_sequence": str(n),
            "ce_time": "2026-05-13T01:00:00Z",
            "ce_actor": "tax:1",
            "ce_pilot": "longshui",
        }
        headers = [(a, b.encode()) for a, b in fields.items()]
        return signed(Outgoing(TOPIC, partition_of("k0", 6), "k0", decided_json, headers))

    await bus.ensure_topics([TOPIC], cursor_of="registry")
    publisher = bus.publisher("registry")
    await publisher.fence()
    await publisher.publish([record(n) for n in range(1, count + 1)], Cursor(1))
    await publisher.close()


async def effects(engine: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM effects")))


@pytest.fixture
async def market(bus: Bus, make_side: Any, make_engine_of: Any, make_wake: Any, say: Any) -> Any:
    """A teller and a hearer, 5 events told and heard; `relay` and `consumer` make them anew."""
    teller, hearer = make_side(), make_side()
    saying, hearing = make_engine_of(teller.dsn), make_engine_of(hearer.dsn)

    class Market:
        engines = saying, hearing

        def relay(self) -> Relay:
            return relay_of(SERVICE, teller.dsn, bus)

        def consumer(self) -> Consumer:
            return Consumer(hearing, hearer.messaging, bus, hearer.subscriptions(), make_wake(hearing))

        async def heard(self, count: int) -> None:
            async def all_heard() -> bool:
                return await effects(hearing) == count

            await until(all_heard)

    made = Market()
    async with running(made.relay(), made.consumer()):
        await say(saying, "k0", 5)
        await made.heard(5)
    return made


async def stands(part: Any, name: str, said: str) -> None:
    """Run a relay or a consumer until it stands with these words."""
    async with running(part):
        await until(lambda: said in part.standing.reasons.get(name, ""))
        assert not part.ready.is_set()


async def test_a_relay_makes_no_lost_topic_again(bus: Bus, market: Any, say: Any) -> None:
    await delete(bus, TOPIC)
    await say(market.engines[0], "k0", 2, first=6)
    for _ in range(2):
        await stands(market.relay(), "relay", f"topic {TOPIC} is gone")
    assert await bus.identities([TOPIC]) == {}


async def test_a_relay_at_work_stops_at_a_topic_that_was_made_anew(bus: Bus, market: Any, say: Any) -> None:
    relay = market.relay()
    async with running(relay):
        await relay.ready.wait()
        await delete(bus, TOPIC)
        await bus.ensure_topics([TOPIC])
        await say(market.engines[0], "k0", 2, first=6)
        await until(lambda: f"topic {TOPIC} was deleted and made anew" in relay.standing.reasons.get("relay", ""))
    assert await bus.count_records([TOPIC]) == 0


async def test_a_lost_cursor_topic_is_not_made_again(bus: Bus, market: Any) -> None:
    await delete(bus, cursor_topic(SERVICE))
    await stands(market.relay(), "relay", "relay.cursor.tax-exemption is gone")
    assert await bus.identities([cursor_topic(SERVICE)]) == {}


@pytest.mark.parametrize("outgrown", [3, 9])
async def test_a_consumer_skips_nothing_of_a_topic_made_anew(
    bus: Bus, market: Any, decided_json: bytes, outgrown: int
) -> None:
    await delete(bus, TOPIC)
    await outgrow(bus, decided_json, outgrown)
    for _ in range(2):
        await stands(market.consumer(), "consumer", f"topic {TOPIC} was deleted and made anew")
    assert await effects(market.engines[1]) == 5


async def test_a_consumer_at_work_skips_nothing_of_a_topic_made_anew(
    bus: Bus, market: Any, decided_json: bytes
) -> None:
    consumer = market.consumer()
    async with running(consumer):
        await consumer.ready.wait()
        await delete(bus, TOPIC)
        await outgrow(bus, decided_json, 9)
        # Kafka's client may notice before the topic is asked for its identity.
        await until(lambda: bool(consumer.standing.reasons))
        said = consumer.standing.reasons["consumer"]
        assert "made anew" in said or "cut or replaced" in said
    assert await effects(market.engines[1]) == 5


async def test_what_the_last_release_left_is_known_from_the_first_start(bus: Bus, market: Any) -> None:
    """Without kept identities a topic that is gone is still missed: events were carried, positions reached."""
    for missed in ({"relay": "is gone", "consumer": "is gone"}, {"relay": "is empty", "consumer": "beyond the end"}):
        for engine in market.engines:
            async with engine.begin() as connection:
                await connection.execute(text("DELETE FROM topic_identities"))
                await connection.execute(text("DELETE FROM contradictions"))
        await (delete(bus, TOPIC) if missed["relay"] == "is gone" else bus.ensure_topics([TOPIC]))
        await stands(market.consumer(), "consumer", missed["consumer"])
        await stands(market.relay(), "relay", missed["relay"])
