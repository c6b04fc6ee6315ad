"""One key of a registration has one answer, whatever changes between its tries (V61)."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from shared.workshop.testing.registry_events import subject
from shared.workshop.waiting import until

REGISTER = ("POST", "/v1/trades")


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]  # made here


async def test_one_key_has_one_answer_though_the_cause_of_its_refusal_goes_away_meanwhile(
    market: Any, dsn: str
) -> None:
    for n in range(2):
        key, body = f"round {n}", market.trade()
        await market.hear(subject("operator", subject_id=market.operator, status="suspended"))
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(market.door.call(*REGISTER, body, key=key, **market.as_operator()))]
            await asyncio.sleep(0.005 * n)
            group.create_task(market.hear(subject("operator", subject_id=market.operator)))
            for _ in range(12):
                asked.append(group.create_task(market.door.call(*REGISTER, body, key=key, **market.as_operator())))
                await asyncio.sleep(0.002)
        answers = [await each for each in asked]
        answers.append(await market.door.call(*REGISTER, body, key=key, **market.as_operator()))
        answers = [each for each in answers if "idempotency_key_in_use" not in each.text]
        assert len({(each.status_code, each.content) for each in answers}) == 1, [each.text for each in answers]
        written = rows(dsn, f"SELECT outcome FROM audit WHERE idempotency_key = '{key}'")
        assert written == [("done" if answers[0].status_code == 201 else "refused",)]
    done = rows(dsn, "SELECT count(*) FROM audit WHERE outcome = 'done'")
    assert rows(dsn, "SELECT count(*) FROM trades") == rows(dsn, "SELECT count(*) FROM outbox") == done


async def test_a_registration_of_before_keys_were_a_partys_is_not_done_again(market: Any, dsn: str) -> None:
    body, how = market.trade(), {**market.as_operator(), "actor": "anna", "key": "k"}
    first = await market.door.call(*REGISTER, body, **how)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE idempotency_keys SET principal = 'anna'")
    again = await market.door.call(*REGISTER, body, **how)
    assert (again.status_code, again.content) == (201, first.content)
    assert rows(dsn, "SELECT count(*) FROM trades") == [(1,)]


async def test_one_account_registers_for_two_parties_under_one_key(market: Any, dsn: str) -> None:
    shared = {"actor": "anna", "key": "k"}
    first = await market.door.done(*REGISTER, market.trade(), **market.as_operator(), **shared)
    other = await market.door.call(*REGISTER, market.trade(), role="stall_holder", subject_id=market.seller, **shared)
    assert other.headers.get("idempotency-replayed") is None
    assert first["number"] not in other.text
    assert rows(dsn, "SELECT count(*) FROM idempotency_keys") == [(2,)]


_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
_REFUSALS_WAIT = """
CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
CREATE TRIGGER wait BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.outcome = 'refused')
    EXECUTE FUNCTION wait_for_the_test()
"""


async def test_a_refusal_that_is_being_written_is_its_keys_only_answer(market: Any, dsn: str) -> None:
    def waiting() -> int:
        return int(rows(dsn, _WAITING)[0][0])

    async def send() -> Any:
        return await market.door.call(*REGISTER, market.trade(), key="once", **market.as_operator())

    await market.hear(subject("operator", subject_id=market.operator, status="suspended"))
    async with await psycopg.AsyncConnection.connect(dsn) as holding:
        await holding.execute(_REFUSALS_WAIT)
        await holding.commit()
        await holding.execute("SELECT pg_advisory_xact_lock(1)")
        refusal = asyncio.create_task(send())
        await until(lambda: waiting() == 1)
        await market.hear(subject("operator", subject_id=market.operator))
        repeat = asyncio.create_task(send())
        await until(lambda: repeat.done() or waiting() > 1)
    first, second = await refusal, await repeat
    assert (first.status_code, second.status_code) == (409, 409)
    assert first.content == second.content or second.json()["code"] == "idempotency_key_in_use"
    assert rows(dsn, "SELECT outcome FROM audit WHERE idempotency_key = 'once'") == [("refused",)]
    assert rows(dsn, "SELECT count(*) FROM trades") == [(0,)]
