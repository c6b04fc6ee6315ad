"""A service that hears events and fails on purpose until it is repaired; and the records that it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database import make_sessions
from shared.events.base import Received
from shared.events.tax_exemption import ItemDecided, ItemEvent
from shared.messaging.bus import Bus, Outgoing
from shared.messaging.consumer import Consumer
from shared.messaging.envelope import partition_of
from shared.messaging.outbox import Wake
from shared.messaging.parking import list_parked, release, retry_aggregate
from shared.messaging.rebuild import projection_hashes
from shared.messaging.subscriptions import Subscriptions
from shared.row_sets import put_all
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach
from shared.workshop.testing.signing import TRUST, signed
from shared.workshop.waiting import until

TOPIC = "tax-exemption.returns"
SERVICE = "tax-exemption"


@dataclass
class Hearer:
    """A service whose handler fails on purpose until it is repaired."""

    side: Any
    engine: AsyncEngine
    bus: Bus
    failure: Callable[[], Exception] | None = None

    def subscriptions(self) -> Subscriptions:
        copies = self.side.copies

        async def copy(session: AsyncSession, received: Sequence[Received[Any]]) -> None:
            rows = [{"key": each.key, "reason": each.event.reason, "at": each.occurred_at} for each in received]
            await put_all(session, copies, rows)

        async def effect(session: AsyncSession, received: Sequence[Received[Any]]) -> None:
            statement = text("INSERT INTO effects VALUES (:key, :sequence)")
            await session.execute(statement, [{"key": each.key, "sequence": each.sequence} for each in received])
            if self.failure is not None and any(each.event.reason == "poison" for each in received):
                raise self.failure()

        subscriptions = Subscriptions("fx-settlement")
        subscriptions.project(ItemEvent, copy)
        subscriptions.react(ItemEvent, effect)
        return subscriptions.believing(TRUST)

    async def hear(self, reached: Callable[[], Awaitable[bool]]) -> None:
        stop = asyncio.Event()
        wake = Wake(self.engine, "fx-settlement")
        consumer = Consumer(self.engine, self.side.messaging, self.bus, self.subscriptions(), wake)
        task = asyncio.create_task(consumer.run(stop))
        await until(reached)
        stop.set()
        await task
        await wake.close()

    async def scalar(self, question: str) -> Any:
        async with self.engine.connect() as connection:
            return await connection.scalar(text(question))

    async def effects(self) -> int:
        return int(await self.scalar("SELECT count(*) FROM effects"))

    async def state(self) -> dict[str, Any]:
        rows = await self.scalar(
            "SELECT coalesce(string_agg(key || sequence, ',' ORDER BY key, sequence), '') FROM effects"
        )
        return {**await projection_hashes(self.engine, self.side.metadata), "effects": rows}

    async def parked(self, pilot: str = "longshui") -> list[Any]:
        async with make_sessions(self.engine)() as session:
            return await list_parked(session, self.side.messaging, pilot)

    async def retry(self, parked_id: int, pilot: str = "longshui") -> int:
        async with make_sessions(self.engine).begin() as session:
            return await retry_aggregate(session, self.side.messaging, self.subscriptions(), pilot, parked_id)

    async def release(self, parked_id: int, person: str) -> str:
        async with make_sessions(self.engine).begin() as session:
            tables = self.side.messaging
            heard, pilot = self.subscriptions(), "longshui"
            return await release(session, tables, heard, pilot, parked_id, person=person, reason="case 12")


def outgoing(
    key: str, sequence: int, reason: str = "r", *, headers: bool = True, source: str = "tax-exemption", event: int = 0
) -> Outgoing:
    same = "019a0000-0000-7000-8000-000000000001"
    content = ItemDecided.model_validate(
        {
            **dict.fromkeys(("item_id", "portion_id", "declaration_id", "stall_holder_id"), same),
            "pilot": "longshui",
            "outcome": "waived",
            "reason": reason,
        }
    )
    fields = {
        "ce_id": f"00000000-0000-0000-0000-{event or sequence:012}",
        "ce_type": ItemDecided.TYPE,
        "ce_source": f"/services/{source}",
        "ce_subject": key,
        "ce_sequence": str(sequence),
        "ce_time": "2026-05-13T01:00:00Z",
        "ce_actor": "tax:1",
        "ce_pilot": "longshui",
    }
    encoded = [(name, value.encode()) for name, value in fields.items()] if headers else []
    record = Outgoing(TOPIC, partition_of(key, 6), key, content.model_dump_json().encode(), encoded)
    return signed(record) if headers else record


def of_pilot(pilot: str, record: Outgoing) -> Outgoing:
    return signed(replace(record, headers=list({**dict(record.headers), "ce_pilot": pilot.encode()}.items())))


async def publish(bus: Bus, records: list[Outgoing]) -> None:
    await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
    publisher = bus.publisher(SERVICE)
    cursor = await publisher.fence() or 0
    await publisher.publish(records, cursor + len(records))
    await publisher.close()


def refused() -> Exception:
    return Refused((Breach("over_limit", "R-DECL-1", "", {}),))


async def hear_until(hearer: Any, effects: int, parked: int) -> None:
    async def has_read() -> bool:
        return await hearer.effects() == effects and len(await hearer.parked()) == parked

    await hearer.hear(has_read)


async def release_by_two(hearer: Any, parked_id: int) -> None:
    assert await hearer.release(parked_id, "anna") == "proposed"
    assert await hearer.release(parked_id, "bo") == "released"
