"""Many calls at the same time: one succeeds, the others are refused with the reason (F20)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any


async def test_of_twenty_decisions_on_one_version_one_counts(bureau: Any) -> None:
    """`subject_for_update`."""
    subject = await bureau.filed(bureau.stall_holder())
    subject = await bureau.stepped(subject, "submissions", **bureau.as_party(subject))
    steps = ["approvals", "rejections", "returns", "reviews"] * 5
    answers = await asyncio.gather(*(bureau.step(subject, step) for step in steps))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    assert len(bureau.said("subjects")) == 3


async def test_lists_published_at_once_have_versions_without_gap_or_repeat(bureau: Any) -> None:
    """`next_list_version` takes the list's name."""
    entries = [{"hs_prefix": "82", "verdict": "eligible", "reason": "tools", "reason_zh": "工具"}]
    body = {"kind": "positive", "effective_from": "2026-05-01", "source": "sample", "entries": entries}
    answers = await asyncio.gather(*(bureau.door.done("POST", "/v1/commodity-lists", body) for _ in range(12)))
    assert sorted(answer["version"] for answer in answers) == list(range(1, 13))


async def test_of_twelve_designations_of_one_port_at_once_one_counts(bureau: Any) -> None:
    port = {"port_code": "8011", "name": "样例口岸", "valid_from": "2026-01-01"}
    answers = await asyncio.gather(*(bureau.door.call("POST", "/v1/ports", port) for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 11}
    assert bureau.said("places") == ["pilot_changed", "port_designated"]


async def test_grades_set_at_once_by_one_authority_are_one_gapless_sequence(bureau: Any) -> None:
    subject = await bureau.approved()
    path = f"/v1/subjects/{subject['id']}/credit-grades"
    body = {"grade": "B", "effective_from": "2026-05-01", "reason": "public rating"}
    await asyncio.gather(*(bureau.door.done("POST", path, body, role="tax") for _ in range(12)))
    rows = bureau.ask("SELECT sequence FROM outbox WHERE topic = 'registry.supervision' ORDER BY id")
    assert rows == [(number,) for number in range(1, 13)]


async def test_filings_of_one_identity_in_different_roles_at_once_make_one_subject(bureau: Any) -> None:
    """`subject_by_identity`."""
    seller = await bureau.approved()
    body = bureau.enterprise("buyer")
    roles = ("buyer", "supplier", "agent")
    bodies = [{**body, "role": role} for role in roles for _ in range(5)]
    who = bureau.as_party(seller)
    answers = await asyncio.gather(*(bureau.door.call("POST", "/v1/subjects", each, **who) for each in bodies))
    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 12}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    last = bureau.heard("subjects")[-1]["subject"]
    assert sorted(each["role"] for each in last["roles"]) == sorted(roles)


async def test_a_confirmation_and_a_termination_at_once_leave_one_history(bureau: Any) -> None:
    seller = await bureau.approved()
    operator = await bureau.approved(bureau.operator())
    terms = {
        "principal_id": seller["id"],
        "agent_id": operator["id"],
        "valid_from": "2026-05-01",
        "valid_to": "2026-12-31",
        "collector": "principal",
        "exemption_filer": "principal",
    }
    made = await bureau.door.done("POST", "/v1/export-agencies", terms, **bureau.as_party(seller))
    path = f"/v1/export-agencies/{made['id']}"
    who = {"version": 1, **bureau.as_party(operator)}
    answers = await asyncio.gather(
        *(bureau.door.call("POST", f"{path}/confirmations", **who) for _ in range(5)),
        *(bureau.door.call("POST", f"{path}/terminations", {}, **who) for _ in range(5)),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 9}
    assert len(bureau.said("agreements")) == 2


async def test_of_twelve_changes_of_one_place_or_pilot_one_counts(bureau: Any) -> None:
    bank = {"name": "样例银行", "connection": "web", "valid_from": "2026-01-01"}
    filed = await bureau.door.done("POST", "/v1/banks", bank)
    (pilot,) = (await bureau.door.done("GET", "/v1/pilots"))["items"]
    changed = {name: value for name, value in pilot["content"].items() if name != "pilot"}
    for path, version, body in (
        (f"/v1/banks/{filed['id']}/changes", filed["version"], bank),
        ("/v1/pilots/longshui/changes", pilot["version"], changed),
    ):
        answers = await asyncio.gather(*(bureau.door.call("POST", path, body, version=version) for _ in range(12)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 11}, answers[0].text
