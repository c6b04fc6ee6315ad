"""Acts for another party: the header names it, the delegation on file gives the right (V65)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.events import registry
from shared.workshop.testing.lining_up import lined_up
from shared.workshop.testing.registry_events import subject
from shared.workshop.tokens import ISSUER

VAN = {"vehicle": "渝A12345"}
CLERK = {"role": "stall_holder", "actor": "clerk-7"}


class Delegation:
    """One delegation by the seller, as registry tells it."""

    def __init__(self, yard: Any, parties: dict[str, UUID], **changed: Any) -> None:
        self.yard = yard
        self.said = 0
        common = {
            "delegation_id": uuid4(), "pilot": "longshui", "role": "stall_holder", "grantor_id": parties["seller"],
            "acts": ("read", "register_trades", "pack"), "limit_usd": "200.00", "valid_from": date(2026, 5, 10),
            "valid_to": date(2026, 5, 20), "status": "in_force", "granted_at": datetime(2026, 5, 1, tzinfo=UTC),
        }  # fmt: skip
        self.state = registry.DelegationState.model_validate({**common, **changed})
        self.on_behalf = {"on-behalf-of": str(parties["seller"])}

    @property
    def id(self) -> str:
        return str(self.state.delegation_id)

    async def told(self, event: type[registry.DelegationEvent] = registry.DelegationAccepted, **changed: Any) -> None:
        self.state = self.state.model_copy(update=changed)
        await self.yard.hear(event(delegation=self.state), key=f"{self.id}{self.said}")
        self.said += 1

    async def end(self) -> None:
        await self.told(registry.DelegationEnded, status="ended", ended_at=datetime(2026, 5, 13, tzinfo=UTC))

    def call(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        return self.yard.door.call(method, path, body, headers=self.on_behalf, **how)


def clerk_of(yard: Any) -> str:
    opaque: str = yard.door.app.state.runtime.actors.opaque(ISSUER, CLERK["actor"])
    return opaque


async def status(call: Any) -> tuple[int, str]:
    answer = await call
    return answer.status_code, answer.json().get("code", "")


FORBIDDEN = (403, "forbidden")


async def test_the_header_alone_gives_nothing(yard: Any, parties: Any, slip: Any) -> None:
    """Nothing is on file, is for another, of another pilot, or isn't accepted yet: one answer to all of it."""
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    delegation = Delegation(yard, parties, delegate_id=parties["other_operator"], status="granted")
    attempts = [("POST", "/v1/trades", slip("1.00")), ("GET", "/v1/trades", None), ("POST", "/v1/loads", VAN)]
    for step in ("unknown", "granted"):
        if step == "granted":
            await delegation.told(registry.DelegationGranted)
        for method, path, body in attempts:
            answers = [await delegation.call(method, path, body, **who) for who in (other, CLERK, {"role": "customs"})]
            assert {(each.status_code, each.json()["code"]) for each in answers} == {FORBIDDEN}
    await delegation.told(status="in_force")
    assert (await delegation.call("GET", "/v1/trades", **other)).status_code == 200
    assert await status(delegation.call("GET", "/v1/trades", pilot="second", **other)) == FORBIDDEN
    for role, party in (("operator", "operator"), ("stall_holder", "other_seller")):
        assert await status(delegation.call("GET", "/v1/trades", role=role, subject_id=parties[party])) == FORBIDDEN
    for wrong in ("x", "", "*", str(parties["other_seller"])):
        answer = await yard.door.call("GET", "/v1/trades", headers={"on-behalf-of": wrong}, **other)
        assert (answer.status_code, answer.json()["code"]) == FORBIDDEN
    # Without the header the delegate is itself.
    assert (await yard.door.done("GET", "/v1/trades", **other))["items"] == []


@pytest.mark.parametrize(
    ("instant", "does"),
    [
        (datetime(2026, 5, 9, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 5, 9, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 5, 20, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 20, 16, 0, tzinfo=UTC), False),
    ],
)
async def test_a_delegation_counts_on_its_days_in_beijing(yard: Any, parties: Any, instant: Any, does: bool) -> None:
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()
    yard.door.at(instant)
    assert (await delegation.call("POST", "/v1/loads", VAN, **CLERK)).status_code == (201 if does else 403)


async def test_a_clerk_does_the_acts_that_it_was_given_and_no_other(yard: Any, parties: Any, slip: Any) -> None:
    acts = {
        "read": ("GET", "/v1/trades", None),
        "register_trades": ("POST", "/v1/trades", slip("1.00")),
        "pack": ("POST", "/v1/loads", VAN),
    }
    for given in acts:
        delegation = Delegation(yard, parties, account=clerk_of(yard), acts=(given,))
        await delegation.told()
        for act, (method, path, body) in acts.items():
            done = (await delegation.call(method, path, body, **CLERK)).status_code
            assert done == (403 if act != given else 200 if act == "read" else 201), (given, act)
        # What is in no list is nobody's to delegate.
        assert await status(delegation.call("POST", f"/v1/trades/{uuid4()}/voidings", {}, **CLERK)) == FORBIDDEN
        assert await status(delegation.call("GET", "/v1/audit", **CLERK)) == FORBIDDEN
        await delegation.end()
        assert await status(delegation.call(*acts[given], **CLERK)) == FORBIDDEN


async def test_trades_are_worth_the_limit_in_all_and_each_act_is_stamped(yard: Any, parties: Any, slip: Any) -> None:
    """At, just under and just over USD 200.00; EUR at customs' rate of the month; what was refused counts nothing."""
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()

    async def registered(amount: str, **changed: Any) -> tuple[int, str]:
        return await status(delegation.call("POST", "/v1/trades", slip(amount, **changed), **CLERK))

    assert await registered("200.01") == (409, "delegation_value_used_up")
    assert await registered("100.00", currency="GBP") == (409, "delegation_value_unknown")
    assert await registered("100.00", buyer_id=str(uuid4())) == (409, "subject_not_filed")
    assert await registered("100.00", seller_id=str(parties["other_seller"])) == (404, "not_found")
    # EUR 10.00 are USD 10.90 at 7.61 and 6.98.
    assert await registered("10.00", currency="EUR") == (201, "")
    body, how = slip("189.10"), {"key": "the last of it", **CLERK}
    first = await delegation.call("POST", "/v1/trades", body, **how)
    again = await delegation.call("POST", "/v1/trades", body, **how)
    assert (first.status_code, again.json()) == (201, first.json())
    assert await registered("0.01") == (409, "delegation_value_used_up")
    assert [row[0] for row in yard.rows("SELECT used_usd FROM delegation_uses")] == [200]
    trade = first.json()["id"]
    seen = (await delegation.call("GET", f"/v1/trades/{trade}", **CLERK)).json()
    assert seen["trade"]["seller_id"] == str(parties["seller"])
    path = f"/v1/delegated-acts?delegation_id={delegation.id}"
    sides = ({"role": "stall_holder", "subject_id": parties["seller"]}, CLERK, {"role": "security"})
    for who in sides:
        acts = (await yard.door.done("GET", path, **who))["items"]
        assert [(each["operation"], each["value_usd"]) for each in acts] == [
            ("register_trade", "189.10"),
            ("register_trade", "10.90"),
        ]
        assert (acts[0]["target"], acts[0]["actor"]) == (trade, "clerk-7")
    for who in ({"role": "stall_holder", "subject_id": parties["other_seller"]}, {**CLERK, "actor": "clerk-8"}):
        assert (await yard.door.done("GET", path, **who))["items"] == []
    lines = yard.rows(
        "SELECT actor, subject_id, target FROM audit WHERE operation = 'act_under_delegation' AND outcome = 'done'"
    )
    assert [tuple(each) for each in lines] == [("clerk-7", str(parties["seller"]), delegation.id)] * 2


async def test_of_two_who_use_the_last_of_a_delegation_one_does(yard: Any, parties: Any, slip: Any) -> None:
    """`count_value` of `shared/shared/http/delegations.py`."""
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()
    assert (await delegation.call("POST", "/v1/trades", slip("50.00"), **CLERK)).status_code == 201
    calls = [delegation.call("POST", "/v1/trades", slip("150.00"), **CLERK) for _ in range(2)]
    answers = await lined_up(yard.dsn, "SELECT FROM delegation_uses FOR NO KEY UPDATE", *calls)
    assert sorted(each.status_code for each in answers) == [201, 409], [each.text for each in answers]
    many = Delegation(yard, parties, account=clerk_of(yard), limit_usd="30.00")
    await delegation.end()
    await many.told()
    at_once = await asyncio.gather(*(many.call("POST", "/v1/trades", slip("10.00"), **CLERK) for _ in range(8)))
    assert sorted(each.status_code for each in at_once) == [201] * 3 + [409] * 5


async def test_an_act_precedes_the_end_or_is_refused(yard: Any, parties: Any, slip: Any) -> None:
    """`hold`: the end waits for an act that has begun, and an act that waits behind the end isn't done."""
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()
    act = delegation.call("POST", "/v1/trades", slip("10.00"), **CLERK)
    _, answer = await lined_up(yard.dsn, "SELECT FROM delegation_copies FOR NO KEY UPDATE", delegation.end(), act)
    assert (answer.status_code, answer.json()["code"]) == FORBIDDEN
    assert yard.rows("SELECT FROM trades") == []
    await delegation.told(status="in_force")
    first = delegation.call("POST", "/v1/trades", slip("10.00"), **CLERK)
    done, _ = await lined_up(yard.dsn, "LOCK TABLE trades IN SHARE MODE", first, delegation.end())
    assert done.status_code == 201


BARRED = (403, "delegate_not_in_force")


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "suspended"},
        {"status": "exited"},
        {"status": "suspended", "stop_order": True},
        {"role": "buyer"},
    ],
    ids=["suspended", "exited", "stopped", "in another role"],
)
async def test_a_delegate_that_is_not_in_force_does_nothing_for_another(
    yard: Any, parties: Any, slip: Any, changed: dict[str, Any]
) -> None:
    """From the moment at which it is heard, and until the filing is in force again."""
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    delegation = Delegation(yard, parties, delegate_id=parties["other_operator"])
    await delegation.told()
    calls = [("GET", "/v1/trades", None), ("POST", "/v1/loads", VAN), ("POST", "/v1/trades", slip("1.00"))]
    assert [(await delegation.call(*each, **other)).status_code for each in calls] == [200, 201, 201]
    await yard.hear(subject(**{"role": "operator", "subject_id": parties["other_operator"], **changed}))
    assert [await status(delegation.call(*each, **other)) for each in calls] == [BARRED] * 3
    (rule,) = yard.rows("SELECT DISTINCT rule FROM audit WHERE code = 'delegate_not_in_force'")
    assert rule[0] == "R-FILE-3"
    # Who has no delegation isn't told of one.
    await yard.hear(subject("operator", subject_id=parties["other_operator"]))
    assert [(await delegation.call(*each, **other)).status_code for each in calls] == [200, 201, 201]
    await delegation.end()
    assert [await status(delegation.call(*each, **other)) for each in calls] == [FORBIDDEN] * 3


async def test_a_clerk_acts_in_the_role_of_its_party_only(yard: Any, parties: Any) -> None:
    """Whose role the identity provider took away does nothing more; the delegation's role is the party's."""
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()
    for role, answered in (("stall_holder", (200, "")), ("operator", BARRED), ("buyer", BARRED), ("tax", FORBIDDEN)):
        assert await status(delegation.call("GET", "/v1/trades", **{**CLERK, "role": role})) == answered
    # Of two delegations the one of the clerk's role gives the right.
    await Delegation(yard, parties, account=clerk_of(yard), role="operator").told()
    filed = [subject(role, subject_id=parties["seller"]) for role in ("stall_holder", "operator")]
    both = filed[0].subject.model_copy(update={"roles": tuple(each.subject.roles[0] for each in filed)})
    await yard.hear(filed[0].model_copy(update={"subject": both}))
    for role in ("stall_holder", "operator"):
        assert (await delegation.call("GET", "/v1/trades", **{**CLERK, "role": role})).status_code == 200


async def test_an_act_precedes_the_suspension_of_its_delegate_or_is_refused(yard: Any, parties: Any, slip: Any) -> None:
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    delegation = Delegation(yard, parties, delegate_id=parties["other_operator"])
    await delegation.told()
    suspended = subject("operator", subject_id=parties["other_operator"], status="suspended")
    act = delegation.call("POST", "/v1/loads", VAN, **other)
    _, answer = await lined_up(yard.dsn, "SELECT FROM subject_copies FOR NO KEY UPDATE", yard.hear(suspended), act)
    assert (answer.status_code, answer.json()["code"]) == BARRED
    assert yard.rows("SELECT FROM loads") == []
    await yard.hear(subject("operator", subject_id=parties["other_operator"]))
    first = delegation.call("POST", "/v1/trades", slip("10.00"), **other)
    done, _ = await lined_up(yard.dsn, "LOCK TABLE trades IN SHARE MODE", first, yard.hear(suspended))
    assert done.status_code == 201


async def test_another_operator_packs_for_the_party(yard: Any, parties: Any) -> None:
    """The load is the grantor's, and the delegate alone does nothing with it."""
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    delegation = Delegation(yard, parties, delegate_id=parties["other_operator"], acts=("pack",), limit_usd=None)
    await delegation.told()
    load = (await delegation.call("POST", "/v1/loads", VAN, **other)).json()
    assert load["load"]["consolidator_id"] == str(parties["seller"])
    body = {"load_id": load["id"], "destination": "RU"}
    listed = await delegation.call("POST", "/v1/packing-lists", body, **other)
    assert listed.json()["packing_list"]["consignor_id"] == str(parties["seller"])
    assert (await yard.door.call("GET", f"/v1/loads/{load['id']}", **other)).status_code == 404
    assert await status(delegation.call("GET", f"/v1/loads/{load['id']}", **other)) == FORBIDDEN
    mine = await yard.door.done("GET", "/v1/delegated-acts", **other)
    assert [each["operation"] for each in mine["items"]] == ["open_packing_list", "open_load"]


async def test_events_of_an_act_and_their_steps_in_a_trace_name_the_delegation(
    yard: Any, parties: Any, slip: Any
) -> None:
    delegation = Delegation(yard, parties, account=clerk_of(yard))
    await delegation.told()
    trade = (await delegation.call("POST", "/v1/trades", slip("1.00"), **CLERK)).json()
    load = (await delegation.call("POST", "/v1/loads", VAN, **CLERK)).json()
    seller = subject("stall_holder", subject_id=parties["seller"])
    await yard.hear(seller, key=str(parties["seller"]), under=delegation.state.delegation_id)
    await yard.as_operator("POST", "/v1/handovers", {"trade_ids": [trade["id"]]})
    told = await yard.door.done("GET", f"/v1/trace/{trade['number']}", role="auditor")
    named = [(each["type"], each["delegation_id"]) for each in told["timeline"]]
    assert ("trade_ledger.trade_registered.v1", delegation.id) in named
    assert ("trade_ledger.handover_recorded.v1", None) in named
    assert (seller.TYPE, delegation.id) in named
    with psycopg.connect(yard.dsn) as connection:
        asked = connection.execute("SELECT delegation_id::text FROM outbox WHERE key = %s", (load["id"],)).fetchall()
    assert set(asked) == {(delegation.id,)}
