"""What a subject may ask of its own data: who looked at it, and all that is held of it, in clear (V66, V65)."""

from __future__ import annotations

from typing import Any

import pytest

NUMBER, NAME, ACCOUNT = "11010519491231002X", "张小五", "6230520480017734415"
HELD = {"kind": "personal_fx_account", "value": "settlement", "valid_from": "2026-01-01", "account": ACCOUNT}


@pytest.fixture
async def person(bureau: Any) -> dict[str, Any]:
    """A stall holder who is a person with an account at a bank."""
    identity = {"kind": "resident_id", "number": NUMBER, "country": "CN"}
    kind = {"kind": "taxpayer_kind", "value": "small_scale", "valid_from": "2026-01-01"}
    subject: dict[str, Any] = await bureau.approved(
        bureau.stall_holder(identity=identity, name=NAME, qualifications=[kind, HELD])
    )
    return subject


async def looked(bureau: Any, subject: dict[str, Any], purpose: str, role: str = "customs") -> Any:
    path = f"/v1/subjects/{subject['id']}/identity-views"
    return await bureau.door.call("POST", path, {"purpose": purpose}, role=role)


async def test_an_identity_is_shown_whole_for_one_of_the_purposes_only(bureau: Any, person: dict[str, Any]) -> None:
    """V66: a text of its own would be kept, whatever it says of whom."""
    answer = await looked(bureau, person, f"I ask for {NAME}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/purpose")
    assert NAME not in answer.text
    assert (await looked(bureau, person, "应本人要求")).status_code == 200


async def test_a_subject_reads_who_saw_its_identity_and_for_what_page_by_page(
    bureau: Any, person: dict[str, Any]
) -> None:
    """V66."""
    other = await bureau.approved()
    for purpose, role in (("inspection", "customs"), ("tax_review", "tax"), ("filing_review", "commerce")):
        assert (await looked(bureau, person, purpose, role)).status_code == 200
    await looked(bureau, other, "inspection")
    path = f"/v1/subjects/{person['id']}/identity-views"
    mine = await bureau.door.done("GET", f"{path}?limit=2", **bureau.as_party(person))
    assert [(each["role"], each["purpose"]) for each in mine["items"]] == [
        ("commerce", "filing_review"),
        ("tax", "tax_review"),
    ]
    rest = await bureau.door.done("GET", f"{path}?limit=2&cursor={mine['next_cursor']}", **bureau.as_party(person))
    assert ([each["purpose"] for each in rest["items"]], rest["next_cursor"]) == (["inspection"], None)
    assert rest["items"] == (await bureau.door.done("GET", path, role="auditor"))["items"][2:]
    assert (await bureau.door.call("GET", path, **bureau.as_party(other))).status_code == 404


async def test_a_purpose_of_an_earlier_release_is_told_without_its_text(bureau: Any, person: dict[str, Any]) -> None:
    """It was any text, and may hold a name."""
    await looked(bureau, person, "inspection")
    before = "INSERT INTO audit (business_at, pilot, actor, role, operation, target, outcome, status)"
    bureau.ask(
        f"{before} SELECT business_at, pilot, actor, role, 'view_identity: I ask for {NAME}', target, outcome, status"
        " FROM audit WHERE operation LIKE 'view_identity: %' RETURNING id"
    )
    path = f"/v1/subjects/{person['id']}/identity-views"
    shown = await bureau.door.done("GET", path, **bureau.as_party(person))
    assert [each["purpose"] for each in shown["items"]] == [None, "inspection"]


async def test_a_subject_gets_all_that_is_held_of_it_in_clear_and_nobody_else_does(
    bureau: Any, person: dict[str, Any]
) -> None:
    """V66: it is audited, and the answer isn't kept."""
    renamed = {"name": "张小六", "reason": "the name was wrong"}
    assert (await bureau.step(person, "amendments", renamed, **bureau.as_party(person))).status_code == 202
    await looked(bureau, person, "inspection")
    path = f"/v1/subjects/{person['id']}/personal-data-exports"
    data = await bureau.door.done("POST", path, **bureau.as_party(person))
    held = data["held"]
    assert (held["identity"], held["number"], len(held["stalls"])) == (NUMBER, person["number"], 1)
    assert [each["account"] for each in held["qualifications"]] == [None, ACCOUNT]
    assert {each["state"]["name"] for each in data["versions"]} >= {NAME}
    assert [each["version"] for each in data["versions"]] == list(range(1, len(data["versions"]) + 1))
    assert [each["name"] for each in data["amendments"]] == ["张小六"]
    assert [each["purpose"] for each in data["identity_views"]] == ["inspection"]
    assert bureau.ask("SELECT count(*) FROM audit WHERE operation = 'export_personal_data'") == [(1,)]
    for hidden in (NAME, ACCOUNT):
        assert hidden not in bureau.written()
    other = await bureau.approved()
    assert await bureau.refused(bureau.door.call("POST", path, **bureau.as_party(other))) == (404, "not_found")
    for role in ("commerce", "auditor", "customs"):
        assert (await bureau.door.call("POST", path, role=role)).status_code == 403
