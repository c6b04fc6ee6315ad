"""How topics are made, and Kafka's own ids of them: a topic that was deleted and made anew has another.

aiokafka asks for metadata in versions that don't tell them; version 12 does, which brokers since 3.1 understand.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from shared.events.base import Topic
from shared.events.catalogue import TOPICS
from shared.messaging.envelope import owner_of
from shared.messaging.kafka_access import KafkaAccess
from shared.messaging.kafka_refusals import let_in

_PATIENCE_SECONDS = 60
_UNKNOWN = UUID(int=0)


class _Uuid(AbstractType[UUID]):  # type: ignore[misc]  # aiokafka tells no types here
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


_NAME = CompactString("utf-8")
_PARTITION = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline_replicas", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC = (
    ("error_code", Int16),
    ("topic", _NAME),
    ("topic_id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("operations", Int32),
    ("tags", TaggedFields),
)
_BROKER = (("node_id", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), ("tags", TaggedFields))


class _Metadata(Response):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(*_BROKER)),
        ("cluster_id", _NAME),
        ("controller_id", Int32),
        ("topics", CompactArray(*_TOPIC)),
        ("tags", TaggedFields),
    )


class _AskStruct(RequestStruct):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _Metadata
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _NAME), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Ask(Request[_AskStruct]):  # type: ignore[misc]  # aiokafka tells no types here
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics: list[tuple[UUID, str, dict[int, bytes]]] = [(_UNKNOWN, topic, {}) for topic in topics]

    def build(self, request_struct_class: type[_AskStruct]) -> _AskStruct:
        return request_struct_class(self._topics, False, False, {})


def event_topic(prefix: str, name: str, access: KafkaAccess) -> NewTopic:
    """A topic of events with its settings."""
    topic = TOPICS.get(name, Topic(name, owner_of(name)))
    configs = {"retention.ms": "-1", "max.message.bytes": str(topic.max_message_bytes)}
    return kept_topic(prefix + name, topic.partitions, access, configs)


def kept_topic(name: str, partitions: int, access: KafkaAccess, configs: Mapping[str, str]) -> NewTopic:
    """A topic that is kept as safely as the settings say."""
    told = {**configs, "min.insync.replicas": str(access.in_sync)}
    return NewTopic(name, partitions, access.replicas, topic_configs=told)


class TopicIds:
    """Asks a broker which id each topic has, on a connection that stays open."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._client: AIOKafkaClient | None = None
        self._turn = asyncio.Lock()

    async def of(self, topics: Sequence[str]) -> dict[str, str]:
        """The ids of the topics that there are; any failure closes the connection, so that the next starts anew."""
        if not topics:
            return {}
        async with self._turn:
            try:
                answer = await self._asked(_Ask(topics))
            except BaseException:
                await self.close()
                raise
        found = {}
        for error_code, topic, topic_id, *_ in answer.topics:
            failure = for_code(error_code)
            if not error_code:
                found[topic] = str(topic_id)
            elif failure is not UnknownTopicOrPartitionError:
                raise failure(f"topic {topic}")
        return found

    async def delete(self, topics: Sequence[str]) -> None:
        """Delete those of the topics that there are, and return once they are gone."""
        there = sorted(await self.of(topics))
        if not there:
            return
        admin = AIOKafkaAdminClient(**self._options)
        await let_in(admin, self._options)
        try:
            await admin.delete_topics(there)
        finally:
            await admin.close()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while await self.of(there):
            if time.monotonic() > deadline:
                raise KafkaError(f"the broker does not delete {', '.join(there)}")
            await asyncio.sleep(0.1)

    async def _asked(self, question: _Ask) -> Any:
        if self._client is None:
            self._client = AIOKafkaClient(**self._options)
            await let_in(self._client, self._options)
        return await self._client.send(self._client.get_random_node(), question)

    async def close(self) -> None:
        """Close the connection, where there is one."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
