"""Who may open a packing list in a load: its consolidator, and whom that one admits (R-PACK-4, V65)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

VAN = {"vehicle": "渝A12345"}
LISTS, LOADS = "/v1/packing-lists", "/v1/loads"


@pytest.fixture
def other(parties: Any) -> dict[str, Any]:
    return {"role": "operator", "subject_id": parties["other_operator"]}


def told(answer: Any, *ids: str) -> tuple[int, str]:
    """What is answered, without the ids, the address and the trace that each answer names."""
    body = answer.json()
    for own in ("instance", "trace_id"):
        body.pop(own, None)
    text = str(body)
    for each in ids:
        text = text.replace(each, "<id>")
    return answer.status_code, text


async def test_another_ones_load_answers_like_an_unknown_one(yard: Any, parties: Any, other: dict[str, Any]) -> None:
    load, unknown = await yard.as_operator("POST", LOADS, VAN), str(uuid4())
    closed = await yard.as_operator("POST", LOADS, VAN)
    await yard.as_operator("POST", f"{LOADS}/{closed['id']}/closings", {"reason": "r"}, version=1)
    for body in ({"destination": "RU"}, {"destination": "ZZ"}):
        answers = [
            told(await yard.door.call("POST", LISTS, {"load_id": each, **body}, **other), each)
            for each in (load["id"], closed["id"], unknown)
        ]
        assert {status for status, _ in answers} == {404}
        assert len(set(answers)) == 1
    paths = [f"{LOADS}/{each}/admissions" for each in (load["id"], unknown)]
    body = {"admitted_ids": [str(parties["other_operator"])]}
    assert len({told(await yard.door.call("POST", path, body, version=1, **other)) for path in paths}) == 1


async def test_who_is_admitted_packs_and_reads_until_it_no_longer_is(
    yard: Any, parties: Any, other: dict[str, Any]
) -> None:
    load = await yard.as_operator("POST", LOADS, VAN)
    path = f"{LOADS}/{load['id']}"
    assert (await yard.door.call("GET", path, **other)).status_code == 404
    body = {"admitted_ids": [str(parties["other_operator"])] * 2}
    admitted = await yard.as_operator("POST", f"{path}/admissions", body, version=1)
    assert admitted["load"]["admitted_ids"] == [str(parties["other_operator"])]
    assert (await yard.door.done("GET", path, **other))["load"] == admitted["load"]
    packing_list = await yard.packing_list(load["id"], **other)
    await yard.as_operator("POST", f"{path}/admissions", {"admitted_ids": []}, version=2)
    opening = {"load_id": load["id"], "destination": "RU"}
    assert (await yard.door.call("POST", LISTS, opening, **other)).status_code == 404
    # What it has in the load stays, and so does what it sees of it.
    assert (await yard.door.call("GET", path, **other)).status_code == 200
    assert (await yard.door.call("GET", f"{LISTS}/{packing_list['id']}", **other)).status_code == 200
    said = yard.rows("SELECT type FROM outbox WHERE key = %s ORDER BY sequence", load["id"])
    assert [kind.split(".")[1] for (kind,) in said] == ["load_opened", *["load_admissions_changed"] * 2]


async def test_a_sealed_load_admits_nobody(yard: Any, parties: Any) -> None:
    load = await yard.as_operator("POST", LOADS, VAN)
    path = f"{LOADS}/{load['id']}"
    await yard.as_operator("POST", f"{path}/closings", {"reason": "r"}, version=1)
    how = {"role": "operator", "subject_id": parties["operator"], "version": 2}
    answer = await yard.door.call("POST", f"{path}/admissions", {"admitted_ids": []}, **how)
    assert (answer.status_code, answer.json()["code"]) == (409, "load_not_open")


async def test_a_party_under_a_stop_order_opens_no_load_and_no_packing_list(
    yard: Any, parties: Any, make_stop_order: Any
) -> None:
    """V2."""
    load = await yard.as_operator("POST", LOADS, VAN)
    await yard.hear(make_stop_order("operator", parties["operator"]))
    who = {"role": "operator", "subject_id": parties["operator"]}
    for path, body in ((LOADS, VAN), (LISTS, {"load_id": load["id"], "destination": "RU"})):
        answer = await yard.door.call("POST", path, body, **who)
        assert (answer.status_code, answer.json()["code"]) == (409, "subject_stopped")
