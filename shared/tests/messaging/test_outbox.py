"""The outbox: what it accepts, keeps and turns into CloudEvents."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.database import make_sessions
from shared.events.base import Event
from shared.events.catalogue import TOPICS
from shared.events.tax_exemption import CertificateState, CertificateVoided, ItemDecided
from shared.events.trade_ledger import DeclarationDeparted, DeclarationEvent, DeclarationSubmitted
from shared.messaging.bus import Bus, Positions, Record
from shared.messaging.embedded import EmbeddedBus, EmbeddedPublisher
from shared.messaging.envelope import read_envelope
from shared.messaging.outbox import MOST_BYTES, Wake, announce, outbox_row, wake_channel
from shared.messaging.relay import MOST_EVENTS
from shared.vocabulary.errors import Conflict
from shared.workshop.testing.declaration_events import declaration_event, portion
from shared.workshop.testing.signing import relay_of
from shared.workshop.waiting import until

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def decided(reason: str) -> ItemDecided:
    ids = {name: uuid4() for name in ("item_id", "portion_id", "declaration_id", "stall_holder_id")}
    return ItemDecided(**ids, pilot="longshui", outcome="waived", reason=reason)


@pytest.fixture
def act() -> Act:
    now = datetime(2026, 5, 13, 1, 0, tzinfo=UTC)
    return Act(actor="tax:1", pilot="longshui", now=now, traceparent=TRACE, told_as="actor_" + "0" * 32)


@asynccontextmanager
async def relaying(dsn: str, bus: Bus, service: str = "tax-exemption") -> Any:
    stop = asyncio.Event()
    relay = relay_of(service, dsn, bus)
    task = asyncio.create_task(relay.run(stop))
    try:
        async with asyncio.timeout(60):
            await relay.ready.wait()
        yield
    finally:
        stop.set()
        await task


async def first_record(bus: Bus, topic: str, nr: int = 0) -> Record:
    return (await read_until(bus, topic, nr + 1))[nr]


async def read_until(bus: Bus, topic: str, count: int) -> list[Record]:
    """The topic's records, once there are so many."""

    async def from_zero() -> Positions:
        return {}

    reader = bus.reader("", [topic], from_zero)
    await reader.start()
    found: list[Record] = []
    try:
        async with asyncio.timeout(60):
            while len(found) < count:
                for batch in (await reader.fetch(most=500, wait_seconds=1)).values():
                    found += batch
    finally:
        await reader.close()
    return found


async def test_an_event_that_was_not_committed_is_never_published(
    make_side: Any, make_engine_of: Any, act: Act
) -> None:
    """V62: no event without its change."""
    engine = make_engine_of(make_side().dsn)
    async with make_sessions(engine)() as session:
        await announce(session, decided("a"), key="k", sequence=1, act=act)
        await session.rollback()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM outbox")) == 0


async def test_a_sequence_of_an_aggregate_is_used_once(make_side: Any, make_engine_of: Any, act: Act) -> None:
    sessions = make_sessions(make_engine_of(make_side().dsn))
    async with sessions.begin() as session:
        event_id = await announce(session, decided("a"), key="k", sequence=1, act=act)
    assert event_id.version == 7
    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            await announce(session, decided("b"), key="k", sequence=1, act=act)


@pytest.mark.parametrize("change", ["UPDATE outbox SET actor = 'x'", "DELETE FROM outbox", "TRUNCATE outbox"])
async def test_the_outbox_is_append_only(make_side: Any, make_engine_of: Any, act: Act, change: str) -> None:
    engine = make_engine_of(make_side().dsn)
    async with make_sessions(engine).begin() as session:
        await announce(session, decided("a"), key="k", sequence=1, act=act)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(change))


def voided(reason: str) -> CertificateVoided:
    ids = {name: uuid4() for name in ("certificate_id", "operator_id", "principal_id", "declaration_id")}
    certificate = CertificateState(
        **ids, pilot="longshui", number="1", version=1, customs_number="1", export_date=None, status="void",
        value=Decimal(1), currency="USD", portion_ids=(),
    )  # fmt: skip
    return CertificateVoided(certificate=certificate, reason=reason)


@pytest.mark.parametrize(("make", "most"), [(voided, 512 * 1024), (decided, 4 * 1024 * 1024)])
async def test_an_event_at_its_topics_limit_is_carried_and_one_byte_more_is_refused(
    bus: Bus, make_side: Any, make_engine_of: Any, act: Act, make: Callable[[str], Event], most: int
) -> None:
    filled = secrets.token_hex(most)[: most - len(make("").model_dump_json())]
    with pytest.raises(Conflict, match="split it"):
        outbox_row(make(filled + "x"), key="k", sequence=1, act=act)
    side = make_side()
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        await announce(session, make(filled), key="k", sequence=1, act=act)
    async with relaying(side.dsn, bus):
        assert len((await first_record(bus, make("").TOPIC)).value) == most


def of_two_thousand_portions(kind: type[DeclarationEvent], **portion_s: Any) -> DeclarationEvent:
    parties = uuid4(), uuid4(), uuid4()
    return declaration_event(kind, *(portion(*parties, value="74.99", **portion_s) for _ in range(2000)))


async def test_a_declaration_of_two_thousand_portions_is_carried_from_submission_to_departure(
    bus: Bus, make_side: Any, make_engine_of: Any, act: Act
) -> None:
    side = make_side()
    usual = {"goods_name": "镀铬钒钢双向棘轮活动扳手套装" * 2, "slip_rate_id": str(uuid4()), "buyer_id": uuid4()}
    submitted = of_two_thousand_portions(DeclarationSubmitted, **usual)
    departed = of_two_thousand_portions(DeclarationDeparted, **usual)
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        await announce(session, submitted, key="k", sequence=1, act=act, spare=512 * 1024)
        await announce(session, departed, key="k", sequence=2, act=act)
    async with relaying(side.dsn, bus, "trade-ledger"):
        records = [await first_record(bus, submitted.TOPIC, offset) for offset in (0, 1)]
    assert [DeclarationEvent.model_validate_json(each.value) for each in records] == [
        DeclarationEvent.model_validate(each.model_dump()) for each in (submitted, departed)
    ]
    wordy = of_two_thousand_portions(DeclarationSubmitted, goods_name="扳" * 200)
    with pytest.raises(Conflict, match="split it"):
        outbox_row(wordy, key="k", sequence=1, act=act)


async def test_a_batch_stays_within_the_events_and_bytes_of_one_transaction(
    make_side: Any, make_database: Any, closing: Any
) -> None:
    side, batches = make_side(), []

    class Watched(EmbeddedBus):
        def publisher(self, service: str) -> Any:
            class Noting(EmbeddedPublisher):
                async def publish(self, records: Any, cursor: int) -> None:
                    if records:
                        batches.append([len(record.value) for record in records])
                    await super().publish(records, cursor)

            return Noting(self, service)

    bus = closing(Watched(make_database()))
    connection = await asyncpg.connect(side.dsn)
    sizes = [*[9] * (MOST_EVENTS + 1), *[MOST_BYTES // 3] * 4, MOST_BYTES + 1, 9]
    await connection.execute(
        "INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload) SELECT"
        " gen_random_uuid(), 't', 'tax-exemption.returns', 'k', nr, now(), 'a', 'ls', repeat('x', size)::bytea"
        " FROM unnest($1::int[]) WITH ORDINALITY AS told (size, nr)",
        sizes,
    )
    await connection.close()
    async with relaying(side.dsn, bus):
        await read_until(bus, "tax-exemption.returns", len(sizes))
    assert [size for batch in batches for size in batch] == sizes
    assert all(len(batch) <= MOST_EVENTS for batch in batches)
    assert all(sum(batch) <= MOST_BYTES or len(batch) == 1 for batch in batches)
    assert len(batches) == 5


async def test_the_largest_declaration_is_carried(bus: Bus, make_side: Any, act: Act) -> None:
    topic = TOPICS["trade-ledger.declarations"]
    side = make_side()
    connection = await asyncpg.connect(side.dsn)
    await connection.execute(
        "INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload) VALUES"
        " (gen_random_uuid(), 'trade_ledger.declaration_released.v1', $1, 'k', 1, now(), 'a', 'ls', $2)",
        topic.name,
        secrets.token_hex(topic.max_bytes // 2).encode(),
    )
    await connection.close()
    stop = asyncio.Event()
    relay = asyncio.create_task(relay_of("trade-ledger", side.dsn, bus).run(stop))
    await bus.ensure_topics([topic.name])
    assert len((await first_record(bus, topic.name)).value) == topic.max_bytes
    stop.set()
    await relay


async def test_a_cloudevents_library_reads_the_published_events(
    bus: Bus, make_side: Any, make_engine_of: Any, act: Act
) -> None:
    side = make_side()
    said = decided("中文")
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        event_id = await announce(session, said, key="k-1", sequence=1, act=act)
    async with relaying(side.dsn, bus):
        record = await first_record(bus, ItemDecided.TOPIC)
    headers = dict(record.headers)
    assert headers["traceparent"] == TRACE.encode()
    read = from_binary(KafkaMessage(headers, None, record.value), JSONFormat())
    assert UUID(read.get_id()) == event_id
    assert (read.get_type(), read.get_source(), read.get_subject()) == (
        "tax_exemption.item_decided.v1",
        "/services/tax-exemption",
        "k-1",
    )
    assert read.get_time() == act.now
    assert read.get_datacontenttype() == "application/json"
    extensions = [read.get_extension(name) for name in ("sequence", "actor", "pilot", "traceparent", "delegation")]
    assert extensions == ["1", act.told_as, "longshui", TRACE, None]
    assert ItemDecided.model_validate(read.get_data()) == said


async def test_an_event_names_the_delegation_of_its_act(
    bus: Bus, make_side: Any, make_engine_of: Any, act: Act
) -> None:
    side, delegation_id = make_side(), uuid7()
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        under = replace(act, delegation_id=delegation_id)
        await announce(session, decided("1"), key="k-1", sequence=1, act=under)
    async with relaying(side.dsn, bus):
        record = await first_record(bus, ItemDecided.TOPIC)
    assert dict(record.headers)["ce_delegation"] == str(delegation_id).encode()
    assert read_envelope(record.headers).received(decided("1")).delegation_id == delegation_id


async def test_a_thousand_wakes_make_few_notifications(make_side: Any, make_engine_of: Any) -> None:
    side = make_side()
    wake = Wake(make_engine_of(side.dsn), "tax-exemption")
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1

    connection = await asyncpg.connect(side.dsn)
    await connection.add_listener(wake_channel("tax-exemption"), hear)
    for _ in range(1000):
        wake.poke()
    await wake.close()
    await connection.fetchval("SELECT 1")
    assert 1 <= heard <= 2
    await connection.close()


async def test_a_relay_with_nothing_to_place_writes_nothing(
    bus: Bus, make_side: Any, make_engine_of: Any, act: Act
) -> None:
    side = make_side()
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        await announce(session, decided("a"), key="k", sequence=1, act=act)
    connection = await asyncpg.connect(side.dsn)
    horizon = "SELECT horizon::text::bigint FROM outbox_placement"
    async with relaying(side.dsn, bus):
        await first_record(bus, ItemDecided.TOPIC)
        # Until the horizon is past the event.
        beyond = "SELECT count(*) = 0 FROM outbox, outbox_placement WHERE xid >= horizon"
        await until(lambda: connection.fetchval(beyond))
        placed = await connection.fetchval(horizon)
        await connection.execute("SELECT pg_current_xact_id()")
        for _ in range(3):
            await connection.execute(f"NOTIFY {wake_channel('tax-exemption')}")
            await asyncio.sleep(0.1)
        assert await connection.fetchval(horizon) == placed
    await connection.close()


class TakesNothing(EmbeddedBus):
    """A bus that refuses every event."""

    def publisher(self, service: str) -> Any:
        class Refusing(EmbeddedPublisher):
            async def publish(self, records: Any, cursor: int) -> None:
                if records:
                    raise ConnectionError("the bus takes nothing")
                await super().publish(records, cursor)

        return Refusing(self, service)


async def test_the_age_of_waiting_events_goes_by_real_time_and_not_by_the_sandbox_clock(
    make_side: Any, make_engine_of: Any, make_database: Any, closing: Any, act: Act
) -> None:
    side = make_side()
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        await announce(session, decided("a"), key="k", sequence=1, act=act)

    def age() -> float:
        return REGISTRY.get_sample_value("outbox_age_seconds", {"service": "tax-exemption"}) or 0.0

    async with relaying(side.dsn, closing(TakesNothing(make_database()))):
        await until(age)
        assert age() < 3600


class CancelsOnce(EmbeddedBus):
    """A bus whose first publisher cancels its caller, as a client does that loses its connection."""

    cancelled = 0

    def publisher(self, service: str) -> Any:
        bus = self

        class Cancelling(EmbeddedPublisher):
            async def publish(self, records: Any, cursor: int) -> None:
                if not bus.cancelled:
                    bus.cancelled += 1
                    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    answer.cancel()
                    await answer
                await super().publish(records, cursor)

        return Cancelling(self, service)


async def test_a_client_that_cancels_its_relay_is_replaced(
    make_side: Any, make_engine_of: Any, make_database: Any, closing: Any, act: Act
) -> None:
    side, bus = make_side(), closing(CancelsOnce(make_database()))
    async with make_sessions(make_engine_of(side.dsn)).begin() as session:
        await announce(session, decided("a"), key="k", sequence=1, act=act)

    async def carried() -> bool:
        return not await bus.is_empty(["tax-exemption.returns"])

    async with relaying(side.dsn, bus):
        await until(carried)
    assert bus.cancelled == 1
    assert await bus.count_records(["tax-exemption.returns"]) == 1
