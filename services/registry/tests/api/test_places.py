"""Pilot, banks, sites and ports: filed once, changed at a version, announced each time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

KINDS = {
    "banks": ({"name": "样例银行", "connection": "interface", "valid_from": "2026-01-01"}, "bank_filed"),
    "sites": (
        {"name": "场站", "kind": "supervised_site", "operator_name": "经营人", "valid_from": "2026-01-01"},
        "site_filed",
    ),
    "ports": ({"port_code": "8011", "name": "样例口岸", "valid_from": "2026-01-01"}, "port_designated"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_place_is_filed_announced_changed_and_listed(bureau: Any, kind: str) -> None:
    body, event = KINDS[kind]
    filed = await bureau.door.done("POST", f"/v1/{kind}", body)
    change = {**body, "valid_to": "2026-12-31"}
    code = change.pop("port_code", filed["id"])
    path = f"/v1/{kind}/{code}/changes"
    changed = await bureau.door.done("POST", path, change, version=1)
    assert (changed["id"], changed["version"]) == (filed["id"], 2)
    assert bureau.said("places") == ["pilot_changed", event, event]
    assert bureau.ask(f"SELECT sequence FROM outbox WHERE key = '{filed['id']}' ORDER BY id") == [(1,), (2,)]
    assert bureau.heard("places")[-1]["valid_to"] == "2026-12-31"
    listed = await bureau.door.done("GET", f"/v1/{kind}", role="operator")
    assert listed["items"] == [changed]
    for version, status in ((None, 428), (1, 412)):
        assert (await bureau.door.call("POST", path, change, version=version)).status_code == status
    for role in ("operator", "bank", "customs"):
        assert (await bureau.door.call("POST", f"/v1/{kind}", body, role=role)).status_code == 403


async def test_a_place_is_unknown_under_another_kind_or_pilot(bureau: Any) -> None:
    bank = await bureau.door.done("POST", "/v1/banks", KINDS["banks"][0])
    site = await bureau.door.done("POST", "/v1/sites", KINDS["sites"][0])
    read = await bureau.door.call("GET", f"/v1/banks/{bank['id']}", role="bank", bank_id=bank["id"])
    assert (read.headers["etag"], read.json()) == ('"1"', bank)
    assert (await bureau.door.call("GET", f"/v1/banks/{site['id']}")).status_code == 404
    assert (await bureau.door.call("GET", f"/v1/sites/{site['id']}", pilot="yiwu")).status_code == 404
    crossed = bureau.door.call("POST", f"/v1/banks/{site['id']}/changes", KINDS["banks"][0], version=1)
    assert (await crossed).status_code == 404
    foreign = bureau.door.call("POST", f"/v1/banks/{bank['id']}/changes", KINDS["banks"][0], version=1, pilot="yiwu")
    assert (await foreign).status_code == 404
    assert (await bureau.door.done("GET", "/v1/banks", pilot="yiwu"))["items"] == []


async def test_a_pilot_and_a_port_are_filed_once(bureau: Any) -> None:
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]["content"]
    again = _without_pilot(pilot)
    assert await bureau.refused(bureau.door.call("POST", "/v1/pilots", again)) == (409, "place_filed_already")
    await bureau.door.done("POST", "/v1/ports", KINDS["ports"][0])
    port = bureau.door.call("POST", "/v1/ports", KINDS["ports"][0])
    assert await bureau.refused(port) == (409, "place_filed_already")
    assert bureau.refusals() == [("R-FILE-9", "place_filed_already")] * 2
    second = await bureau.door.done(
        "POST", "/v1/pilots", {**again, "name": "Yiwu", "number_prefix": "YW"}, pilot="yiwu"
    )
    assert second["content"]["pilot"] == "yiwu"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_place_whose_days_are_reversed_is_not_filed(bureau: Any, kind: str) -> None:
    body = {**KINDS[kind][0], "valid_to": "2025-12-31"}
    path = f"/v1/{kind}"
    assert await bureau.refused(bureau.door.call("POST", path, body)) == (409, "place_dates_reversed")
    filed = await bureau.door.done("POST", path, KINDS[kind][0])
    code = body.pop("port_code", filed["id"])
    change = bureau.door.call("POST", f"{path}/{code}/changes", body, version=1)
    assert await bureau.refused(change) == (409, "place_dates_reversed")


async def test_new_bounds_count_for_what_is_submitted_afterwards(bureau: Any) -> None:
    subject = await bureau.approved()
    later = await bureau.filed(bureau.stall_holder())
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]
    moved = {name: value for name, value in pilot["content"].items() if name != "pilot"}
    moved["bounds"] = [["106", "29.52"], ["106.1", "29.52"], ["106.1", "29.6"]]
    await bureau.door.done("POST", "/v1/pilots/longshui/changes", moved, version=1)
    refused = bureau.step(later, "submissions", **bureau.as_party(later))
    assert await bureau.refused(refused) == (409, "stall_out_of_bounds")
    assert (await bureau.door.done("GET", f"/v1/subjects/{subject['id']}"))["filings"][0]["status"] == "approved"


async def test_numbers_begin_with_the_pilots_own_prefix_from_when_it_is_stated(bureau: Any) -> None:
    assert (await bureau.filed(bureau.stall_holder()))["number"].startswith("LS-SU-")
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]["content"]
    change = {name: value for name, value in pilot.items() if name not in {"pilot", "number_prefix"}}
    kept = await bureau.door.done("POST", "/v1/pilots/longshui/changes", change, version=1)
    assert kept["content"]["number_prefix"] == "LS"
    change["number_prefix"] = "LS2"
    await bureau.door.done("POST", "/v1/pilots/longshui/changes", change, version=2)
    assert [each["number_prefix"] for each in bureau.heard("places")] == ["LS", "LS", "LS2"]
    filed = await bureau.filed(bureau.stall_holder())
    assert filed["number"].startswith("LS2-SU-")
    assert filed["filings"][0]["filing_number"].startswith("LS2-FI-")


async def test_two_pilots_never_have_one_prefix(bureau: Any) -> None:
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]["content"]
    body = _without_pilot(pilot)
    taken = (409, "number_prefix_taken")
    assert await bureau.refused(bureau.door.call("POST", "/v1/pilots", body, pilot="yiwu")) == taken
    await bureau.door.done("POST", "/v1/pilots", {**body, "number_prefix": "YW"}, pilot="yiwu")
    change = bureau.door.call("POST", "/v1/pilots/yiwu/changes", body, pilot="yiwu", version=1)
    assert await bureau.refused(change) == taken
    again = await bureau.door.done("POST", "/v1/pilots/longshui/changes", body, version=1)
    assert again["content"]["number_prefix"] == "LS"


async def test_of_ten_pilots_filed_at_once_with_one_prefix_one_has_it(bureau: Any) -> None:
    """`prefix_is_held` takes the prefix."""
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]["content"]
    body = {**_without_pilot(pilot), "number_prefix": "XX"}
    filing = (bureau.door.call("POST", "/v1/pilots", body, pilot=f"p{number}") for number in range(10))
    answers = [answer.status_code for answer in await asyncio.gather(*filing)]
    assert sorted(answers) == [201, *[409] * 9]


@pytest.mark.parametrize(("prefix", "status"), [("L", 422), ("LS", 201), ("LSLS", 201), ("LSLSL", 422), ("ls", 422)])
async def test_a_prefix_has_two_to_four_capitals_or_digits(bureau: Any, prefix: str, status: int) -> None:
    pilot = (await bureau.door.done("GET", "/v1/pilots"))["items"][0]["content"]
    moved = {**_without_pilot(pilot), "number_prefix": "ZZ"}
    await bureau.door.done("POST", "/v1/pilots/longshui/changes", moved, version=1)
    body = {**_without_pilot(pilot), "number_prefix": prefix}
    assert (await bureau.door.call("POST", "/v1/pilots", body, pilot="yiwu")).status_code == status


def _without_pilot(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "pilot"}


async def test_nothing_is_numbered_before_the_pilot_is_filed(bureau: Any) -> None:
    filed = bureau.stall_holder()
    unfiled = bureau.door.call("POST", "/v1/subjects", filed, role="stall_holder", actor="a", pilot="yiwu")
    assert await bureau.refused(unfiled) == (409, "pilot_unknown")


async def test_a_try_at_another_pilots_row_and_a_refused_token_are_in_the_audit_trail(bureau: Any) -> None:
    bank = await bureau.door.done("POST", "/v1/banks", KINDS["banks"][0])
    path = f"/v1/banks/{bank['id']}"
    assert (await bureau.door.call("GET", path, pilot="yiwu", actor="curious")).status_code == 404
    answer = await bureau.door.client.get(path, headers={"authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    refused = ("", "read_bank", None, 401, "not_authenticated", "127.0.0.1", 1)
    tried = ("curious", "read_bank", bank["id"], 404, "not_found", "127.0.0.1", None)
    names = ("actor", "operation", "target", "status", "code", "address", "attempts")
    for pilot, expected in (("yiwu", [refused, tried]), ("longshui", [refused])):
        trail = await bureau.door.done("GET", "/v1/audit", role="auditor", actor=f"auditor:{pilot}", pilot=pilot)
        denied = [tuple(each[name] for name in names) for each in trail["items"] if each["outcome"] == "denied"]
        assert denied == expected
