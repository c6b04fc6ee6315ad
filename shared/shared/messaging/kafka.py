"""The bus on Apache Kafka: one transactional id per service, reads from our own positions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from shared.events.base import PARTITIONS
from shared.events.catalogue import TOPICS
from shared.messaging.bus import (
    Batches,
    BusRefused,
    BusStopped,
    Contradiction,
    LoadPositions,
    Positions,
    Record,
    cursor_topic,
)
from shared.messaging.kafka_access import UNSECURED, KafkaAccess
from shared.messaging.kafka_publisher import MOST_BYTES, KafkaPublisher
from shared.messaging.kafka_refusals import let_in, require_let_in
from shared.messaging.kafka_topics import TopicIds, event_topic, kept_topic

log = structlog.get_logger()

_PATIENCE_SECONDS = 60
_MIRROR_SECONDS = 5


class KafkaBus:
    """One adapter of `shared.messaging.bus.Bus`; `prefix` sets several installations apart on one cluster."""

    def __init__(self, bootstrap: str, prefix: str = "", access: KafkaAccess = UNSECURED) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.access = access
        self.options = {"bootstrap_servers": bootstrap, **access.options()}
        self._ids = TopicIds(self.options)

    async def knock(self) -> None:
        await require_let_in(self.options)

    async def ensure_topics(self, topics: Sequence[str], cursor_of: str | None = None) -> None:
        self.access.require_possible()
        wanted = [event_topic(self.prefix, name, self.access) for name in topics]
        if cursor_of is not None:
            wanted.append(
                kept_topic(self.prefix + cursor_topic(cursor_of), 1, self.access, {"cleanup.policy": "compact"})
            )
        admin = AIOKafkaAdminClient(**self.options)
        await let_in(admin, self.options)
        try:
            existing = set(await admin.list_topics())
            missing = [topic for topic in wanted if topic.name not in existing]
            if missing:
                answer = await admin.create_topics(missing)
                for error in answer.topic_errors:
                    failure = for_code(error[1])
                    # Four services start at once; another one may have created it first. Where access is ruled,
                    # only its owner may make it: who reads it waits.
                    if error[1] and failure not in (TopicAlreadyExistsError, TopicAuthorizationFailedError):
                        raise failure(f"topic {error[0]}")
        finally:
            await admin.close()

    async def make_anew(self, topics: Sequence[str]) -> None:
        await self._ids.delete([self.prefix + topic for topic in topics])
        await self.ensure_topics(topics)

    def publisher(self, service: str) -> KafkaPublisher:
        return KafkaPublisher(self.options, self.prefix, service)

    def reader(self, service: str, topics: Sequence[str], positions: LoadPositions) -> KafkaReader:
        return KafkaReader(self, service, list(topics), positions)

    async def identities(self, topics: Sequence[str]) -> dict[str, str]:
        found = await self._ids.of([self.prefix + topic for topic in topics])
        return {name.removeprefix(self.prefix): identity for name, identity in found.items()}

    async def is_empty(self, topics: Sequence[str]) -> bool:
        # Offsets alone don't show it: those of an aborted transaction hold no event.
        return not await self._counted(topics, at_most=1)

    async def partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        """All partitions, asked of the broker until it knows every one: a new topic is described empty at first,
        and a reader that took that for the whole would wait for ever."""
        wanted = {self.prefix + topic: TOPICS[topic].partitions if topic in TOPICS else PARTITIONS for topic in topics}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        admin = AIOKafkaAdminClient(**self.options)
        await let_in(admin, self.options)
        try:
            while True:
                described = await admin.describe_topics(list(wanted))
                self._require_permitted(described)
                found = {each["topic"]: each["partitions"] for each in described}
                known = {topic: len(found.get(topic, ())) for topic in wanted}
                if all(known[topic] >= count for topic, count in wanted.items()):
                    break
                if time.monotonic() > deadline:
                    missing = sorted(topic for topic, count in wanted.items() if known[topic] < count)
                    raise BusStopped(f"the broker does not know all partitions of {', '.join(missing)}")
                await asyncio.sleep(0.1)
        finally:
            await admin.close()
        return [TopicPartition(topic, each["partition"]) for topic in wanted for each in found[topic]]

    async def ends(self, topics: Sequence[str]) -> Positions:
        consumer = AIOKafkaConsumer(**self.options, isolation_level="read_committed")
        partitions = await self.partitions(topics)
        await let_in(consumer, self.options)
        try:
            found = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return {(each.topic.removeprefix(self.prefix), each.partition): end for each, end in found.items()}

    def _require_permitted(self, described: list[dict[str, Any]]) -> None:
        hidden = sorted(
            each["topic"] for each in described if for_code(each["error_code"]) is TopicAuthorizationFailedError
        )
        if hidden:
            raise BusRefused(
                f"Kafka doesn't let the user {self.access.user} read {', '.join(hidden)}: see `marketctl kafka acls`"
            )

    async def count_records(self, topics: Sequence[str]) -> int:
        return await self._counted(topics)

    async def _counted(self, topics: Sequence[str], at_most: int | None = None) -> int:
        async def from_zero() -> Positions:
            return {}

        reader = self.reader("", topics, from_zero)
        await reader.start()
        try:
            counted = 0
            while await reader.lag() and (at_most is None or counted < at_most):
                batches = await reader.fetch(most=2000, wait_seconds=0.2)
                counted += sum(len(batch) for batch in batches.values())
            return counted
        finally:
            await reader.close()

    async def close(self) -> None:
        """Other clients are opened and closed by their users."""
        await self._ids.close()


class KafkaReader:
    """Reads all partitions by its own positions; the group's offsets are only a mirror."""

    def __init__(self, bus: KafkaBus, service: str, topics: list[str], positions: LoadPositions) -> None:
        self._bus = bus
        self._group = bus.prefix + service if service else None
        self._topics = topics
        self._load = positions
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: list[TopicPartition] = []

    @property
    def _open(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise BusStopped("the reader is not started")
        return self._consumer

    def _name(self, partition: TopicPartition) -> str:
        name: str = partition.topic.removeprefix(self._bus.prefix)
        return name

    async def start(self) -> None:
        self._partitions = await self._bus.partitions(self._topics)
        self._consumer = AIOKafkaConsumer(
            **self._bus.options,
            group_id=self._group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=MOST_BYTES * 2,
        )
        await let_in(self._consumer, self._bus.options)
        self._consumer.assign(self._partitions)
        await self.rewind()

    async def rewind(self) -> None:
        loaded = await self._load()
        consumer = self._open
        ends = await consumer.end_offsets(self._partitions)
        for partition in self._partitions:
            position = loaded.get((self._name(partition), partition.partition), 0)
            if position > ends[partition]:
                raise Contradiction(
                    "position_beyond",
                    f"position {position} lies beyond the end of {partition.topic}/{partition.partition}:"
                    " the topic was made anew or cut",
                )
            consumer.seek(partition, position)

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        try:
            fetched = await self._open.getmany(timeout_ms=int(wait_seconds * 1000), max_records=most)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
            said = f"a position is outside its topic ({error}): the topic was cut or replaced"
            raise Contradiction("topic_cut", said) from error
        return {
            (self._name(partition), partition.partition): [
                Record(
                    self._name(partition),
                    record.partition,
                    record.offset,
                    (record.key or b"").decode("utf-8", "replace"),
                    record.value or b"",
                    # A header may have no value at all; ours always have one, so it reads as empty.
                    [(name, value or b"") for name, value in record.headers],
                )
                for record in records
            ]
            for partition, records in fetched.items()
            if records
        }

    async def mirror(self, positions: Positions) -> None:
        if self._group is None or not positions:
            return
        offsets = {TopicPartition(self._bus.prefix + t, p): at for (t, p), at in positions.items()}
        try:
            async with asyncio.timeout(_MIRROR_SECONDS):
                await self._open.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # Only monitoring reads it; the group's coordinator may be unavailable while the topics are available.
            log.info("mirror failed", error=type(error).__name__)

    async def lag(self) -> int:
        consumer = self._open
        ends = await consumer.end_offsets(self._partitions)
        behind = 0
        for partition, end in ends.items():
            behind += max(0, end - await consumer.position(partition))
        return behind

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()
