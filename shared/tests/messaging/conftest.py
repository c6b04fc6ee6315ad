from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Numeric, Table, Text, create_engine, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.act import Act
from shared.database import CONSUMER_ONLY, make_engine, make_sessions, new_metadata
from shared.events.base import Received
from shared.events.tax_exemption import ItemDecided, ItemEvent
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.outbox import Wake, announce
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables, add_messaging_tables
from shared.row_sets import put_all
from shared.workshop.testing.parked_hearer import Hearer
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.signing import TRUST

NOW = datetime(2026, 5, 13, 1, 0, tzinfo=UTC)
ACT = Act(actor="tax:1", pilot="longshui", now=NOW)


@dataclass(frozen=True)
class Side:
    """A service that exists only in tests: its tables and its database."""

    metadata: MetaData
    messaging: MessagingTables
    copies: Table
    effects: Table
    dsn: str

    def subscriptions(self) -> Subscriptions:
        subscriptions = Subscriptions("fx-settlement")
        copies, effects = self.copies, self.effects

        async def copy(session: AsyncSession, received: Sequence[Received[ItemDecided]]) -> None:
            if any(each.event.reason == "bug" for each in received):
                raise RuntimeError("a bug in the handler")
            rows = [{"key": each.key, "reason": each.event.reason, "at": each.occurred_at} for each in received]
            await put_all(session, copies, rows)

        async def effect(session: AsyncSession, received: Sequence[Received[ItemDecided]]) -> None:
            rows = [{"key": each.key, "sequence": each.sequence} for each in received]
            await session.execute(insert(effects), rows)

        subscriptions.project(ItemEvent, copy)
        subscriptions.react(ItemEvent, effect)
        return subscriptions.believing(TRUST)


@pytest.fixture
def make_side(make_database: MakeDatabase) -> Callable[..., Side]:
    def make(dsn: str | None = None) -> Side:
        dsn = dsn or make_database()
        metadata = new_metadata()
        messaging = add_messaging_tables(metadata)
        copies = Table(
            "copies",
            metadata,
            Column("key", Text, primary_key=True),
            Column("reason", Text),
            Column("at", DateTime(timezone=True)),
            info=CONSUMER_ONLY,
        )
        effects = Table(
            "effects",
            metadata,
            Column("key", Text),
            Column("sequence", Numeric),
            # The order of applying: where a row lies in the table doesn't tell it, as rolled back rows leave gaps.
            Column("applied", BigInteger, Identity(always=True)),
        )
        engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
        metadata.create_all(engine)
        engine.dispose()
        return Side(metadata, messaging, copies, effects, dsn)

    return make


@pytest.fixture
async def make_engine_of() -> AsyncIterator[object]:
    engines: list[AsyncEngine] = []

    def make(dsn: str) -> AsyncEngine:
        engines.append(make_engine(dsn, pool_size=8))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def make_wake(make_engine_of: object) -> AsyncIterator[Callable[[AsyncEngine], Wake]]:
    """Makes `Wake` objects and closes each before its engine is disposed of, as a worker does."""
    wakes: list[Wake] = []

    def make(engine: AsyncEngine) -> Wake:
        wakes.append(Wake(engine, "fx-settlement"))
        return wakes[-1]

    yield make
    for wake in wakes:
        await wake.close()


@pytest.fixture(params=["embedded", "kafka"])
def bus_address(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    """An unused bus: a new database, or new topics on the shared broker."""
    if request.param == "embedded":
        return make_database()
    bootstrap: str = request.getfixturevalue("kafka")
    return f"{bootstrap}/t{uuid4().hex[:8]}."


def open_address(address: str) -> Bus:
    return EmbeddedBus(address) if address.startswith("postgresql://") else KafkaBus(*address.split("/"))


@pytest.fixture
async def closing() -> AsyncIterator[Callable[[Bus], Bus]]:
    """Takes a bus, returns it, and closes it after the test."""
    buses: list[Bus] = []

    def keep(bus: Bus) -> Bus:
        buses.append(bus)
        return bus

    yield keep
    for each in buses:
        await each.close()


@pytest.fixture
async def bus(bus_address: str, closing: Callable[[Bus], Bus]) -> Bus:
    return closing(open_address(bus_address))


@pytest.fixture
def say() -> object:
    async def say_events(engine: AsyncEngine, key: str, count: int, *, first: int = 1, reason: str = "r") -> None:
        for sequence in range(first, first + count):
            async with make_sessions(engine).begin() as session:
                await announce(session, decided(f"{reason}{sequence}"), key=key, sequence=sequence, act=ACT)

    return say_events


def decided(reason: str) -> ItemDecided:
    return ItemDecided(
        item_id=uuid4(),
        portion_id=uuid4(),
        declaration_id=uuid4(),
        stall_holder_id=uuid4(),
        pilot="longshui",
        outcome="waived",
        reason=reason,
    )


@pytest.fixture
def decided_json() -> bytes:
    """The content of an event about an item, as JSON."""
    return decided("any").model_dump_json().encode()


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
