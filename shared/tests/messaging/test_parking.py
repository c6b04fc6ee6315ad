"""Parked events: a retry in order leads to the same state, a release takes one event, the partition goes on (F11)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database import make_sessions
from shared.events.base import Received
from shared.events.tax_exemption import ItemDecided, ItemEvent
from shared.messaging.bus import Bus, Outgoing
from shared.messaging.consumer import ACTIVE_CONSUMER_LOCK, Consumer
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of
from shared.messaging.outbox import Wake
from shared.messaging.parking import list_parked, release, retry_aggregate
from shared.messaging.rebuild import projection_hashes, rebuild
from shared.messaging.subscriptions import Subscriptions
from shared.vocabulary.errors import Conflict, NotFound, Refused, SetupProblem
from shared.vocabulary.rules import Breach
from shared.workshop.waiting import until

TOPIC = "tax-exemption.returns"
SERVICE = "tax-exemption"


class DeadlockDetected(Exception):
    """The error of PostgreSQL's driver for the loser of a deadlock."""

    sqlstate = "40P01"


@dataclass
class Hearer:
    """A service whose handler fails on purpose until it is repaired."""

    side: Any
    engine: AsyncEngine
    bus: Bus
    failure: Callable[[], Exception] | None = None

    def subscriptions(self) -> Subscriptions:
        copies = self.side.copies

        async def copy(session: AsyncSession, received: Received[ItemDecided]) -> None:
            row = {"key": received.key, "reason": received.event.reason, "at": received.occurred_at}
            await session.execute(upsert(copies).values(row).on_conflict_do_update(index_elements=["key"], set_=row))

        async def effect(session: AsyncSession, received: Received[ItemDecided]) -> None:
            statement = text("INSERT INTO effects VALUES (:key, :sequence)")
            await session.execute(statement, {"key": received.key, "sequence": received.sequence})
            if self.failure is not None and received.event.reason == "poison":
                raise self.failure()

        subscriptions = Subscriptions("fx-settlement")
        subscriptions.project(ItemEvent, copy)
        subscriptions.react(ItemEvent, effect)
        return subscriptions

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
    content = ItemDecided(
        item_id=same,  # type: ignore[arg-type] - parsed by the model
        portion_id=same,  # type: ignore[arg-type]
        declaration_id=same,  # type: ignore[arg-type]
        stall_holder_id=same,  # type: ignore[arg-type]
        pilot="longshui",
        outcome="waived",
        reason=reason,
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
    return Outgoing(TOPIC, partition_of(key, 6), key, content.model_dump_json().encode(), encoded)


def of_pilot(pilot: str, record: Outgoing) -> Outgoing:
    return replace(record, headers=list({**dict(record.headers), "ce_pilot": pilot.encode()}.items()))


async def publish(bus: Bus, records: list[Outgoing]) -> None:
    await bus.ensure_topics([TOPIC], cursor_of=SERVICE)
    publisher = bus.publisher(SERVICE)
    cursor = await publisher.fence() or 0
    await publisher.publish(records, cursor + len(records))
    await publisher.close()


@pytest.fixture
def make_hearer(make_side: Any, make_engine_of: Any) -> Callable[..., Hearer]:
    def make(bus: Bus, failure: Callable[[], Exception] | None = None) -> Hearer:
        side = make_side()
        return Hearer(side, make_engine_of(side.dsn), bus, failure)

    return make


@pytest.fixture
async def log(make_database: Any) -> Any:
    """An embedded bus: parking is the same on every bus."""
    opened = EmbeddedBus(make_database())
    yield opened
    await opened.close()


def refused() -> Exception:
    return Refused((Breach("over_limit", "R-DECL-1", "", {}),))


@pytest.mark.parametrize(("failure", "kind"), [(refused, "refused"), (lambda: KeyError("a bug"), "handler_error")])
async def test_after_the_repair_a_retry_gives_the_state_of_a_run_that_never_failed(
    log: Bus, make_hearer: Any, failure: Callable[[], Exception], kind: str
) -> None:
    records = [outgoing(f"k{n}", s, f"r{s}") for s in range(1, 7) for n in range(20)]
    records[45] = outgoing("k5", 3, "poison")
    await publish(log, records)
    poisoned, healthy = make_hearer(log, failure), make_hearer(log)

    async def has_read() -> bool:
        return await poisoned.effects() == 116 and len(await poisoned.parked()) == 4

    await poisoned.hear(has_read)
    waiting = await poisoned.parked()
    assert [(row.sequence, row.reason) for row in waiting] == [
        (3, kind),
        (4, "behind"),
        (5, "behind"),
        (6, "behind"),
    ]
    assert await poisoned.retry(waiting[2].id) == 0
    poisoned.failure = None
    assert await poisoned.retry(waiting[2].id) == 4
    assert await poisoned.parked() == []

    async def heard_all() -> bool:
        return await healthy.effects() == 120

    await healthy.hear(heard_all)
    assert await poisoned.state() == await healthy.state()
    before = await poisoned.state()
    assert await rebuild(
        poisoned.engine, log, poisoned.side.messaging, poisoned.subscriptions(), poisoned.side.metadata
    )
    assert await poisoned.state() == before


async def test_an_event_after_a_gap_waits_for_the_missing_one(log: Bus, make_hearer: Any) -> None:
    late = [outgoing("a", 1), outgoing("a", 4, "r4"), outgoing("a", 3, "r3"), outgoing("a", 2, "r2")]
    await publish(log, [*late, outgoing("b", 1)])
    hearer = make_hearer(log)

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 3

    await hearer.hear(has_read)
    waiting = await hearer.parked()
    assert [(row.sequence, row.reason) for row in waiting] == [
        (4, "sequence_gap"),
        (3, "behind"),
        (2, "behind"),
    ]
    assert await hearer.retry(waiting[0].id) == 3
    assert (await hearer.state())["effects"] == "a1,a2,a3,a4,b1"
    before = await hearer.state()
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert await hearer.state() == before


async def test_only_the_first_of_an_aggregate_is_released_and_by_two_persons(log: Bus, make_hearer: Any) -> None:
    records = [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3), outgoing("a", 4)]
    await publish(log, records)
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 3

    await hearer.hear(has_read)
    first, behind, _ = await hearer.parked()
    with pytest.raises(Conflict) as conflict:
        await hearer.release(behind.id, "anna")
    assert conflict.value.code == "parked_event_behind"
    assert await hearer.release(first.id, "anna") == "proposed"
    with pytest.raises(Conflict) as conflict:
        await hearer.release(first.id, "anna")
    assert conflict.value.code == "release_needs_two_persons"
    assert await hearer.effects() == 1
    assert await hearer.release(first.id, "bo") == "released"
    assert (await hearer.state())["effects"] == "a1,a3,a4"
    settled = "SELECT release_proposed_by || release_confirmed_by || release_reason FROM parked_events WHERE id="
    assert await hearer.scalar(f"{settled}{first.id}") == "annabocase 12"
    with pytest.raises(NotFound):
        await hearer.retry(10**6)


async def test_an_unreadable_envelope_parks_its_key_and_its_release_advances_the_sequence(
    log: Bus, make_hearer: Any
) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, headers=False), outgoing("a", 3), outgoing("b", 1)])
    hearer = make_hearer(log)

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    assert first.reason == "bad_envelope"
    await hearer.release(first.id, "anna")
    await hearer.release(first.id, "bo")
    assert (await hearer.state())["effects"] == "a1,a3,b1"


async def test_a_record_by_a_foreign_writer_is_parked_and_the_owners_event_still_counts(
    log: Bus, make_hearer: Any
) -> None:
    forged = outgoing("a", 2, "forged", source="registry")
    await publish(log, [outgoing("a", 1), forged, outgoing("a", 2), outgoing("b", 1)])
    hearer = make_hearer(log)

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, second = await hearer.parked()
    assert (first.reason, second.reason) == ("forged_source", "behind")
    assert (await hearer.state())["effects"] == "a1,b1"
    await hearer.release(first.id, "anna")
    await hearer.release(first.id, "bo")
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,b1"
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert (await hearer.state())["effects"] == "a1,a2,b1"


async def test_the_staff_of_a_pilot_settle_events_of_their_pilot_and_of_none(log: Bus, make_hearer: Any) -> None:
    records = [
        outgoing("a", 1, "poison"),
        of_pilot("yiwu", outgoing("b", 1, "poison")),
        outgoing("c", 1, headers=False),
        outgoing("d", 1),
    ]
    await publish(log, records)
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return await hearer.effects() == 1

    await hearer.hear(has_read)
    assert {row.key for row in await hearer.parked()} == {"a", "c"}
    (theirs, _) = sorted(await hearer.parked("yiwu"), key=lambda row: row.key)
    assert theirs.key == "b"
    with pytest.raises(NotFound):
        await hearer.retry(theirs.id)
    with pytest.raises(NotFound):
        await hearer.release(theirs.id, "anna")
    hearer.failure = None
    assert await hearer.retry(theirs.id, "yiwu") == 1


async def test_a_failure_that_shows_only_at_commit_parks_too(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2), outgoing("b", 1)])
    hearer = make_hearer(log)
    async with hearer.engine.begin() as connection:
        await connection.execute(
            text("ALTER TABLE effects ADD CONSTRAINT late UNIQUE (key) DEFERRABLE INITIALLY DEFERRED")
        )

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 1

    await hearer.hear(has_read)
    (row,) = await hearer.parked()
    assert row.error == "IntegrityError: 23505 late"


async def test_a_rebuild_is_refused_while_the_consumer_runs(log: Bus, make_hearer: Any) -> None:
    hearer = make_hearer(log)
    async with hearer.engine.connect() as connection:
        await connection.execute(text(f"SELECT pg_advisory_lock({ACTIVE_CONSUMER_LOCK})"))
        side = hearer.side
        with pytest.raises(SetupProblem, match="stop it"):
            await rebuild(hearer.engine, log, side.messaging, hearer.subscriptions(), side.metadata)
        await connection.execute(text(f"SELECT pg_advisory_unlock({ACTIVE_CONSUMER_LOCK})"))


async def test_a_failure_of_the_infrastructure_is_tried_again_in_order_and_never_parked(
    log: Bus, make_hearer: Any
) -> None:
    failures = 3

    def deadlocked() -> Exception:
        nonlocal failures
        failures -= 1
        if not failures:
            hearer.failure = None
        return DBAPIError("UPDATE", None, DeadlockDetected("deadlock detected"))

    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3), outgoing("b", 1)])
    hearer = make_hearer(log, deadlocked)

    async def has_read() -> bool:
        return await hearer.effects() == 4

    await hearer.hear(has_read)
    assert failures == 0
    assert await hearer.scalar("SELECT count(*) FROM parked_events") == 0
    assert (await hearer.state())["effects"] == "a1,a2,a3,b1"


async def held_up(hearer: Hearer) -> bool:
    """Whether somebody waits for a row that another transaction holds."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await hearer.scalar(question))


async def test_an_event_that_arrives_during_a_retry_is_applied_after_it_and_not_parked(
    log: Bus, make_hearer: Any
) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3)])
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    hearer.failure = None
    stop, wake = asyncio.Event(), Wake(hearer.engine, "fx-settlement")
    consumer = Consumer(hearer.engine, hearer.side.messaging, log, hearer.subscriptions(), wake)
    async with make_sessions(hearer.engine).begin() as session:
        tables = hearer.side.messaging
        assert await retry_aggregate(session, tables, hearer.subscriptions(), "longshui", first.id) == 2
        await publish(log, [outgoing("a", 4)])
        running = asyncio.create_task(consumer.run(stop))

        async def waits_or_went_on() -> bool:
            """Return once the consumer waits for the retry, which is right, or has gone on without it."""
            return await held_up(hearer) or len(await hearer.parked()) != 2

        await until(waits_or_went_on)

    async def all_or_parked() -> bool:
        return await hearer.effects() >= 4 or bool(await hearer.parked())

    await until(all_or_parked)
    stop.set()
    await running
    await wake.close()
    assert await hearer.parked() == []
    assert (await hearer.state())["effects"] == "a1,a2,a3,a4"


async def test_a_rebuild_waits_for_a_retry_under_way(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3)])
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    hearer.failure = None
    side = hearer.side
    async with make_sessions(hearer.engine).begin() as session:
        await retry_aggregate(session, side.messaging, hearer.subscriptions(), "longshui", first.id)
        again = rebuild(hearer.engine, log, side.messaging, hearer.subscriptions(), side.metadata)
        rebuilding = asyncio.create_task(again)

        async def waits_or_is_done() -> bool:
            return await held_up(hearer) or rebuilding.done()

        await until(waits_or_is_done)
    await rebuilding
    lived = await hearer.state()
    assert (lived["effects"], await hearer.scalar("SELECT reason FROM copies")) == ("a1,a2,a3", "r")
    assert await hearer.scalar("SELECT sequence FROM consumer_sequences") == 3


async def test_thousands_of_events_behind_one_are_listed_in_pages_and_retried_together(
    log: Bus, make_hearer: Any
) -> None:
    many = 1200
    await publish(log, [outgoing("a", 1, "poison")])
    hearer = make_hearer(log, refused)

    async def has_read(count: int) -> bool:
        return bool(await hearer.scalar("SELECT count(*) FROM parked_events") == count)

    await hearer.hear(partial(has_read, 1))
    await publish(log, [outgoing("a", n) for n in range(2, many + 1)])
    await hearer.hear(partial(has_read, many))
    # They were parked as they arrived, many in one transaction, and kept nothing else waiting.
    assert await hearer.scalar("SELECT count(DISTINCT xmin::text) FROM parked_events") < 20
    hearer.failure = None
    pages: list[Any] = []
    async with make_sessions(hearer.engine)() as session:
        while page := await list_parked(
            session, hearer.side.messaging, "longshui", after=pages[-1].id if pages else 0, most=700
        ):
            pages += page
    assert [row.sequence for row in pages] == list(range(1, many + 1))
    assert await hearer.retry(pages[-1].id) == many
    assert await hearer.effects() == many


def conflicts() -> float:
    return REGISTRY.get_sample_value("consumer_id_conflicts_total", {"service": "fx-settlement"}) or 0.0


async def hear_until(hearer: Any, effects: int, parked: int) -> None:
    async def has_read() -> bool:
        return await hearer.effects() == effects and len(await hearer.parked()) == parked

    await hearer.hear(has_read)


async def rebuilt(hearer: Any, log: Bus) -> dict[str, Any]:
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    state: dict[str, Any] = await hearer.state()
    return state


async def release_by_two(hearer: Any, parked_id: int) -> None:
    assert await hearer.release(parked_id, "anna") == "proposed"
    assert await hearer.release(parked_id, "bo") == "released"


@pytest.mark.parametrize("readable", [True, False], ids=["with the next sequence", "unreadable"])
async def test_the_real_event_behind_a_released_forgery_is_applied(log: Bus, make_hearer: Any, readable: bool) -> None:
    forged = outgoing("a", 2, "poison", event=99, headers=readable)
    await publish(log, [outgoing("a", 1), forged, outgoing("a", 2), outgoing("a", 3)])
    hearer = make_hearer(log, refused)
    await hear_until(hearer, 1, 3)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    assert await hearer.parked() == []
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3"
    assert await hearer.scalar("SELECT count(*) FROM consumer_events WHERE skipped") == 0
    assert await rebuilt(hearer, log) == lived


async def test_the_real_event_that_comes_after_the_release_is_applied_too(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison", event=99)])
    hearer = make_hearer(log, refused)
    await hear_until(hearer, 1, 1)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    await publish(log, [outgoing("a", 2, "poison", event=99), outgoing("a", 2), outgoing("a", 3)])
    await hear_until(hearer, 3, 0)
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3"
    assert await rebuilt(hearer, log) == lived


@pytest.mark.parametrize("sequence", [1, 3], ids=["of long ago", "the last"])
async def test_a_known_sequence_with_another_id_is_an_alarm_and_never_a_repeat(
    log: Bus, make_hearer: Any, sequence: int
) -> None:
    real, repeat = [outgoing("a", n) for n in (1, 2, 3)], outgoing("a", sequence)
    await publish(log, [*real, repeat, outgoing("a", sequence, "x", event=99), repeat, outgoing("a", 4)])
    hearer, before = make_hearer(log), conflicts()
    await hear_until(hearer, 3, 3)
    (forged, again, _) = await hearer.parked()
    assert (forged.reason, again.reason, conflicts() - before) == ("id_conflict", "behind", 1)
    assert f"sequence {sequence} was event 00000000-0000-0000-0000-{sequence:012}" in forged.error
    assert await hearer.retry(forged.id) == 0
    assert [row.reason for row in await hearer.parked()] == ["id_conflict", "behind", "behind"]
    await release_by_two(hearer, forged.id)
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3,a4"
    settled = "SELECT string_agg(state, ',' ORDER BY id) FROM parked_events"
    assert await hearer.scalar(settled) == "released,repeat,applied"
    assert await rebuilt(hearer, log) == lived


async def test_what_was_given_up_with_a_gap_is_no_repeat_when_it_comes(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 4)])
    hearer = make_hearer(log)
    await hear_until(hearer, 1, 1)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    await publish(log, [outgoing("a", 2), outgoing("a", 5)])
    await hear_until(hearer, 1, 2)
    late, _ = await hearer.parked()
    assert (late.reason, "was given up" in late.error) == ("id_conflict", True)


async def test_a_sequence_that_the_last_release_applied_counts_as_a_repeat(log: Bus, make_hearer: Any) -> None:
    hearer = make_hearer(log)
    async with hearer.engine.begin() as connection:
        await connection.execute(
            text(f"INSERT INTO consumer_sequences (topic, key, sequence) VALUES ('{TOPIC}', 'a', 2)")
        )
    await publish(log, [outgoing("a", 2, event=99), outgoing("a", 3), outgoing("a", 2, event=98)])
    await publish(log, [outgoing("a", 3, event=99)])
    await hear_until(hearer, 1, 1)
    assert [row.reason for row in await hearer.parked()] == ["id_conflict"]
    assert (await hearer.state())["effects"] == "a3"
