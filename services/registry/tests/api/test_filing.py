from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from shared.workshop.testing.client import Door

FILING = "/v1/subjects/{id}/filings/stall_holder/{step}"


async def approved(door: Door, body: dict[str, Any], account: str = "acct:1") -> dict[str, Any]:
    subject = await door.done("POST", "/v1/subjects", body, role="stall_holder", actor=account)
    for step, who in (("submissions", "stall_holder"), ("approvals", "commerce")):
        path = FILING.format(id=subject["id"], step=step)
        actor = account if who == "stall_holder" else "commerce:officer"
        subject = await door.done(
            "POST", path, {"reason": "checked"}, role=who, actor=actor, version=subject["version"]
        )
    return subject


def outbox(dsn: str) -> list[tuple[str, int]]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT type, sequence FROM outbox WHERE topic = 'registry.subjects' ORDER BY id")
        return [(row[0], row[1]) for row in rows]


def refusals(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT rule, code FROM audit WHERE outcome <> 'done' AND rule IS NOT NULL")
        return [(row[0], row[1]) for row in rows]


async def test_a_filing_is_submitted_and_approved_with_an_event_for_each_step(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    subject = await approved(door, stall_holder)
    assert [each["status"] for each in subject["filings"]] == ["approved"]
    assert outbox(dsn) == [
        ("registry.subject_filed.v1", 1),
        ("registry.subject_submitted.v1", 2),
        ("registry.subject_approved.v1", 3),
    ]
    history = await door.done("GET", f"/v1/subjects/{subject['id']}/versions")
    assert [(each["step"], each["actor"]) for each in history["items"]] == [
        ("file", "acct:1"),
        ("submit", "acct:1"),
        ("approve", "commerce:officer"),
    ]


async def test_a_stall_outside_the_bounds_is_refused_and_nothing_changes(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    stall_holder["stalls"][0]["longitude"] = "105.7700001"
    subject = await door.done("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1")
    path = FILING.format(id=subject["id"], step="submissions")
    answer = await door.call("POST", path, {}, role="stall_holder", actor="acct:1", version=subject["version"])
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["rule"]["id"]) == ("stall_out_of_bounds", "R-FILE-2")
    assert problem["errors"][0]["pointer"] == "/stalls/0"
    assert problem["title_zh"]
    assert problem["fix_zh"]
    assert len(outbox(dsn)) == 1
    assert refusals(dsn) == [("R-FILE-2", "stall_out_of_bounds")]


async def test_a_stall_on_the_boundary_is_inside(door: Door, stall_holder: dict[str, Any]) -> None:
    stall_holder["stalls"][0]["longitude"] = "105.770"
    assert (await approved(door, stall_holder))["filings"][0]["status"] == "approved"


async def test_a_wrong_check_digit_is_malformed(door: Door, dsn: str, stall_holder: dict[str, Any]) -> None:
    number = stall_holder["identity"]["number"]
    stall_holder["identity"]["number"] = number[:-1] + ("2" if number[-1] == "1" else "1")
    answer = await door.call("POST", "/v1/subjects", stall_holder, role="stall_holder")
    assert (answer.status_code, answer.json()["code"]) == (422, "identity_check_digit_wrong")
    assert outbox(dsn) == []
    assert refusals(dsn) == [("R-FILE-4", "identity_check_digit_wrong")]


async def test_of_fifty_filings_of_one_role_at_once_one_wins(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    answers = await asyncio.gather(
        *(door.call("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1") for _ in range(50))
    )
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 1
    filing = won[0].json()["filings"][0]["filing_number"]
    for answer in answers:
        if answer is not won[0]:
            assert (answer.status_code, answer.json()["code"]) == (409, "already_filed")
            assert filing in answer.json()["detail"]
    assert outbox(dsn) == [("registry.subject_filed.v1", 1)]


async def test_nobody_approves_their_own_filing(door: Door, stall_holder: dict[str, Any]) -> None:
    subject = await door.done("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="same")
    path = FILING.format(id=subject["id"], step="submissions")
    subject = await door.done("POST", path, {}, role="stall_holder", actor="same", version=1)
    path = FILING.format(id=subject["id"], step="approvals")
    answer = await door.call("POST", path, {"reason": "checked"}, role="commerce", actor="same", version=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_filing_decided")


async def test_a_buyer_filed_by_an_operator_is_effective_at_once(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    operator = await approved(door, stall_holder)
    buyer = {
        "identity": {"kind": "passport", "number": "RU7654321", "country": "RU"},
        "name": "Dmitri Sokolov",
        "role": "buyer",
    }
    filed = await door.done("POST", "/v1/subjects", buyer, role="operator", subject_id=operator["id"])
    assert filed["filings"][0]["status"] == "effective"
    assert filed["display_name"] == "D" + "*" * 13
    assert outbox(dsn)[-1] == ("registry.filing_effective.v1", 1)
    with psycopg.connect(dsn) as connection:
        kept = str(
            connection.execute("SELECT convert_from(payload, 'UTF8'), name::text FROM outbox, subjects").fetchall()
        )
        assert "Sokolov" not in kept


async def test_the_same_key_ten_times_at_once_has_one_effect(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    answers = await asyncio.gather(
        *(
            door.call("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1", key="k1")
            for _ in range(10)
        )
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(outbox(dsn)) == 1
    again = await door.call("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1", key="k1")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    stall_holder["name"] = "另一家"
    other = await door.call("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1", key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_change_needs_the_version_it_was_decided_on(door: Door, stall_holder: dict[str, Any]) -> None:
    subject = await door.done("POST", "/v1/subjects", stall_holder, role="stall_holder", actor="acct:1")
    path = FILING.format(id=subject["id"], step="submissions")
    missing = await door.call("POST", path, {}, role="stall_holder", actor="acct:1")
    stale = await door.call("POST", path, {}, role="stall_holder", actor="acct:1", version=7)
    assert (missing.status_code, stale.status_code) == (428, 412)


async def test_somebody_elses_subject_looks_unknown_and_the_attempt_is_audited(
    door: Door, dsn: str, stall_holder: dict[str, Any]
) -> None:
    subject = await approved(door, stall_holder)
    other = {"role": "stall_holder", "actor": "acct:9", "subject_id": "019a0000-0000-7000-8000-000000000009"}
    foreign = await door.call("GET", f"/v1/subjects/{subject['id']}", **other)
    unknown = await door.call("GET", "/v1/subjects/019a0000-0000-7000-8000-00000000000f", **other)
    assert foreign.status_code == unknown.status_code == 404
    same = {"title", "status", "code", "detail", "errors", "fix"}
    assert {k: foreign.json()[k] for k in same} == {k: unknown.json()[k] for k in same}
    assert refusals(dsn) == [("V65", "not_yours")]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"role": "king"}, "/role", "field_not_a_choice"),
        ({"unheard": 1}, "/unheard", "field_unknown"),
        ({"name": ""}, "/name", "field_too_short"),
        ({"identity": None}, "/identity", "field_not_object"),
    ],
)
async def test_malformed_input_names_the_field(
    door: Door, dsn: str, stall_holder: dict[str, Any], change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await door.call("POST", "/v1/subjects", {**stall_holder, **change}, role="stall_holder")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    assert outbox(dsn) == []


async def test_a_call_without_a_token_or_the_role_learns_nothing(door: Door, stall_holder: dict[str, Any]) -> None:
    anonymous = await door.client.post("/v1/subjects", json=stall_holder)
    bank = await door.call("POST", "/v1/subjects", stall_holder, role="bank")
    assert (anonymous.status_code, bank.status_code) == (401, 403)
