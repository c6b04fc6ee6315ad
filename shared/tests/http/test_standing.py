"""While database and bus contradict each other commands are refused; repeats and reads are answered."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

NOTES = ("POST", "/v1/notes")
_FOUND = "INSERT INTO contradictions (part, code, reason) VALUES ('relay', 'cursor_beyond', 'the outbox ends at 3')"


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


async def ready(desk: Any) -> tuple[int, Any]:
    answer = await desk.door.client.get("/readyz")
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("cause", "code"),
    [(_FOUND, "needs_reconciling"), ("UPDATE lineage SET compared_in = 'another cluster'", "not_compared")],
)
async def test_commands_are_refused_with_what_to_do_and_reads_go_on(desk: Any, cause: str, code: str) -> None:
    first = await desk.door.call(*NOTES, {"label": "before"}, key="k")
    assert first.status_code == 201
    run(desk.dsn, cause)
    refused = await desk.door.call(*NOTES, {"label": "after"}, key="later")
    assert (refused.status_code, refused.json()["code"]) == (503, code)
    assert refused.headers["retry-after"]
    assert refused.json()["fix"] != refused.json()["fix_zh"]
    assert (await desk.door.call("GET", "/v1/notes")).status_code == 200
    again = await desk.door.call(*NOTES, {"label": "before"}, key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert desk.written() == (1, 1)
    status, told = await ready(desk)
    assert (status, told["code"]) == (503, code)
    run(desk.dsn, "DELETE FROM contradictions")
    run(desk.dsn, "UPDATE lineage SET compared_in = incarnation()")
    assert (await desk.door.call(*NOTES, {"label": "after"}, key="later")).status_code == 201
    assert (await ready(desk))[0] == 200


async def test_readiness_and_metrics_name_the_reason(desk: Any) -> None:
    assert 'needs_reconciling{service="notes"} 0.0' in (await desk.door.client.get("/metrics")).text
    run(desk.dsn, _FOUND)
    assert (await ready(desk))[1]["needs_reconciling"] == {"relay": "the outbox ends at 3"}
    assert 'needs_reconciling{service="notes"} 1.0' in (await desk.door.client.get("/metrics")).text


async def test_asking_costs_a_command_no_statement_more(desk: Any) -> None:
    with desk.door.statements() as sent:
        await desk.door.call(*NOTES, {"label": "counted"})
    assert [each for each in sent if "standing()" in each] == [each for each in sent if "lock_timeout', '2s'" in each]


DIGEST = "a" * 64
_PLANNED = f"INSERT INTO reconciliations (digest, plan) VALUES ('{DIGEST}', '{{}}')"
_LOST = (
    "INSERT INTO lost_acts (event_id, kind, topic, key, sequence, type, occurred_at, actor, pilot, digest) SELECT"
    " gen_random_uuid(), 'beyond', 't', 'k', n, 'x.y.v1', now(), 'a', pilot, 'd'"
    " FROM (VALUES (1, 'longshui'), (2, 'elsewhere')) told (n, pilot)"
)


async def approve(desk: Any, person: str, digest: str = DIGEST) -> tuple[int, str]:
    answer = await desk.door.call(
        "POST", "/v1/reconciliation/approvals", {"digest": digest}, role="system", actor=person
    )
    return answer.status_code, answer.json().get("state") or answer.json()["code"]


async def test_two_persons_agree_to_the_plan_that_they_saw_while_everything_else_is_refused(desk: Any) -> None:
    run(desk.dsn, _FOUND)
    seen = await desk.door.done("GET", "/v1/reconciliation", role="system")
    assert (seen["plan"], seen["standing"]) == (None, {"relay": "the outbox ends at 3"})
    assert await approve(desk, "anna") == (409, "reconciliation_outdated")
    run(desk.dsn, _PLANNED)
    assert await approve(desk, "anna", "b" * 64) == (409, "reconciliation_outdated")
    assert await approve(desk, "anna") == (200, "proposed")
    assert await approve(desk, "anna") == (409, "reconciliation_needs_two_persons")
    assert await approve(desk, "bo") == (200, "confirmed")
    seen = await desk.door.done("GET", "/v1/reconciliation", role="auditor")
    assert (seen["digest"], seen["previewed_by"], seen["confirmed_by"]) == (DIGEST, "anna", "bo")
    assert [line for line in desk.audited() if line[0] == "done"] == [("done", 200, DIGEST)] * 2


async def test_lost_acts_are_read_page_by_page_however_many_they_are(desk: Any) -> None:
    for _ in range(3):
        run(desk.dsn, _LOST)
    whole = (await desk.door.done("GET", "/v1/lost-acts", role="auditor"))["items"]
    assert len(whole) == 3
    assert await desk.door.paged("/v1/lost-acts", role="auditor") == whole
    assert await desk.door.paged("/v1/lost-acts", 2, role="auditor") == whole


async def test_a_lost_act_is_settled_once_by_its_own_pilot(desk: Any) -> None:
    run(desk.dsn, _LOST)
    (act,) = (await desk.door.done("GET", "/v1/lost-acts", role="auditor"))["items"]
    settle = ("POST", f"/v1/lost-acts/{act['event_id']}/settlements", {"settled_as": "entered again as 7"})
    assert (await desk.door.call(*settle, role="system", pilot="elsewhere")).status_code == 404
    done = await desk.door.done(*settle, role="system", actor="anna")
    assert (done["settled_by"], done["settled_as"]) == ("anna", "entered again as 7")
    again = await desk.door.call(*settle, role="system")
    assert (again.status_code, again.json()["code"]) == (409, "lost_act_settled")
    assert (await desk.door.done("GET", "/v1/lost-acts", role="auditor"))["items"] == []
