"""Delegations over HTTP: granted, accepted, ended by either side, seen by both and by nobody else (V65)."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/v1/delegations"
TERMS = {
    "acts": ["read", "register_trades"],
    "limit_usd": "5000.00",
    "valid_from": "2026-05-01",
    "valid_to": "2026-12-31",
}


@pytest.fixture
async def sides(bureau: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A stall holder, an operator and a stranger."""
    return await bureau.approved(), await bureau.approved(bureau.operator()), await bureau.approved()


def end(bureau: Any, delegation: dict[str, Any], **who: Any) -> Any:
    path = f"{PATH}/{delegation['id']}/endings"
    return bureau.door.call("POST", path, {"reason": "over"}, version=delegation["version"], **who)


async def test_another_party_accepts_and_either_side_ends_it(bureau: Any, sides: Any) -> None:
    holder, operator, stranger = sides
    body = {**TERMS, "delegate_id": operator["id"]}
    for by in (0, 1):
        granted = await bureau.door.done("POST", PATH, body, **bureau.as_party(holder))
        assert (granted["status"], granted["version"], granted["role"]) == ("granted", 1, "stall_holder")
        accept = f"{PATH}/{granted['id']}/acceptances"
        own = await bureau.door.call("POST", accept, version=1, **bureau.as_party(holder))
        assert (own.status_code, own.json()["code"]) == (409, "delegation_accepted_by_oneself")
        foreign = await bureau.door.call("POST", accept, version=1, **bureau.as_party(stranger))
        assert foreign.status_code == 404
        accepted = await bureau.door.done("POST", accept, version=1, **bureau.as_party(operator))
        assert (accepted["status"], accepted["acts"], accepted["limit_usd"]) == ("in_force", TERMS["acts"], "5000.00")
        assert (await end(bureau, accepted, **bureau.as_party(stranger))).status_code == 404
        ended = await end(bureau, accepted, **bureau.as_party((holder, operator)[by]))
        assert (ended.status_code, ended.json()["status"]) == (200, "ended")
        again = await end(bureau, ended.json(), **bureau.as_party(holder))
        assert again.json()["code"] == "delegation_ended_already"
    assert bureau.said("delegations") == ["delegation_granted", "delegation_accepted", "delegation_ended"] * 2


async def test_an_account_of_ones_own_acts_at_once_and_is_told_opaquely(bureau: Any, sides: Any) -> None:
    holder, _, stranger = sides
    body = {"account": "clerk-7", "acts": ["read"], "valid_from": "2026-05-01", "valid_to": "2026-12-31"}
    granted = await bureau.door.done("POST", PATH, body, **bureau.as_party(holder))
    assert (granted["status"], granted["account"]) == ("in_force", "clerk-7")
    told = bureau.heard("delegations")[-1]["delegation"]
    assert told["account"].startswith("actor_")
    assert "clerk-7" not in str(told)
    clerk = {"role": "stall_holder", "actor": "clerk-7"}
    listed = (await bureau.door.done("GET", PATH, **clerk))["items"]
    assert [each["id"] for each in listed] == [granted["id"]]
    assert (await bureau.door.done("GET", PATH, role="stall_holder", actor="clerk-8"))["items"] == []
    assert (await end(bureau, granted, role="stall_holder", actor="clerk-8")).status_code == 404
    # A clerk grants nothing: its token speaks for no party.
    assert (await bureau.door.call("POST", PATH, body, **clerk)).status_code == 403
    assert (await end(bureau, granted, **clerk)).status_code == 200
    assert (await bureau.door.done("GET", PATH, **bureau.as_party(stranger)))["items"] == []


async def test_both_sides_list_it_and_security_ends_it(bureau: Any, sides: Any) -> None:
    holder, operator, _ = sides
    granted = await bureau.door.done("POST", PATH, {**TERMS, "delegate_id": operator["id"]}, **bureau.as_party(holder))
    for who in (bureau.as_party(holder), bureau.as_party(operator), {"role": "security"}, {"role": "auditor"}):
        assert [each["id"] for each in (await bureau.door.done("GET", PATH, **who))["items"]] == [granted["id"]]
        assert (await bureau.door.done("GET", f"{PATH}/{granted['id']}", **who))["id"] == granted["id"]
    assert (await bureau.door.done("GET", f"{PATH}?status=ended", role="security"))["items"] == []
    assert (await end(bureau, granted, role="auditor")).status_code == 403
    assert (await end(bureau, granted, role="security", pilot="second")).status_code == 404
    assert (await end(bureau, granted, role="security")).json()["status"] == "ended"


async def test_what_cannot_be_granted_is_refused_with_every_reason(bureau: Any, sides: Any) -> None:
    holder, operator, _ = sides
    body = {**TERMS, "delegate_id": holder["id"], "limit_usd": None, "valid_to": "2026-04-30"}
    refused = await bureau.door.call("POST", PATH, body, **bureau.as_party(holder))
    assert refused.status_code == 409
    assert [each["code"] for each in refused.json()["errors"]] == [
        "delegation_to_oneself",
        "delegation_limit_unclear",
        "delegation_dates_reversed",
    ]
    as_operator = {**bureau.as_party(holder), "role": "operator"}
    other = await bureau.door.call("POST", PATH, {**TERMS, "delegate_id": operator["id"]}, **as_operator)
    assert [each["code"] for each in other.json()["errors"]] == ["party_not_filed"]
    for wrong in ({}, {"delegate_id": operator["id"], "account": "clerk-7"}, {"account": "x", "acts": ["submit"]}):
        assert (await bureau.door.call("POST", PATH, {**TERMS, **wrong}, **bureau.as_party(holder))).status_code == 422
