"""Where a false event was applied, two persons take the owner's in its place: reader and owner agree again (F11)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.database import make_sessions
from shared.messaging.bus import Bus, Outgoing
from shared.messaging.parking import retry_aggregate
from shared.messaging.rebuild import rebuild
from shared.messaging.taking import take
from shared.vocabulary.errors import Conflict
from shared.workshop.testing.parked_hearer import hear_until, outgoing, publish, refused, release_by_two

FORGED, REAL = outgoing("a", 2, "false", event=99), outgoing("a", 2, "true")


def digest_of(record: Outgoing) -> str:
    return hashlib.sha256(record.value).hexdigest()


async def taken(hearer: Any, parked_id: int, person: str, digest: str = digest_of(REAL)) -> str:
    async with make_sessions(hearer.engine).begin() as session:
        tables, heard = hearer.side.messaging, hearer.subscriptions()
        return await take(session, tables, heard, "longshui", parked_id, person=person, digest=digest)


async def refusal(*how: Any) -> str:
    with pytest.raises(Conflict) as conflict:
        await taken(*how)
    return conflict.value.code


async def reasons(hearer: Any) -> Any:
    return await hearer.scalar("SELECT string_agg(reason, ',' ORDER BY key) FROM copies")


async def test_the_owners_event_is_applied_in_the_place_of_the_false_one_and_what_waits_follows(
    log: Bus, make_hearer: Any
) -> None:
    await publish(log, [outgoing("a", 1), FORGED, REAL, outgoing("a", 3, "next")])
    hearer = make_hearer(log)
    await hear_until(hearer, 2, 2)
    assert await reasons(hearer) == "false"
    real, _ = await hearer.parked()
    assert await taken(hearer, real.id, "anna") == "proposed"
    assert await refusal(hearer, real.id, "anna") == "release_needs_two_persons"
    assert await reasons(hearer) == "false"
    assert await taken(hearer, real.id, "bo") == "taken"
    assert (await hearer.parked(), await reasons(hearer)) == ([], "next")
    ids = "SELECT string_agg(right(event_id::text, 2), ',' ORDER BY sequence) FROM consumer_events"
    assert await hearer.scalar(ids) == "01,02,03"
    assert await refusal(hearer, real.id, "bo") == "parked_event_settled"
    lived = await hearer.state()
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert await hearer.state() == lived
    assert await hearer.scalar(ids) == "01,02,03"


async def test_the_state_that_was_taken_is_the_owners(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), FORGED, REAL])
    hearer = make_hearer(log)
    await hear_until(hearer, 2, 1)
    (real,) = await hearer.parked()
    for person in ("anna", "bo"):
        await taken(hearer, real.id, person)
    assert await reasons(hearer) == "true"
    lived = await hearer.state()
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert await hearer.state() == lived


async def test_nothing_else_is_taken_and_a_release_is_no_second_voice_for_it(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), FORGED, REAL, outgoing("a", 3), outgoing("b", 1, "poison")])
    hearer = make_hearer(log, refused)
    await hear_until(hearer, 2, 3)
    real, behind, poison = await hearer.parked()
    assert await refusal(hearer, behind.id, "anna") == "parked_event_behind"
    assert await refusal(hearer, poison.id, "anna") == "parked_event_no_conflict"
    assert await refusal(hearer, real.id, "anna", digest_of(FORGED)) == "owners_event_differs"
    assert await taken(hearer, real.id, "anna") == "proposed"
    with pytest.raises(Conflict) as conflict:
        await hearer.release(real.id, "bo")
    assert conflict.value.code == "parked_event_proposed_otherwise"
    assert await hearer.release(poison.id, "anna") == "proposed"
    async with make_sessions(hearer.engine).begin() as session:
        assert await retry_aggregate(session, hearer.side.messaging, hearer.subscriptions(), "longshui", real.id) == 0
    assert await reasons(hearer) == "false"


async def test_a_proposed_release_is_confirmed_by_no_taking(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), FORGED, REAL])
    hearer = make_hearer(log)
    await hear_until(hearer, 2, 1)
    (real,) = await hearer.parked()
    assert await hearer.release(real.id, "anna") == "proposed"
    assert await refusal(hearer, real.id, "bo") == "parked_event_proposed_otherwise"
    assert await hearer.release(real.id, "bo") == "released"


async def test_how_many_wait_shows_in_a_metric_that_is_there_from_the_start(log: Bus, make_hearer: Any) -> None:
    def shown() -> float | None:
        return REGISTRY.get_sample_value("parked_id_conflicts", {"service": "fx-settlement"})

    async def none_waits() -> bool:
        return shown() == 0

    async def one_waits() -> bool:
        return shown() == 1

    hearer = make_hearer(log)
    await publish(log, [outgoing("a", 1)])
    await hearer.hear(none_waits)
    await publish(log, [FORGED, REAL])
    await hearer.hear(one_waits)
    await release_by_two(hearer, (await hearer.parked())[0].id)
