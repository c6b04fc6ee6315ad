"""A person's data is erased once its records needn't be kept any more, and not a day before (R-DATA-1, V64, V66)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

NUMBER, NAME, ACCOUNT = "11010519491231002X", "张小五", "6230520480017734415"
LAST_DAY, DAY_AFTER = datetime(2036, 5, 13, 15, tzinfo=UTC), datetime(2036, 5, 14, 1, tzinfo=UTC)
OVER = {"reason": "the person asks for it"}
HELD = {"kind": "personal_fx_account", "value": "settlement", "valid_from": "2026-01-01", "account": ACCOUNT}


@pytest.fixture
async def person(bureau: Any) -> dict[str, Any]:
    """A stall holder who is a person, with an account at a bank, filed by itself, and out of business on 13 May."""
    identity = {"kind": "resident_id", "number": NUMBER, "country": "CN"}
    kind = {"kind": "taxpayer_kind", "value": "small_scale", "valid_from": "2026-01-01"}
    body = bureau.stall_holder(identity=identity, name=NAME, qualifications=[kind, HELD])
    subject: dict[str, Any] = await bureau.approved(body)
    renamed = {"name": "张小六", "reason": "the name was wrong"}
    assert (await bureau.step(subject, "amendments", renamed, **bureau.as_party(subject))).status_code == 202
    return await bureau.stepped(subject, "exits", **bureau.as_party(subject))


async def erased(bureau: Any, subject: dict[str, Any], **how: Any) -> Any:
    who = {"version": subject["version"], **(how or bureau.as_party(subject))}
    return await bureau.door.call("POST", f"/v1/subjects/{subject['id']}/erasures", OVER, **who)


async def test_before_the_retention_is_over_erasure_is_refused_with_the_rule_and_the_day(
    bureau: Any, person: dict[str, Any]
) -> None:
    """R-DATA-1."""
    bureau.door.at(LAST_DAY)
    assert await bureau.refused(erased(bureau, person)) == (409, "retention_not_over")
    problem = (await erased(bureau, person)).json()
    assert problem["rule"]["id"] == "R-DATA-1"
    assert "2036-05-13" in problem["detail"]
    assert "2036-05-13" in problem["detail_zh"]
    bureau.door.at(DAY_AFTER)
    assert (await erased(bureau, person)).status_code == 200


async def test_after_it_nothing_of_the_person_is_left_to_read_and_the_rest_stays(
    bureau: Any, person: dict[str, Any]
) -> None:
    """R-DATA-1: the history, the archive and the events hold what nobody opens any more."""
    bureau.door.at(DAY_AFTER)
    after = (await erased(bureau, person)).json()
    assert (after["number"], after["filings"][0]["filing_number"]) == (
        person["number"],
        person["filings"][0]["filing_number"],
    )
    path = f"/v1/subjects/{person['id']}"
    for asked in ("", "/versions/1", "/archive", "/archive?on=2026-05-13"):
        text = str(await bureau.door.done("GET", f"{path}{asked}", role="commerce"))
        assert "***" in text
        for left in ("110***", "张", "623", "4415"):
            assert left not in text, (asked, left)
    view = await bureau.door.call("POST", f"{path}/identity-views", {"purpose": "inspection"}, role="customs")
    assert (view.status_code, view.json()["code"]) == (409, "subject_erased")
    waiting = await bureau.door.done("GET", "/v1/subject-amendments", role="commerce")
    assert [each["name"] for each in waiting["items"]] == ["***"]
    assert bureau.ask("SELECT data_key, account, identity->>'ciphertext', name->>'blind_index' FROM subjects") == [
        ("erased", None, "", "")
    ]
    (said,) = [each for each in bureau.heard("subjects") if "papers_until" in each]
    assert (said["papers_until"], said["subject"]["identity"]["ciphertext"]) == ("2026-05-13", "")
    found = await bureau.door.done("GET", f"/v1/subjects?name={NAME}", role="commerce")
    assert found["items"] == []


async def test_an_erased_subject_stays_as_it_is_and_the_person_is_filed_anew_as_another(
    bureau: Any, person: dict[str, Any]
) -> None:
    """R-DATA-1."""
    bureau.door.at(DAY_AFTER)
    after = (await erased(bureau, person)).json()
    said = {"kind": "fx_directory", "value": "A", "valid_from": "2036-01-01"}
    path = f"/v1/subjects/{person['id']}/qualifications"
    answer = await bureau.door.call("POST", path, said, version=after["version"], role="safe")
    assert (answer.status_code, answer.json()["code"]) == (409, "subject_erased")
    again = await bureau.filed({"identity": {"kind": "resident_id", "number": NUMBER}, "name": NAME, "role": "buyer"})
    assert again["id"] != person["id"]
    assert (await erased(bureau, after, role="commerce")).status_code == 200


async def test_a_running_filing_and_an_enterprise_are_refused_and_a_draft_has_no_retention(bureau: Any) -> None:
    """R-DATA-1: every reason is told at once."""
    enterprise = await bureau.approved()
    answer = await erased(bureau, enterprise)
    assert [each["code"] for each in answer.json()["errors"]] == [
        "erasure_of_enterprise",
        "erasure_while_filed",
        "retention_not_over",
    ]
    draft = await bureau.filed(
        bureau.stall_holder(identity={"kind": "resident_id", "number": NUMBER, "country": "CN"}, name=NAME)
    )
    assert (await erased(bureau, draft)).status_code == 200


async def test_nobody_erases_somebody_else(bureau: Any, person: dict[str, Any]) -> None:
    """V65."""
    other = await bureau.approved()
    bureau.door.at(DAY_AFTER)
    assert await bureau.refused(erased(bureau, person, **bureau.as_party(other))) == (404, "not_found")
    assert (await erased(bureau, person, role="customs")).status_code == 403


async def test_a_claim_to_an_erased_subject_isnt_approved(bureau: Any, person: dict[str, Any]) -> None:
    claim = {"identity": {"kind": "resident_id", "number": NUMBER, "country": "CN"}, "reason": "shown at the counter"}
    made = await bureau.door.done("POST", "/v1/subject-claims", claim, role="stall_holder", actor="account:another")
    bureau.door.at(DAY_AFTER)
    await erased(bureau, person)
    path = f"/v1/subject-claims/{made['id']}/approvals"
    answer = await bureau.door.call("POST", path, {"reason": "checked"}, version=1, role="commerce")
    assert (answer.status_code, answer.json()["code"]) == (409, "subject_erased")
