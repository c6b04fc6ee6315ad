"""A conflict case names who must act, and that party closes it with reason and evidence (R-DECL-7, V65)."""

from __future__ import annotations

import json
from typing import Any

from shared.workshop.testing.registry_events import places

CLOSING = {"reason": "looked into", "evidence_hash": "sha256:9f86"}


async def recoded(yard: Any, code: str) -> dict[str, Any]:
    """A declaration whose only goods customs amended to another code."""
    declaration = await yard.submitted()
    portion = declaration["declaration"]["portions"][0]["portion_id"]
    part = {"portion_id": portion, "quantity": "100", "hs_code": code}
    answer: dict[str, Any] = await yard.receive(declaration["id"], "amended", portions=[part])
    return answer


async def closed(yard: Any, declaration: dict[str, Any], body: Any = None, **who: Any) -> Any:
    (case,) = declaration["declaration"]["open_conflicts"]
    path = f"/v1/declarations/{declaration['id']}/conflicts/{case['conflict_id']}/closings"
    return await yard.door.call("POST", path, body or CLOSING, version=declaration["version"], **who)


async def test_goods_recoded_to_arms_are_closed_by_commerce_only(yard: Any, parties: Any) -> None:
    declaration = await recoded(yard, "9304000000")
    consignor = {"role": "operator", "subject_id": parties["operator"]}
    for who in ({"role": "customs"}, consignor):
        answer = await closed(yard, declaration, **who)
        assert (answer.status_code, answer.json()["code"]) == (409, "somebody_else_must_act")
        assert "commerce" in answer.json()["detail"]
    stranger = await closed(yard, declaration, role="operator", subject_id=parties["other_operator"])
    assert stranger.status_code == 404
    bare = await closed(yard, declaration, {"reason": "looked into"}, role="commerce")
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/evidence_hash")
    answer = await closed(yard, declaration, role="commerce")
    assert answer.json()["declaration"]["open_conflicts"] == []
    query = "SELECT payload FROM outbox WHERE key = %s AND type LIKE %s"
    ((told,),) = yard.rows(query, declaration["id"], "%conflict_closed%")
    case = json.loads(told)["conflict"]
    assert (case["must_act"], case["freezes"]) == ("commerce", ["room", "exemption", "certificate"])
    assert json.loads(told)["declaration"]["open_conflicts"] == []
    ((by, reason, evidence),) = yard.rows("SELECT closed_by, closing_reason, closing_evidence_hash FROM conflicts")
    assert (bool(by), reason, evidence) == (True, CLOSING["reason"], CLOSING["evidence_hash"])


async def test_the_consignor_closes_what_it_must_put_right(yard: Any, parties: Any) -> None:
    declaration = await recoded(yard, "8204110000")
    assert declaration["declaration"]["open_conflicts"][0]["must_act"] == "consignor"
    assert (await closed(yard, declaration, role="customs")).status_code == 409
    answer = await closed(yard, declaration, role="operator", subject_id=parties["operator"])
    assert answer.status_code == 200


async def test_a_site_closes_what_waits_for_it_and_another_site_does_not(yard: Any, parties: Any) -> None:
    declaration = await yard.submitted(arrived=False)
    declaration = await yard.receive(declaration["id"], "released", issued_at="2026-05-13T08:00:00+08:00")
    (load_id,) = declaration["declaration"]["load_ids"]
    await yard.arrival(load_id)
    declaration = await yard.as_operator("GET", f"/v1/declarations/{declaration['id']}")
    await yard.hear(*places(parties["buyer"]))
    other = await closed(yard, declaration, role="site_operator", site_id=parties["buyer"])
    assert other.status_code == 404
    answer = await closed(yard, declaration, role="site_operator", site_id=parties["site"])
    assert answer.json()["declaration"]["open_conflicts"] == []


async def test_a_site_sees_the_cases_of_loads_that_are_there_or_nowhere_whatever_others_wait_for(
    yard: Any, parties: Any
) -> None:
    await yard.hear(*places(parties["buyer"]))
    there, nowhere = [await yard.submitted(arrived=False) for _ in range(2)]
    for each in (there, nowhere):
        await yard.receive(each["id"], "released", each["id"], issued_at="2026-05-13T08:00:00+08:00")
    await yard.arrival(there["declaration"]["load_ids"][0])

    async def listed(site: Any) -> set[str]:
        page = await yard.door.done("GET", "/v1/conflicts", role="site_operator", site_id=site)
        return {each["declaration_id"] for each in page["items"]}

    assert await listed(parties["site"]) == {there["id"], nowhere["id"]}
    assert await listed(parties["buyer"]) == {nowhere["id"]}


async def test_the_cases_are_listed_for_those_who_must_act_and_those_they_concern(yard: Any, parties: Any) -> None:
    declaration = await recoded(yard, "9304000000")
    late = await yard.submitted(arrived=False)
    await yard.receive(late["id"], "released")

    async def listed(query: str = "", **who: Any) -> list[str]:
        page = await yard.door.done("GET", f"/v1/conflicts{query}", **who)
        return [each["code"] for each in page["items"]]

    both = ["released_before_arrival", "code_changed"]
    operator = {"role": "operator", "subject_id": parties["operator"]}
    assert await listed(role="customs") == await listed(**operator) == both
    assert await listed("?must_act=commerce", role="commerce") == ["code_changed"]
    assert await listed(role="site_operator", site_id=parties["site"]) == ["released_before_arrival"]
    assert await listed(role="operator", subject_id=parties["other_operator"]) == []
    assert (await closed(yard, declaration, role="commerce")).status_code == 200
    assert await listed("?is_open=true", role="customs") == ["released_before_arrival"]
    assert await listed("?is_open=false", role="customs") == ["code_changed"]
    (case,) = (await yard.door.done("GET", "/v1/conflicts?is_open=false", role="customs"))["items"]
    one = await yard.door.call("GET", f"/v1/conflicts/{case['id']}", **operator)
    assert "portion_ids" not in case
    assert (one.json() | case, one.headers["etag"]) == (one.json(), f'"{case["declaration_version"]}"')
    assert len(one.json()["portion_ids"]) == 1
    hidden = await yard.door.call("GET", f"/v1/conflicts/{case['id']}", role="site_operator", site_id=parties["site"])
    assert hidden.status_code == 404


async def test_a_case_says_what_it_freezes_to_those_who_hear_of_it(yard: Any) -> None:
    """R-DECL-7: goods recoded to arms are frozen, the goods beside them aren't."""
    declaration = await yard.submitted({}, {"goods_name": "锤子", "hs_code": "8205200000"})
    recoded = declaration["declaration"]["portions"][0]["portion_id"]
    part = {"portion_id": recoded, "quantity": "100", "hs_code": "9304000000"}
    declaration = await yard.receive(declaration["id"], "amended", portions=[part])
    (case,) = declaration["declaration"]["open_conflicts"]
    assert (case["code"], case["must_act"], case["portion_ids"]) == ("code_changed", "commerce", [recoded])
    assert case["freezes"] == ["room", "exemption", "certificate"]
    query = "SELECT payload FROM outbox WHERE key = %s AND type LIKE %s"
    ((told,),) = yard.rows(query, declaration["id"], "%conflict_opened%")
    assert json.loads(told)["conflict"] == case
