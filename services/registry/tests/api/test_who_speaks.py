"""Nobody takes a subject that isn't theirs: by filing a role for it, by stating its number first, by a claim (V65)."""

from __future__ import annotations

from typing import Any

OFFICER = {"role": "commerce", "actor": "commerce:officer"}
_HIDDEN = ("customs_filing", "quality_undertaking", "6222", "approved", "account:", "commerce:officer")


async def _state(bureau: Any, subject: dict[str, Any]) -> dict[str, Any]:
    """What commerce reads of the subject, without the roles that others filed."""
    read: dict[str, Any] = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}", **OFFICER)
    return {**read, "version": 0, "filings": [each for each in read["filings"] if each["filed_by"] is None]}


async def _victim(bureau: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An approved operator with an account at a bank, and the filing that it made."""
    body = bureau.operator()
    operator = await bureau.approved(body)
    account = {"kind": "fx_account", "value": "USD", "valid_from": "2026-05-13", "account": "6222000011"}
    return await bureau.amended(operator, account), body


async def test_who_files_another_as_its_buyer_reads_a_mask_and_changes_nothing_of_it(bureau: Any) -> None:
    thief, (operator, body) = await bureau.approved(), await _victim(bureau)
    before, who = await _state(bureau, operator), bureau.as_party(thief)
    named = {"identity": body["identity"], "name": "窃取者五金行", "role": "buyer"}
    filed = await bureau.filed(named, **who)
    assert (filed["id"], filed["display_name"], filed["open_claims"]) == (operator["id"], "窃取者五金行", 0)
    renamed = await bureau.stepped(filed, "amendments", {"name": "另一名称", "reason": "x"}, of="buyer", **who)
    read = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}", **who)
    assert renamed == read
    for answer in (filed, read):
        assert [each["role"] for each in answer["filings"]] == ["buyer"]
        assert (answer["stalls"], answer["qualifications"]) == ([], [])
    listed = (await bureau.door.done("GET", "/v1/subjects", **who))["items"]
    assert [each["display_name"] for each in listed if each["id"] == operator["id"]] == ["另一名称"]
    versions = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}/versions", **who)
    assert {each["role"] for each in versions["items"]} == {"buyer"}
    made = [each["version"] for each in versions["items"]]
    states = [await bureau.door.done("GET", f"/v1/subjects/{operator['id']}/versions/{each}", **who) for each in made]
    foreign = bureau.door.call("GET", f"/v1/subjects/{operator['id']}/versions/1", **who)
    assert await bureau.refused(foreign) == (404, "not_found")
    archive = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}/archive", **who)
    for text in map(str, (filed, read, listed[:1], states, archive)):
        assert body["name"] not in text
        assert not [each for each in _HIDDEN if each in text], text
    found = {
        f"?name={body['name'][2:]}": [],
        "?name=另一名称": [operator["id"]],
        "?role=operator": [],
        "?role=buyer": [operator["id"]],
    }
    for query, expected in found.items():
        page = await bureau.door.done("GET", f"/v1/subjects{query}", **who)
        assert [each["id"] for each in page["items"] if each["id"] != thief["id"]] == expected, query
    assert await _state(bureau, operator) == before
    told = bureau.heard("subjects")[-1]["subject"]
    assert (told["display_name"], len(told["qualifications"])) == (body["name"], 4)
    assert "窃取者" not in str(bureau.heard())


async def test_a_fresh_account_gets_nothing_of_a_subject_by_its_number(bureau: Any) -> None:
    """The operator was filed by commerce and never had an account of its own."""
    body = bureau.operator()
    operator = await bureau.filed(body, role="commerce", actor="commerce:clerk")
    operator = await bureau.stepped(operator, "submissions", role="commerce", actor="commerce:clerk")
    operator = await bureau.stepped(operator, "approvals")
    before, who = bureau.everything(), {"role": "operator", "actor": "acct:fresh"}
    supplying = {"identity": body["identity"], "name": "x", "role": "supplier"}
    account = {"kind": "fx_account", "value": "USD", "valid_from": "2026-05-13", "account": "6222000099"}
    path = f"/v1/subjects/{operator['id']}"
    stated = bureau.door.call("POST", "/v1/subjects", supplying, **who)
    assert await bureau.refused(stated) == (409, "identity_on_file")
    for what in (
        bureau.door.call("POST", f"{path}/qualifications", account, version=operator["version"], **who),
        bureau.step(operator, "amendments", {"name": "x", "reason": "x"}, **who),
        bureau.step(operator, "exits", **who),
        bureau.door.call("GET", path, **who),
    ):
        answer = await what
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert bureau.everything() == before


async def test_a_claim_counts_once_commerce_approved_it(bureau: Any) -> None:
    operator, body = await _victim(bureau)
    owner, fresh = bureau.as_party(operator), {"role": "operator", "actor": "acct:fresh"}
    stated = {"identity": body["identity"], "reason": "the firm's licence"}
    claim = await bureau.door.done("POST", "/v1/subject-claims", stated, **fresh)
    assert (claim["subject_id"], claim["contested"], claim["status"]) == (None, None, "open")
    assert body["name"] not in str(claim)
    again = bureau.door.call("POST", "/v1/subject-claims", stated, **fresh)
    assert await bureau.refused(again) == (409, "claim_open_already")
    unseen = await bureau.door.call("GET", f"/v1/subjects/{operator['id']}", **fresh)
    assert unseen.status_code == 404
    (told,) = (await bureau.door.done("GET", "/v1/subject-claims?status=open", **owner))["items"]
    assert (told["id"], told["subject_id"], told["claimant"]) == (claim["id"], operator["id"], None)
    read = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}", **owner)
    assert read["open_claims"] == 1
    other = {"role": "buyer", "actor": "acct:third"}
    assert (await bureau.door.done("GET", "/v1/subject-claims", **other))["items"] == []
    path = f"/v1/subject-claims/{claim['id']}"
    assert (await bureau.door.call("GET", path, **other)).status_code == 404
    by_itself = bureau.door.call("POST", f"{path}/approvals", {"reason": "x"}, version=1,
                                 role="commerce", actor="acct:fresh")  # fmt: skip
    assert await bureau.refused(by_itself) == (409, "own_claim_decided")
    decided = await bureau.door.done("POST", f"{path}/rejections", {"reason": "not theirs"}, version=1, **OFFICER)
    assert (decided["status"], decided["contested"], decided["claimant"]) == ("rejected", True, "acct:fresh")
    late = bureau.door.call("POST", f"{path}/approvals", {"reason": "x"}, version=2, **OFFICER)
    assert await bureau.refused(late) == (409, "claim_decided_already")
    assert (await bureau.door.call("GET", f"/v1/subjects/{operator['id']}", **fresh)).status_code == 404
    second = await bureau.door.done("POST", "/v1/subject-claims", stated, **fresh)
    path = f"/v1/subject-claims/{second['id']}/approvals"
    await bureau.door.done("POST", path, {"reason": "licence seen"}, version=1, **OFFICER)
    seen = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}", **fresh)
    assert (seen["display_name"], seen["open_claims"]) == (body["name"], 0)
    assert (await bureau.door.done("GET", path.removesuffix("/approvals"), **fresh))["subject_id"] == operator["id"]
    unfiled = {"identity": bureau.operator()["identity"], "reason": "x"}
    nobodys = bureau.door.call("POST", "/v1/subject-claims", unfiled, **fresh)
    assert await bureau.refused(nobodys) == (409, "identity_not_on_file")
    own = bureau.door.call("POST", "/v1/subject-claims", stated, **fresh)
    assert await bureau.refused(own) == (409, "claim_of_own")


async def test_who_is_suspended_or_stopped_files_no_buyer(bureau: Any) -> None:
    seller = await bureau.approved()
    who = bureau.as_party(seller)
    seller = await bureau.stepped(seller, "suspensions", {"reason": "case", "stop_order": True})
    for step in ("", "exits"):
        if step:
            seller = await bureau.stepped(seller, step, **who)
        buyer = bureau.door.call("POST", "/v1/subjects", bureau.enterprise("buyer"), **who)
        assert await bureau.refused(buyer) == (409, "filer_suspended"), step


async def test_who_drafted_or_edited_a_filing_doesnt_approve_it(bureau: Any) -> None:
    drafter, editor = {"role": "commerce", "actor": "clerk:1"}, {"role": "commerce", "actor": "clerk:2"}
    subject = await bureau.filed(bureau.operator(), **drafter)
    added = {"kind": "quality_undertaking", "value": "signed", "valid_from": "2026-05-13"}
    path = f"/v1/subjects/{subject['id']}/qualifications"
    subject = await bureau.door.done("POST", path, added, version=subject["version"], **editor)
    subject = await bureau.stepped(subject, "submissions", role="commerce", actor="clerk:3")
    for who in (drafter, editor, {"role": "commerce", "actor": "clerk:3"}):
        assert await bureau.refused(bureau.step(subject, "approvals", **who)) == (409, "own_filing_decided")
    approved = await bureau.stepped(subject, "approvals", role="commerce", actor="clerk:4")
    assert approved["filings"][0]["status"] == "approved"
