"""Publishes to Kafka: events and the relay's cursor in one transaction, under a transactional id for each service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from shared.messaging.bus import Cursor, Fenced, Outgoing, cursor_topic
from shared.messaging.failpoints import failpoint
from shared.messaging.kafka_cursor import last_cursor
from shared.messaging.kafka_refusals import let_in

MOST_BYTES = 4 * 1024 * 1024


class KafkaPublisher:
    """One producer at a time; a new one fences the last and ends its transaction."""

    def __init__(self, options: Mapping[str, Any], prefix: str, service: str) -> None:
        self._options = options
        self._prefix = prefix
        self._service = service
        self._producer: AIOKafkaProducer | None = None

    async def fence(self) -> Cursor | None:
        await self.close()
        # An idle transactional id expires and its producer is dead for good: never reuse one after an error.
        self._producer = AIOKafkaProducer(
            **self._options,
            transactional_id=f"{self._prefix}relay.{self._service}",
            transaction_timeout_ms=60_000,
            # Checked before compression and with key and headers: an event at its topic's limit must pass.
            max_request_size=2 * MOST_BYTES,
            compression_type="gzip",
            linger_ms=0,
        )
        await let_in(self._producer, self._options)
        return await last_cursor(self._options, self._prefix + cursor_topic(self._service))

    async def publish(self, records: Sequence[Outgoing], cursor: int) -> None:
        producer = self._producer
        if producer is None:
            raise Fenced("no producer: fence first")
        prefix = self._prefix
        topic = prefix + cursor_topic(self._service)
        try:
            async with producer.transaction():
                failpoint("relay.before_flush")
                sends = [
                    await producer.send(
                        prefix + record.topic,
                        record.value,
                        key=record.key.encode(),
                        partition=record.partition,
                        headers=record.headers,
                    )
                    for record in records
                ]
                said, headers = str(int(cursor)).encode(), Cursor.headers_of(cursor)
                key = self._service.encode()
                sends.append(await producer.send(topic, said, key=key, partition=0, headers=headers))
                # Sends that aren't awaited may never leave the process.
                outcomes = await asyncio.gather(*sends, return_exceptions=True)
                for outcome in outcomes:
                    if isinstance(outcome, BaseException):
                        raise outcome
                failpoint("relay.before_commit")
            failpoint("relay.after_commit")
        except ProducerFenced as error:
            raise Fenced(f"{self._service} is published by another process now") from error

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await producer.stop()
            except (KafkaError, OSError):
                # A fenced or expired producer can't end its transaction; the fence has done it.
                return
