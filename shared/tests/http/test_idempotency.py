"""One key, one effect: at once, again later, after a restart, by others, with another body (V61, F17, F18, F19)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from shared.http.app import Service
from shared.http.identity import Caller
from shared.workshop.testing.client import open_door
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.tokens import ISSUER

NOTES = ("POST", "/v1/notes")
PARTY = "019a0000-0000-7000-8000-0000000000aa"
_TAKEN = "INSERT INTO idempotency_keys (principal, key, fingerprint) VALUES (%s, 'k', '')"
_BEFORE = "UPDATE idempotency_keys SET principal = 'anna' WHERE key = 'k'"
COMMERCE = Caller("commerce", "commerce", "longshui", issuer=ISSUER)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_ten_at_once_have_one_effect_and_one_answer(desk: Any) -> None:
    for key in ("first", "second", "third"):
        answers = await asyncio.gather(*(desk.door.call(*NOTES, {"label": key}, key=key) for _ in range(10)))
        done = [each for each in answers if each.status_code == httpx.codes.CREATED]
        waited = [each for each in answers if each not in done]
        assert {problem(each) for each in waited} <= {(409, "idempotency_key_in_use")}
        assert len({each.content for each in done}) == 1
        assert Counter(each.headers.get("idempotency-replayed") for each in done)[None] == 1
        assert len({(each.headers["etag"], each.headers["location"]) for each in done}) == 1
    assert desk.written() == (3, 3)
    assert len(desk.audited()) == 3


@pytest.mark.parametrize("failure", ["rule", "state", "unknown", "hidden"])
async def test_a_refusal_stays_its_keys_answer_though_its_cause_goes_away_at_once(desk: Any, failure: str) -> None:
    await desk.door.done(*NOTES, {"label": "bar"})
    path = f"/v1/notes/guarded/{failure}"
    answers = await asyncio.gather(*(desk.door.call("POST", path, key="k") for _ in range(8)))
    answers.append(await desk.door.call("POST", path, key="k"))
    expected = httpx.codes.CONFLICT if failure in ("rule", "state") else httpx.codes.NOT_FOUND
    assert {each.status_code for each in answers} == {expected}
    assert len({each.content for each in answers}) == 1
    assert Counter(each.headers.get("idempotency-replayed") for each in answers) == {None: 1, "true": 8}
    assert desk.written() == (0, 2)
    # The bar's own line, and that of the refusal where it cites a rule.
    assert len(desk.audited()) == (2 if failure != "state" else 1)
    await desk.door.done("POST", path, key="another")


async def test_a_repeat_that_waits_too_long_for_the_first_is_told_when_to_retry(desk: Any) -> None:
    async with await psycopg.AsyncConnection.connect(desk.dsn) as first:
        await first.execute(_TAKEN, [COMMERCE.principal])
        answer = await desk.door.call(*NOTES, {"label": "a"}, key="k")
        assert problem(answer) == (409, "idempotency_key_in_use")
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["retryable"] is True
        await first.rollback()
    await desk.door.done(*NOTES, {"label": "a"}, key="k")
    assert desk.written() == (1, 1)


async def test_two_callers_may_use_the_same_key(desk: Any) -> None:
    made = [await desk.door.done(*NOTES, {"label": name}, key="k", actor=name) for name in ("anna", "bert")]
    assert made[0]["id"] != made[1]["id"]
    assert desk.written() == (2, 2)


@pytest.mark.parametrize("other", [{"pilot": "yiwu"}, {"role": "operator", "subject_id": PARTY}, {"bank_id": PARTY}])
async def test_one_account_has_other_keys_in_another_role_or_pilot_or_for_another_party(
    desk: Any, other: dict[str, Any]
) -> None:
    await desk.door.call(*NOTES, {"label": "a"}, key="k", actor="anna")
    again = await desk.door.call(*NOTES, {"label": "b"}, key="k", **{"actor": "anna", **other})
    assert (again.status_code, again.headers.get("idempotency-replayed")) == (201, None)


async def test_a_key_that_was_used_before_keys_were_a_partys_still_has_its_answer(desk: Any) -> None:
    first = await desk.door.call(*NOTES, {"label": "a"}, key="k", actor="anna")
    async with await psycopg.AsyncConnection.connect(desk.dsn) as earlier:
        await earlier.execute(_BEFORE)
    again = await desk.door.call(*NOTES, {"label": "a"}, key="k", actor="anna")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert problem(await desk.door.call(*NOTES, {"label": "b"}, key="k", actor="anna")) == (
        422,
        "idempotency_key_reused",
    )


async def test_an_account_that_is_named_like_a_caller_finds_nothing_of_that_caller(desk: Any) -> None:
    await desk.door.done(*NOTES, {"label": "a"}, key="k")
    again = await desk.door.call(*NOTES, {"label": "a"}, key="k", actor=COMMERCE.principal)
    assert "idempotency-replayed" not in again.headers


BODIES = {
    "another value": b'{"label": "b"}',
    "a space more": b'{"label":  "a"}',
    "a field more": b'{"label": "a", "weight": 1}',
    "another encoding": '{"label": "a"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_key_is_for_one_body(desk: Any, body: bytes) -> None:
    how = {"key": "k", "headers": {"content-type": "application/json"}}
    first = await desk.door.call(*NOTES, content=b'{"label": "a"}', **how)
    assert problem(await desk.door.call(*NOTES, content=body, **how)) == (422, "idempotency_key_reused")
    again = await desk.door.call(*NOTES, content=b'{"label": "a"}', **how)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert desk.written() == (1, 1)


async def test_a_key_is_for_one_version_of_one_resource(desk: Any) -> None:
    notes = [await desk.door.done(*NOTES, {"label": label}) for label in "ab"]
    path = f"/v1/notes/{notes[0]['id']}/changes"
    await desk.door.done("POST", path, key="k", version=1)
    for other, version in ((path, 2), (f"/v1/notes/{notes[1]['id']}/changes", 1)):
        answer = await desk.door.call("POST", other, key="k", version=version)
        assert problem(answer) == (422, "idempotency_key_reused")
    again = await desk.door.call("POST", path, key="k", version=1)
    assert (again.json()["version"], again.headers["etag"], again.headers["idempotency-replayed"]) == (2, '"2"', "true")


async def test_a_key_outlives_the_process(service: Service, desk: Any, mint: ServedMint, tmp_path: Path) -> None:
    first = await desk.door.call(*NOTES, {"label": "a"}, key="k")
    async with open_door(service, desk.dsn, mint, tmp_path) as restarted:
        again = await restarted.call(*NOTES, {"label": "a"}, key="k")
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    assert desk.written() == (1, 1)


async def test_a_malformed_or_stale_request_does_not_use_up_its_key(desk: Any) -> None:
    assert (await desk.door.call(*NOTES, {}, key="k")).status_code == 422
    note = await desk.door.done(*NOTES, {"label": "a"}, key="k")
    path = f"/v1/notes/{note['id']}/changes"
    assert (await desk.door.call("POST", path, key="stale", version=7)).status_code == 412
    assert (await desk.door.call("POST", path, key="stale")).status_code == 428
    assert desk.written() == (1, 1)


async def test_two_hundred_at_once_share_ten_connections(desk: Any) -> None:
    answers = await asyncio.gather(*(desk.door.call(*NOTES, {"label": str(n)}) for n in range(200)))
    statuses = Counter(each.status_code for each in answers)
    assert set(statuses) <= {201, 503}
    assert all(each.headers["retry-after"] for each in answers if each.status_code == 503)
    assert desk.written() == (statuses[201], statuses[201])
    assert statuses[201] > 0
