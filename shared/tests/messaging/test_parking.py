"""Parked events: a retry in order leads to the same state, and the partition goes on (F11)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from shared.database import make_sessions
from shared.messaging.bus import Bus
from shared.messaging.parking import list_parked
from shared.messaging.rebuild import rebuild
from shared.workshop.testing.parked_hearer import (
    outgoing,
    publish,
    refused,
)


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
