"""A service hears every event of a family, later additions too. Events that are known and not heard are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import make_sessions
from shared.events.base import Event, Received
from shared.events.catalogue import EVENT_TYPES
from shared.events.tax_exemption import CertificateEvent, ItemDecided, ItemEvent, ReturnFiled
from shared.messaging.applying import apply_records
from shared.messaging.bus import Record
from shared.messaging.progress import Progress
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import add_messaging_tables
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.signing import TRUST, signed


class ItemReopened(ItemEvent):
    """An event about an item that a later release adds."""

    TYPE: ClassVar[str] = "tax_exemption.item_reopened.v1"


TABLES = add_messaging_tables(MetaData())
LATER = {**EVENT_TYPES, ItemReopened.TYPE: ItemReopened}


async def note(session: AsyncSession, received: Sequence[Received[Event]]) -> None:
    await session.execute(text("INSERT INTO heard VALUES (:type)"), [{"type": each.type} for each in received])


def record(event_type: str, sequence: int, value: bytes) -> Record:
    fields = {
        "ce_id": str(uuid4()),
        "ce_source": "/services/tax-exemption",
        "ce_type": event_type,
        "ce_time": "2026-05-13T01:00:00Z",
        "ce_subject": "k",
        "ce_sequence": str(sequence),
        "ce_actor": "tax:1",
        "ce_pilot": "longshui",
    }
    headers = [(name, text.encode()) for name, text in fields.items()]
    return signed(Record(ItemEvent.TOPIC, 0, sequence, "k", value, headers))


@pytest.fixture
async def session(make_side: Any, make_engine_of: Any) -> AsyncIterator[AsyncSession]:
    async with make_sessions(make_engine_of(make_side().dsn))() as opened:
        await opened.execute(text("CREATE TEMP TABLE heard (type text)"))
        yield opened


async def heard(session: AsyncSession, subscriptions: Subscriptions, *records: Record) -> tuple[list[str], Progress]:
    progress = Progress({}, {}, set())
    await apply_records(session, TABLES, subscriptions.believing(TRUST), records, progress, live=True)
    return list(await session.scalars(text("SELECT type FROM heard"))), progress


@pytest.mark.parametrize("register", ["project", "react"])
async def test_an_event_added_to_a_family_arrives(session: AsyncSession, decided_json: bytes, register: str) -> None:
    subscriptions = Subscriptions("fx-settlement", LATER)
    getattr(subscriptions, register)(ItemEvent, note)
    said = [record(kind.TYPE, number, decided_json) for number, kind in enumerate((ItemDecided, ItemReopened), 1)]
    found, progress = await heard(session, subscriptions, *said)
    assert found == [ItemDecided.TYPE, ItemReopened.TYPE]
    assert (progress.unknown, progress.not_heard) == (0, [])
    assert ItemReopened in subscriptions.events()


async def test_an_older_release_does_not_know_the_added_event(session: AsyncSession, decided_json: bytes) -> None:
    subscriptions = Subscriptions("fx-settlement")
    subscriptions.project(ItemEvent, note)
    found, progress = await heard(session, subscriptions, record(ItemReopened.TYPE, 1, decided_json))
    assert (found, progress.unknown, progress.sequences) == ([], 1, {(ItemEvent.TOPIC, "k"): 1})


async def test_an_event_that_is_not_heard_is_counted_by_type_and_advances_the_sequence(
    session: AsyncSession, decided_json: bytes
) -> None:
    subscriptions = Subscriptions("counting")
    subscriptions.project(ItemEvent, note)
    said = [record(ReturnFiled.TYPE, 1, b"{}"), record(ItemDecided.TYPE, 2, decided_json)]
    found, progress = await heard(session, subscriptions, *said)
    assert (found, progress.unknown, progress.not_heard) == ([ItemDecided.TYPE], 0, [ReturnFiled.TYPE])
    assert progress.sequences == {(ItemEvent.TOPIC, "k"): 2}
    progress.publish("counting")
    labels = {"service": "counting", "type": ReturnFiled.TYPE}
    assert REGISTRY.get_sample_value("consumer_not_heard_total", labels) == 1
    assert REGISTRY.get_sample_value("consumer_unknown_total", {"service": "counting"}) == 0
    assert ReturnFiled in subscriptions.not_heard()
    assert ItemDecided not in subscriptions.not_heard()


def test_hearing_a_part_of_a_family_needs_a_reason() -> None:
    subscriptions = Subscriptions("fx-settlement", LATER)
    for part in (ItemDecided, Event):
        for register in (subscriptions.project, subscriptions.react):
            with pytest.raises(SetupProblem, match="only_because"):
                register(part, note)
    subscriptions.project(ItemDecided, note, only_because="what is reopened keeps its first outcome here")
    subscriptions.react(CertificateEvent, note)
    assert ItemReopened not in subscriptions.events()
    assert ItemReopened in subscriptions.not_heard()
