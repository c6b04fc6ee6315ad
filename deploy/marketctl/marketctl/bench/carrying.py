"""Events from an outbox to the bus and from the bus into services, beside plain clients of the bus."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from marketctl.bench.figure import Figure, ratios
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from marketctl.bench.saying import say_again
from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.base import PARTITIONS
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import open_bus
from shared.messaging.consumer import ACTIVE_CONSUMER_LOCK
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

_PATIENCE_SECONDS = 900.0
_SEAT = (
    "FROM pg_locks JOIN pg_database d ON d.oid = database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND objid = %s AND granted = %s"
)


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a second, and milliseconds of CPU that each took."""

    each: float
    cpu_ms: float


def carrying(market: Market, plan: Plan) -> list[Figure]:
    """Rates of the relay and of plain clients over a plain producer's, of each service's consumer over the relay's.

    What is carried are the events of the days, so many times over, in their own mixture. The consumers wait until all
    is published, and then apply one after the other.
    """
    rates: dict[str, list[Rate]] = defaultdict(list)
    plain: list[tuple[float, float]] = []
    for _ in range(max(1, plan.rounds // 2)):
        market.drain()
        with ExitStack() as stack:
            seats = {service: stack.enter_context(_consumer_waits(market, service)) for service in SERVICES}
            rates["relay"].append(relay_rate(market, plan.copies))
            if market.layout.bus == "kafka":
                plain.append(asyncio.run(_plain_rates(market)))
            for service in SERVICES:
                if service != "trade-ledger":
                    say_again(market, service, plan.copies)
            market.wait_published()
            for service in SERVICES:
                rates[service].append(_apply_rate(market, service, seats[service], plan.copies))
    return _figures(rates, plain)


def _figures(rates: dict[str, list[Rate]], plain: list[tuple[float, float]]) -> list[Figure]:
    relayed = [rate.each for rate in rates["relay"]]
    producer, consumer = [each[0] for each in plain], [each[1] for each in plain]
    figures = [
        Figure(
            f"apply_{service}",
            ratios([rate.each for rate in rates[service]], relayed),
            f"{statistics.median(rate.each for rate in rates[service]):.0f} events/s",
            statistics.median(rate.cpu_ms for rate in rates[service]),
        )
        for service in SERVICES
    ]
    if not plain:
        return figures
    told = f"{statistics.median(relayed):.0f} events/s; producer {statistics.median(producer):.0f}/s"
    cpu = statistics.median(rate.cpu_ms for rate in rates["relay"])
    return [
        Figure("relay", ratios(relayed, producer), told, cpu),
        Figure("consumer", ratios(consumer, producer), f"{statistics.median(consumer):.0f} events/s"),
        *figures,
    ]


@contextmanager
def _consumer_waits(market: Market, service: str) -> Iterator[ExitStack]:
    """While the block runs, or until the given stack is closed, the bench holds the lock that lets a consumer work."""
    with ExitStack() as seat:
        connection = seat.enter_context(psycopg.connect(market.admin(service), autocommit=True))
        # The lock goes to who has waited for it: the bench asks before the consumer's session is ended.
        asked = threading.Thread(
            target=connection.execute, args=("SELECT pg_advisory_lock(%s)", (ACTIVE_CONSUMER_LOCK,))
        )
        asked.start()
        with psycopg.connect(market.admin(service), autocommit=True) as other:
            waiting: LiteralString = f"SELECT pid {_SEAT}"
            if not wait_until(
                lambda: bool(other.execute(waiting, (ACTIVE_CONSUMER_LOCK, False)).fetchall()), seconds=10, pause=0.05
            ):
                raise ProcessProblem(f"the bench could not ask for the lock of {service}'s consumer")
            other.execute(f"SELECT pg_terminate_backend(pid) {_SEAT}", (ACTIVE_CONSUMER_LOCK, True))
        asked.join()
        yield seat


def relay_rate(market: Market, copies: int) -> Rate:
    """From one commit of so many events of trade-ledger until all of them are on the bus."""

    async def publish() -> tuple[float, int]:
        bus = open_bus(market.layout.installation.bus)
        topics = [name for name, topic in TOPICS.items() if topic.owner == "trade-ledger"]
        try:
            before = sum((await bus.ends(topics)).values())
            said = say_again(market, "trade-ledger", copies)
            began = time.monotonic()
            while sum((await bus.ends(topics)).values()) < before + said:
                if time.monotonic() > began + _PATIENCE_SECONDS:
                    raise ProcessProblem("trade-ledger's relay did not publish what the bench said")
                await asyncio.sleep(0.02)
            return time.monotonic() - began, said
        finally:
            await bus.close()

    used = market.cpu_seconds("trade-ledger-worker")
    seconds, said = asyncio.run(publish())
    used = market.cpu_seconds("trade-ledger-worker") - used
    return Rate(said / seconds, used * 1000 / said)


def _apply_rate(market: Market, service: str, seat: ExitStack, copies: int) -> Rate:
    """From the moment at which a consumer may work until it has applied what was said to it."""
    topics = list(described(service).subscriptions.topics())
    said = sum(_lived(market, each, topics) for each in SERVICES) * copies
    with psycopg.connect(market.admin(service), autocommit=True) as there:

        def applied() -> int:
            query = "SELECT coalesce(sum(position), 0) FROM consumer_positions WHERE topic = ANY (%s)"
            return int(there.execute(query, (topics,)).fetchall()[0][0])

        def works() -> bool:
            return bool(there.execute(f"SELECT {_SEAT}", (ACTIVE_CONSUMER_LOCK, True)).fetchall())

        before = applied()
        seat.close()
        # It asks for the lock once a second.
        if not wait_until(works, seconds=60, pause=0.01):
            raise ProcessProblem(f"{service} did not begin to apply what the bench said")
        began, used = time.monotonic(), market.cpu_seconds(f"{service}-worker")
        if not wait_until(lambda: applied() >= before + said, seconds=_PATIENCE_SECONDS, pause=0.02):
            raise ProcessProblem(f"{service} applied {applied() - before} of {said} events that the bench said")
        seconds = time.monotonic() - began
    return Rate(said / seconds, (market.cpu_seconds(f"{service}-worker") - used) * 1000 / said)


def _lived(market: Market, service: str, topics: list[str]) -> int:
    """How many events of the days a service says again on these topics."""
    with psycopg.connect(market.admin(service), autocommit=True) as there:
        query = "SELECT count(*) FROM days.outbox WHERE topic = ANY (%s)"
        return int(there.execute(query, (topics,)).fetchall()[0][0])


async def _plain_rates(market: Market) -> tuple[float, float]:
    """Events a second that a plain idempotent producer sends and a plain consumer reads: trade-ledger's own."""
    bootstrap = f"127.0.0.1:{market.layout.ports['kafka']}"
    topics = [name for name, topic in TOPICS.items() if topic.owner == "trade-ledger"]
    scratch = f"bench-{uuid4().hex[:8]}"
    records, _ = await _read(bootstrap, *topics, isolation_level="read_committed")
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(scratch, PARTITIONS, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=5)
    await producer.start()
    try:
        for partition in range(PARTITIONS):
            await producer.send_and_wait(scratch, b"ready", partition=partition)
        began = time.monotonic()
        sent = [await producer.send(scratch, each.value, key=each.key, headers=list(each.headers)) for each in records]
        await asyncio.gather(*sent)
        produced = len(records) / (time.monotonic() - began)
    finally:
        await producer.stop()
    _, consumed = await _read(bootstrap, scratch)
    return produced, consumed


async def _read(bootstrap: str, *topics: str, **settings: Any) -> tuple[list[Any], float]:
    """The records of topics, and how many were read a second from the first request to the last answer."""
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, **settings)
    await reader.start()
    try:
        partitions = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        reader.assign(partitions)
        await reader.seek_to_beginning()
        ends = await reader.end_offsets(partitions)
        records: list[Any] = []
        began = time.perf_counter()
        while any([await reader.position(where) < end for where, end in ends.items()]):
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise ProcessProblem(f"Kafka gave {len(records)} records of {topics} and no more")
            records += [record for batch in (await reader.getmany(timeout_ms=2000)).values() for record in batch]
        return records, len(records) / (time.perf_counter() - began)
    finally:
        await reader.stop()
