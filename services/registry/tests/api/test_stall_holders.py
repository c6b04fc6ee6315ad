"""One holder for each stall, pilot and day (R-FILE-2)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from shared.workshop.testing.lining_up import lined_up

NUMBER = "02-000777"


def _held(bureau: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = bureau.ask(
        "SELECT subject_id::text, valid_from::text, valid_to::text FROM stall_terms"
        f" WHERE stall_number = '{NUMBER}' ORDER BY valid_from"
    )
    return rows


async def test_an_approved_holder_doesnt_take_anothers_stall_by_an_amendment(bureau: Any) -> None:
    victim = await bureau.approved(bureau.stall_holder(stalls=[bureau.stall(stall_number=NUMBER)]))
    thief = await bureau.approved()
    who = bureau.as_party(thief)
    taking = {"stalls": [bureau.stall(stall_number=NUMBER, valid_from="2026-05-13")], "reason": "moved"}
    assert await bureau.refused(bureau.step(thief, "amendments", taking, **who)) == (409, "stall_held_by_another")
    filed = await bureau.filed(bureau.stall_holder(stalls=taking["stalls"]))
    submitting = bureau.step(filed, "submissions", **bureau.as_party(filed))
    assert await bureau.refused(submitting) == (409, "stall_held_by_another")
    assert _held(bureau) == [(victim["id"], "2026-01-01", None)]
    await bureau.stepped(victim, "exits", **bureau.as_party(victim))
    assert _held(bureau) == [(victim["id"], "2026-01-01", "2026-05-13")]
    assert await bureau.refused(bureau.step(thief, "amendments", taking, **who)) == (409, "stall_held_by_another")
    taking["stalls"][0]["valid_from"] = "2026-05-14"
    await bureau.amended(thief, taking)
    assert _held(bureau) == [(victim["id"], "2026-01-01", "2026-05-13"), (thief["id"], "2026-05-14", None)]


async def test_of_two_filings_of_one_stall_at_once_one_is_approved(bureau: Any) -> None:
    """`stalls_of_others`."""
    stall = bureau.stall(stall_number=NUMBER)
    filed = [await bureau.filed(bureau.stall_holder(stalls=[stall])) for _ in range(2)]
    filed = [await bureau.stepped(each, "submissions", **bureau.as_party(each)) for each in filed]
    answers = await lined_up(
        bureau.dsn,
        "SELECT pg_advisory_xact_lock(hashtextextended('stalls longshui', 0))",
        *(bureau.step(each, "approvals") for each in filed),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [row[1:] for row in _held(bureau)] == [("2026-01-01", None)]


async def test_the_database_refuses_a_second_holder_of_a_day(bureau: Any) -> None:
    seller = await bureau.approved(bureau.stall_holder(stalls=[bureau.stall(stall_number=NUMBER)]))
    with psycopg.connect(bureau.dsn) as connection, pytest.raises(psycopg.errors.ExclusionViolation):
        connection.execute(
            "INSERT INTO stall_terms SELECT gen_random_uuid(), pilot, subject_id, stall_number, '2026-09-01',"
            " NULL, false FROM stall_terms WHERE subject_id = %s",
            [seller["id"]],
        )
