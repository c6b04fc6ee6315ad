"""The life of a filing over HTTP: each step from each state, its event, and nothing written where it is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

STEPS = {
    "submissions": {"draft", "returned"},
    "reviews": {"submitted"},
    "approvals": {"submitted", "under_review", "effective"},
    "returns": {"submitted", "under_review", "effective"},
    "rejections": {"submitted", "under_review", "effective"},
    "suspensions": {"approved", "effective", "suspended"},
    "reinstatements": {"suspended"},
    "exits": {"approved", "effective", "suspended"},
}
WAYS = {
    "draft": (),
    "submitted": ("submissions",),
    "under_review": ("submissions", "reviews"),
    "returned": ("submissions", "returns"),
    "rejected": ("submissions", "reviews", "rejections"),
    "approved": ("submissions", "reviews", "approvals"),
    "suspended": ("submissions", "approvals", "suspensions"),
    "exited": ("submissions", "approvals", "exits"),
}


async def walked(bureau: Any, *steps: str) -> dict[str, Any]:
    subject: dict[str, Any] = await bureau.filed(bureau.stall_holder())
    for step in steps:
        who = bureau.as_party(subject) if step == "submissions" else {}
        subject = await bureau.stepped(subject, step, **who)
    return subject


async def buyer_at_once(bureau: Any) -> dict[str, Any]:
    seller = await bureau.approved()
    body = bureau.enterprise("buyer")
    filed: dict[str, Any] = await bureau.filed(body, **bureau.as_party(seller))
    assert filed["filings"][0]["status"] == "effective"
    return filed


@pytest.mark.parametrize("state", [*WAYS, "effective"])
async def test_a_step_that_the_state_does_not_allow_is_refused_and_leaves_no_trace(bureau: Any, state: str) -> None:
    subject = await (buyer_at_once(bureau) if state == "effective" else walked(bureau, *WAYS[state]))
    assert subject["filings"][0]["status"] == state
    for step, sources in STEPS.items():
        if state not in sources:
            who = bureau.as_party(subject) if step == "submissions" else {}
            assert await bureau.refused(bureau.step(subject, step, **who)) == (409, "filing_state_wrong")
    rules = {rule for rule, _ in bureau.refusals()}
    assert rules == {"R-FILE-3"}


async def test_each_step_is_announced_and_kept_with_actor_time_and_reason(bureau: Any) -> None:
    subject = await walked(
        bureau,
        "submissions",
        "reviews",
        "returns",
        "submissions",
        "approvals",
        "suspensions",
        "reinstatements",
        "exits",
    )
    assert bureau.said("subjects") == [
        "subject_filed", "subject_submitted", "subject_review_started", "subject_returned", "subject_submitted",
        "subject_approved", "subject_suspended", "subject_reinstated", "subject_exited",
    ]  # fmt: skip
    history = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}/versions")
    kept = [(each["version"], each["actor"], each["reason"]) for each in history["items"]]
    party = subject["id"]
    officer = "commerce:officer"
    actors = [party, officer, officer, party, officer, officer, officer, officer]
    assert [actor for _, actor, _ in kept[1:]] == actors
    assert [reason for _, actor, reason in kept if actor == officer] == ["checked"] * 6
    assert [version for version, _, _ in kept] == list(range(1, 10))
    rules = [each["rule_version"] for each in history["items"]]
    assert rules == [None] + ["required_qualifications@2023-04-19 pilot@1"] * 8
    assert all(each["at"].startswith("2026-05-13T01:0") for each in history["items"])


@pytest.mark.parametrize("step", ["approvals", "returns", "rejections", "suspensions", "exits"])
async def test_a_decision_without_a_reason_is_refused(bureau: Any, step: str) -> None:
    subject = await walked(bureau, "submissions")
    for body in ({}, {"reason": ""}, {"reason": " \u3000"}):
        answer = await bureau.step(subject, step, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert bureau.said("subjects") == ["subject_filed", "subject_submitted"]


async def test_a_stop_order_lasts_until_commerce_lifts_it_whatever_the_party_does(bureau: Any) -> None:
    subject = await bureau.approved()
    subject = await bureau.stepped(subject, "suspensions", {"reason": "case 3", "stop_order": True})
    assert subject["filings"][0]["stop_order"] is True
    lifted = await bureau.stepped(subject, "reinstatements")
    assert (lifted["filings"][0]["stop_order"], lifted["filings"][0]["suspended_at"]) == (False, None)
    again = await bureau.stepped(lifted, "suspensions", {"reason": "case 4", "stop_order": True})
    gone = await bureau.stepped(again, "exits", **bureau.as_party(again))
    assert (gone["filings"][0]["status"], gone["filings"][0]["stop_order"]) == ("exited", True)
    assert bureau.heard()[-1]["subject"]["roles"][0]["stop_order"] is True


async def test_a_stop_order_is_given_and_lifted_while_the_suspension_goes_on(bureau: Any) -> None:
    subject = await bureau.stepped(await bureau.approved(), "suspensions")
    since = subject["filings"][0]["suspended_at"]
    bureau.door.at(datetime(2026, 5, 14, 1, tzinfo=UTC))
    for order in (True, False):
        subject = await bureau.stepped(subject, "suspensions", {"reason": "case 5", "stop_order": order})
        filing = subject["filings"][0]
        assert (filing["status"], filing["stop_order"], filing["suspended_at"]) == ("suspended", order, since)
        assert bureau.heard("subjects")[-1]["subject"]["roles"][0]["stop_order"] is order


@pytest.mark.parametrize("end", [("submissions", "rejections"), ("submissions", "approvals", "exits")])
async def test_an_ended_filing_frees_its_role_and_stays_readable(bureau: Any, end: tuple[str, ...]) -> None:
    body = bureau.stall_holder()
    first = await bureau.filed(body)
    subject = first
    for step in end:
        subject = await bureau.stepped(subject, step, **(bureau.as_party(first) if step == "submissions" else {}))
    again = await bureau.filed(body, **bureau.as_party(first))
    assert again["id"] == first["id"]
    assert len(again["filings"]) == 1
    assert again["filings"][0]["status"] == "draft"
    assert again["filings"][0]["filing_number"] != first["filings"][0]["filing_number"]
    path = f"/v1/subjects/{first['id']}/versions"
    history = (await bureau.door.done("GET", path))["items"]
    versions = [await bureau.door.done("GET", f"{path}/{each['version']}") for each in history]
    assert [{**each, "state": whole["state"]} for each, whole in zip(history, versions, strict=True)] == versions
    numbers = [each["state"]["roles"][0]["filing_number"] for each in versions]
    assert set(numbers) == {first["filings"][0]["filing_number"], again["filings"][0]["filing_number"]}
    held = await bureau.refused(bureau.door.call("POST", "/v1/subjects", body, **bureau.as_party(first)))
    assert held == (409, "already_filed")


async def test_a_buyer_once_rejected_takes_effect_only_by_review(bureau: Any) -> None:
    seller = await bureau.approved()
    body = bureau.enterprise("buyer")
    buyer = await bureau.filed(body, **bureau.as_party(seller))
    await bureau.stepped(buyer, "rejections")
    again = await bureau.filed(body, **bureau.as_party(seller))
    assert again["filings"][0]["status"] == "draft"


async def test_the_filer_corrects_what_was_returned_and_approved_stalls_move_within_the_bounds(bureau: Any) -> None:
    body = bureau.stall_holder(stalls=[bureau.stall(longitude="105.80")])
    subject = await bureau.filed(body)
    who = bureau.as_party(subject)
    assert await bureau.refused(bureau.step(subject, "submissions", **who)) == (409, "stall_out_of_bounds")
    corrected = {"stalls": [bureau.stall()], "reason": "misread"}
    subject = await bureau.stepped(subject, "amendments", corrected, **who)
    subject = await bureau.stepped(subject, "submissions", **who)
    midway = await bureau.refused(bureau.step(subject, "amendments", corrected, **who))
    assert midway == (409, "filing_state_wrong")
    subject = await bureau.stepped(subject, "approvals")
    outside = {"stalls": [bureau.stall(), bureau.stall(latitude="29.6")], "reason": "second stall"}
    assert await bureau.refused(bureau.step(subject, "amendments", outside, **who)) == (409, "stall_out_of_bounds")
    moved = {"stalls": [bureau.stall(stall_number="02-000099")], "name": "新名称五金", "reason": "moved and renamed"}
    subject = await bureau.amended(subject, moved)
    assert (subject["display_name"], subject["stalls"][0]["stall_number"]) == ("新名称五金", "02-000099")
    before = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}/versions/{subject['version'] - 1}")
    assert before["state"]["stalls"][0]["stall_number"] == "02-000018"
    assert bureau.said("subjects")[-1] == "subject_amended"


async def test_an_amendment_names_a_filing_and_a_change(bureau: Any) -> None:
    subject = await bureau.approved()
    who = bureau.as_party(subject)
    nothing = await bureau.step(subject, "amendments", {"reason": "none"}, **who)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "one_of_fields_missing")
    unknown = {"name": "another", "reason": "renamed"}
    assert (await bureau.step(subject, "amendments", unknown, of="operator", **who)).status_code == 404
    both = await bureau.filed({**bureau.enterprise("operator"), "identity": await identity_of(bureau, subject)}, **who)
    stalls = {"stalls": [bureau.stall(longitude="106")], "reason": "escape"}
    assert await bureau.refused(bureau.step(both, "amendments", stalls, of="operator", **who)) == (
        409,
        "stall_of_other_role",
    )


async def identity_of(bureau: Any, subject: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/subjects/{subject['id']}/identity-views"
    seen = await bureau.door.done("POST", path, {"purpose": "inspection"})
    return {"kind": subject["identity_kind"], "number": seen["identity_number"], "country": subject["country"]}


@pytest.mark.parametrize(("version", "status"), [(None, 428), (1, 412), (99, 412)])
async def test_a_step_names_the_version_it_was_decided_on(bureau: Any, version: int | None, status: int) -> None:
    subject = await walked(bureau, "submissions")
    path = f"/v1/subjects/{subject['id']}/filings/stall_holder/approvals"
    answer = await bureau.door.call("POST", path, {"reason": "checked"}, version=version)
    assert answer.status_code == status
    assert bureau.said("subjects") == ["subject_filed", "subject_submitted"]
