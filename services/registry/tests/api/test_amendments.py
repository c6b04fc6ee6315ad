"""What commerce approved of a subject changes only once commerce approves the change (R-FILE-3, V6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.vocabulary.identifiers import first_account
from shared.workshop.testing.lining_up import lined_up

OFFICER = {"role": "commerce", "actor": "commerce:officer"}
ACCOUNT = {"kind": "fx_account", "value": "USD", "valid_from": "2026-05-13", "account": "6222000011"}


async def _proposed(bureau: Any, subject: dict[str, Any], change: dict[str, Any], **how: Any) -> str:
    """The address of the amendment, which leaves subject, stalls and events as they are."""
    tables = ("subjects", "role_filings", "stall_terms", "subject_versions", "outbox")
    before = [bureau.ask(f"SELECT t::text FROM {each} t ORDER BY 1") for each in tables]
    path = f"filings/{subject['filings'][0]['role']}/amendments" if "kind" not in change else "qualifications"
    how = {"version": subject["version"], **(how or bureau.as_party(subject))}
    answer = await bureau.door.call("POST", f"/v1/subjects/{subject['id']}/{path}", change, **how)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told.pop("open_amendments") == subject.get("open_amendments", 0) + 1
    assert told == {name: value for name, value in subject.items() if name != "open_amendments"}
    assert answer.headers["etag"] == f'"{subject["version"]}"'
    assert [bureau.ask(f"SELECT t::text FROM {each} t ORDER BY 1") for each in tables] == before
    location: str = answer.headers["location"]
    return location


def _decide(bureau: Any, path: str, decision: str = "approvals", *, version: int = 1, **how: Any) -> Any:
    body = {"reason": "licence seen"}
    return bureau.door.call("POST", f"{path}/{decision}", body, version=version, **(how or OFFICER))


@pytest.mark.parametrize(
    ("change", "part", "event"),
    [
        ({"name": "新名称五金", "reason": "renamed"}, "display_name", "subject_amended"),
        ({"stalls": "another", "reason": "moved"}, "stalls", "subject_amended"),
        (ACCOUNT, "qualifications", "qualification_recorded"),
        ({**ACCOUNT, "kind": "quality_undertaking"}, "qualifications", "qualification_recorded"),
    ],
    ids=["name", "stalls", "account", "document"],
)
async def test_a_change_of_what_was_approved_counts_from_its_approval(
    bureau: Any, change: dict[str, Any], part: str, event: str
) -> None:
    subject = await bureau.approved()
    if "stalls" in change:
        change = {**change, "stalls": [bureau.stall(stall_number="02-000777")]}
    path = await _proposed(bureau, subject, change)
    listed = (await bureau.door.done("GET", "/v1/subject-amendments?status=open", **OFFICER))["items"]
    assert [(each["id"], each["subject_id"], each["subject_version"]) for each in listed] == [
        (path.rpartition("/")[2], subject["id"], subject["version"])
    ]
    read = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}", **bureau.as_party(subject))
    assert (read[part], read["open_amendments"]) == (subject[part], 1)
    assert await bureau.refused(_decide(bureau, path, role="commerce", actor=subject["id"])) == (
        409,
        "own_amendment_decided",
    )
    decided = await _decide(bureau, path)
    assert (decided.status_code, decided.json()["status"], decided.headers["etag"]) == (200, "approved", '"2"')
    after = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}", **bureau.as_party(subject))
    assert (after[part] != subject[part], after["open_amendments"]) == (True, 0)
    assert (after["version"], bureau.said("subjects")[-1]) == (subject["version"] + 1, event)
    history = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}/versions")
    last = max(history["items"], key=lambda each: each["version"])
    assert (last["step"], last["actor"], last["reason"]) == ("approve_amendment", OFFICER["actor"], "licence seen")
    assert await bureau.refused(_decide(bureau, path, version=2)) == (409, "amendment_decided_already")
    assert "6222000011" not in bureau.written()


@pytest.mark.parametrize("end", ["rejections", "withdrawals"])
async def test_what_is_rejected_or_withdrawn_never_counts(bureau: Any, end: str) -> None:
    subject = await bureau.approved()
    owner = bureau.as_party(subject)
    path = await _proposed(bureau, subject, {"stalls": [bureau.stall(stall_number="02-000777")], "reason": "moved"})
    again = bureau.step(subject, "amendments", {"stalls": [bureau.stall()], "reason": "again"}, **owner)
    assert await bureau.refused(again) == (409, "amendment_open_already")
    told = bureau.everything()
    ended = await _decide(bureau, path, end, **(owner if end == "withdrawals" else OFFICER))
    assert ended.json()["status"] == {"rejections": "rejected", "withdrawals": "withdrawn"}[end]
    assert {row for row in bureau.everything() if row[0] != "subject_amendments"} <= set(told)
    for decision, how in (("approvals", OFFICER), ("withdrawals", owner)):
        late = _decide(bureau, path, decision, version=2, **how)
        assert await bureau.refused(late) == (409, "amendment_decided_already")
    await _proposed(bureau, subject, {"stalls": [bureau.stall(stall_number="02-000778")], "reason": "again"})


async def test_nobody_reads_or_withdraws_anothers_amendment(bureau: Any) -> None:
    subject, stranger = await bureau.approved(), await bureau.approved()
    path = await _proposed(bureau, subject, ACCOUNT)
    who = bureau.as_party(stranger)
    assert await bureau.refused(bureau.door.call("GET", path, **who)) == (404, "not_found")
    assert await bureau.refused(_decide(bureau, path, "withdrawals", **who)) == (404, "not_found")
    assert (await bureau.door.done("GET", "/v1/subject-amendments", **who))["items"] == []
    of_victim = f"/v1/subject-amendments?subject_id={subject['id']}"
    assert (await bureau.door.done("GET", of_victim, **who))["items"] == []
    (own,) = (await bureau.door.done("GET", of_victim, **bureau.as_party(subject)))["items"]
    assert own["qualification"]["account"] == "622***0011"


async def test_another_filing_of_its_own_doesnt_change_what_was_approved(bureau: Any) -> None:
    """An approved operator files itself as a buyer, too: a draft, whose name is the subject's."""
    body = bureau.operator()
    operator = await bureau.approved(body)
    who = bureau.as_party(operator)
    second = {"identity": body["identity"], "name": "另一名称", "role": "buyer", "qualifications": [ACCOUNT]}
    both = await bureau.filed(second, **who)
    assert (both["display_name"], len(both["qualifications"]), both["open_amendments"]) == (body["name"], 3, 1)
    renamed = await bureau.step(both, "amendments", {"name": "另一名称", "reason": "x"}, of="buyer", **who)
    assert (renamed.status_code, renamed.json()["display_name"]) == (202, body["name"])


async def test_of_two_amendments_of_one_stall_the_one_that_is_approved_first_holds_it(bureau: Any) -> None:
    """`stalls_of_others`: told at the proposal where another holds it, and refused at the approval."""
    taking = {"stalls": [bureau.stall(stall_number="02-000777")], "reason": "moved"}
    paths = [await _proposed(bureau, await bureau.approved(), taking) for _ in range(2)]
    answers = await lined_up(
        bureau.dsn,
        "SELECT pg_advisory_xact_lock(hashtextextended('stalls longshui', 0))",
        *(_decide(bureau, path) for path in paths),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "stall_held_by_another"
    third = await bureau.approved()
    told = bureau.step(third, "amendments", taking, **bureau.as_party(third))
    assert await bureau.refused(told) == (409, "stall_held_by_another")


async def test_an_amendment_of_what_changed_since_is_refused(bureau: Any) -> None:
    """The holder ended its filing and filed other stalls, which were approved."""
    body = bureau.stall_holder()
    subject = await bureau.approved(body)
    who = bureau.as_party(subject)
    path = await _proposed(bureau, subject, {"stalls": [bureau.stall(stall_number="02-000777")], "reason": "moved"})
    subject = await bureau.stepped(subject, "exits", **who)
    assert await bureau.refused(_decide(bureau, path)) == (409, "filing_state_wrong")
    subject = await bureau.filed({**body, "stalls": [bureau.stall(stall_number="02-000778")]}, **who)
    subject = await bureau.stepped(subject, "submissions", **who)
    await bureau.stepped(subject, "approvals", role="commerce", actor="commerce:second")
    assert await bureau.refused(_decide(bureau, path)) == (409, "amendment_outdated")


async def test_an_approved_claim_ends_what_the_account_before_proposed(bureau: Any) -> None:
    body = bureau.stall_holder()
    subject = await bureau.filed(body)
    before = {"role": "stall_holder", "actor": bureau.account_of({"number": body["identity"]["number"]})}
    subject = await bureau.stepped(subject, "submissions", **before)
    subject = await bureau.stepped(subject, "approvals")
    path = await _proposed(bureau, subject, ACCOUNT, **before)
    stated = {"identity": body["identity"], "reason": "the firm's licence"}
    claim = await bureau.door.done("POST", "/v1/subject-claims", stated, role="operator", actor="acct:owner")
    await bureau.door.done("POST", f"/v1/subject-claims/{claim['id']}/approvals", {"reason": "x"}, version=1, **OFFICER)
    ended = await bureau.door.done("GET", path, role="operator", actor="acct:owner")
    assert (ended["status"], ended["version"]) == ("withdrawn", 2)


async def test_who_proposed_an_amendment_doesnt_approve_a_filing_with_it(bureau: Any) -> None:
    body = bureau.stall_holder()
    subject = await bureau.amended(await bureau.approved(body), ACCOUNT)
    who = bureau.as_party(subject)
    both = await bureau.filed({"identity": body["identity"], "name": body["name"], "role": "carrier"}, **who)
    both = await bureau.stepped(both, "submissions", of="carrier", role="commerce", actor="commerce:third")
    own = bureau.step(both, "approvals", of="carrier", role="commerce", actor=subject["id"])
    assert await bureau.refused(own) == (409, "own_filing_decided")
    approved = await bureau.stepped(both, "approvals", of="carrier", **OFFICER)
    assert {each["status"] for each in approved["filings"]} == {"approved"}


async def test_each_account_at_a_bank_has_an_id_of_its_own_once_it_is_on_file(bureau: Any) -> None:
    """R-FX-2: by the number, whatever its days; money is booked to the id."""
    bank, subject = str(uuid4()), await bureau.approved()
    first, second = {**ACCOUNT, "bank_id": bank}, {**ACCOUNT, "bank_id": bank, "account": "6222000022"}
    for stated in (first, second, {**first, "valid_from": "2026-06-01"}):
        subject = await bureau.amended(subject, stated)
    ids = [each["account_id"] for each in subject["qualifications"] if each["kind"] == "fx_account"]
    assert ids[0] == ids[2] == str(first_account(UUID(subject["id"]), UUID(bank))) != ids[1]
    told = bureau.heard("subjects")[-1]["subject"]["qualifications"]
    assert [each["account_id"] for each in told if each["kind"] == "fx_account"] == ids
    assert {each["account_id"] for each in subject["qualifications"] if each["kind"] != "fx_account"} == {None}
    with psycopg.connect(bureau.dsn) as connection:
        without = "(SELECT jsonb_agg(each - 'account_id') FROM jsonb_array_elements(qualifications) each)"
        connection.execute(f"UPDATE subjects SET qualifications = {without}".encode())
    of_0_1_0 = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}", **OFFICER)
    assert [each["account_id"] for each in of_0_1_0["qualifications"] if each["kind"] == "fx_account"] == [ids[0]] * 3


async def test_who_left_states_no_new_account_and_may_still_confirm_one(bureau: Any) -> None:
    """R-FILE-3: no review stands behind it any more; commerce records what is needed to finish (V2)."""
    subject = await bureau.approved()
    subject = await bureau.stepped(subject, "exits", **bureau.as_party(subject))
    path = f"/v1/subjects/{subject['id']}/qualifications"
    answer = await bureau.door.call("POST", path, ACCOUNT, version=subject["version"], **bureau.as_party(subject))
    assert (answer.status_code, answer.json()["code"]) == (409, "filing_state_wrong"), answer.text
    by_commerce = await bureau.door.done("POST", path, ACCOUNT, version=subject["version"], **OFFICER)
    confirmed = await bureau.door.done(
        "POST", path, ACCOUNT, version=by_commerce["version"], **bureau.as_party(subject)
    )
    assert [each["confirmed"] for each in confirmed["qualifications"] if each["kind"] == "fx_account"] == [True]
