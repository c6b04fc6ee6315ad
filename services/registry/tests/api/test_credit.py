"""Credit grades: each authority has its own scale with measures; grades are announced and listed."""

from __future__ import annotations

from typing import Any

import pytest


def grade(letter: str, **changed: Any) -> dict[str, Any]:
    return {"grade": letter, "effective_from": "2026-05-01", "reason": "public rating", **changed}


@pytest.mark.parametrize(
    ("letter", "automatic", "rate", "depth"),
    [("A", True, "1", "normal"), ("B", True, "3", "normal"), ("C", False, "20", "deep"), ("D", False, "100", "deep")],
)
async def test_a_grade_has_its_measures_and_is_announced(
    bureau: Any, letter: str, automatic: bool, rate: str, depth: str
) -> None:
    seller = await bureau.approved()
    path = f"/v1/subjects/{seller['id']}/credit-grades"
    answer = await bureau.door.done("POST", path, grade(letter), role="customs")
    measures = {"automatic_release": automatic, "inspection_rate_percent": rate, "review_depth": depth}
    assert (answer["authority"], answer["measures"]) == ("customs", measures)
    assert answer["rule_version"] == "grade_measures@2023-04-19"
    told = bureau.heard("supervision")[0]
    assert {name: told[name] for name in measures} == measures
    assert (told["subject_id"], told["authority"], told["grade"]) == (seller["id"], "customs", letter)


async def test_each_authority_keeps_its_own_grade_and_its_own_sequence(bureau: Any) -> None:
    """R-CREDIT-1."""
    seller = await bureau.approved()
    path = f"/v1/subjects/{seller['id']}/credit-grades"
    for role, letter, day in (
        ("customs", "A", "2026-05-01"),
        ("safe", "C", "2026-05-02"),
        ("customs", "B", "2026-05-03"),
    ):
        await bureau.door.done("POST", path, grade(letter, effective_from=day), role=role)
    assert bureau.ask("SELECT key, sequence FROM outbox WHERE topic = 'registry.supervision' ORDER BY id") == [
        (f"{seller['id']}:customs", 1),
        (f"{seller['id']}:safe", 1),
        (f"{seller['id']}:customs", 2),
    ]
    listed = await bureau.door.done("GET", path, **bureau.as_party(seller))
    assert [(each["authority"], each["grade"], each["reason"]) for each in listed["items"]] == [
        ("customs", "B", "public rating"),
        ("safe", "C", "public rating"),
        ("customs", "A", "public rating"),
    ]
    party = await bureau.door.call("POST", path, grade("A"), **bureau.as_party(seller))
    assert party.status_code == 403


async def test_another_partys_grades_are_not_shown_even_to_its_counterparty(bureau: Any) -> None:
    seller = await bureau.approved()
    buyer = await bureau.filed(bureau.enterprise("buyer"), **bureau.as_party(seller))
    path = f"/v1/subjects/{buyer['id']}/credit-grades"
    assert await bureau.refused(bureau.door.call("GET", path, **bureau.as_party(seller))) == (404, "not_found")
    assert bureau.refusals() == [("V65", "not_yours")]


async def test_a_grade_needs_measures_in_force_and_a_subject(bureau: Any) -> None:
    seller = await bureau.approved()
    path = f"/v1/subjects/{seller['id']}/credit-grades"
    early = bureau.door.call("POST", path, grade("A", effective_from="2023-04-18"), role="customs")
    assert await bureau.refused(early) == (409, "grade_before_measures")
    first = await bureau.door.call("POST", path, grade("A", effective_from="2023-04-19"), role="customs")
    assert first.status_code == 201
    unknown = "/v1/subjects/019a0000-0000-7000-8000-00000000000f/credit-grades"
    assert (await bureau.door.call("POST", unknown, grade("A"), role="customs")).status_code == 404


async def test_a_lax_policy_does_not_release_grade_d_automatically(bureau: Any) -> None:
    lax = {"automatic_release": True, "inspection_rate_percent": "5", "review_depth": "normal"}
    parameter = {
        "name": "grade_measures",
        "effective_from": "2026-05-01",
        "value": dict.fromkeys("ABCD", lax),
        "citation": "test",
    }
    await bureau.door.set_parameter(parameter, role="commerce")
    seller = await bureau.approved()
    path = f"/v1/subjects/{seller['id']}/credit-grades"
    answer = await bureau.door.done("POST", path, grade("D"), role="tax")
    assert answer["measures"] == {**lax, "automatic_release": False, "review_depth": "deep"}
