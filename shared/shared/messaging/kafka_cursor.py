"""Reads how far the previous relay published: the newest committed record of the cursor topic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.messaging.bus import BusRefused, Cursor
from shared.messaging.kafka_refusals import let_in

_CURSOR_SEARCH = 64
_PATIENCE_SECONDS = 60


async def last_cursor(options: Mapping[str, Any], topic: str) -> Cursor | None:
    """The cursor committed last, read once no transaction is open on its partition."""
    partition = TopicPartition(topic, 0)
    committed = AIOKafkaConsumer(
        **options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=50,
    )
    uncommitted = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await let_in(committed, options)
    await let_in(uncommitted, options)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            stable = (await committed.end_offsets([partition]))[partition]
            if stable == (await uncommitted.end_offsets([partition]))[partition]:
                break
            if time.monotonic() > deadline:
                raise BusRefused(
                    f"Kafka holds a transaction open in {topic} and doesn't end it: see `docs/operations.md`,"
                    " A transaction that hangs"
                )
            await asyncio.sleep(0.05)
        return await _newest_value(committed, partition, stable)
    finally:
        await committed.stop()
        await uncommitted.stop()


async def _newest_value(consumer: AIOKafkaConsumer, partition: TopicPartition, end: int) -> Cursor | None:
    """Search backwards from the end: the last offsets may be markers or aborted records."""
    consumer.assign([partition])
    start = (await consumer.beginning_offsets([partition]))[partition]
    step = _CURSOR_SEARCH
    while end > start:
        begin = max(start, end - step)
        consumer.seek(partition, begin)
        newest: Cursor | None = None
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(partition, timeout_ms=200)).values():
                newest = Cursor.read(records[-1].value, [(name, text or b"") for name, text in records[-1].headers])
        if newest is not None or begin == start:
            return newest
        step *= 8
    return None
