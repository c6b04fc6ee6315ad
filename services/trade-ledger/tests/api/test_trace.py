from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.events.fx_settlement import (
    CollectionBooked,
    CollectionMatched,
    CollectionState,
    EntitlementChanged,
    EntitlementState,
    PassedOn,
)
from shared.vocabulary.identifiers import mask_identity
from trade_ledger.api.trace_schemas import TraceOut


async def two_sellers(yard: Any, parties: Any, make_packed: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One declaration over a trade of each of two stall holders."""
    theirs = {"seller_id": str(parties["other_seller"]), "export_agency_id": str(parties["other_agency"])}
    trades = [await yard.trade(), await yard.trade(**theirs)]
    packing_list = await yard.sealed(*(make_packed(each["trade"]["lines"][0]) for each in trades))
    draft = await yard.draft(packing_list["id"])
    return trades, await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)


def entitlement(declaration: dict[str, Any]) -> EntitlementChanged:
    state = declaration["declaration"]
    rooms = [
        {
            "portion_id": each["portion_id"], "collector_id": each["collector_id"], "owner_id": each["owner_id"],
            "collectable": "300.00", "matched": "0",
        }
        for each in state["portions"]
    ]  # fmt: skip
    return EntitlementChanged(
        entitlement=EntitlementState.model_validate(
            {
                "declaration_id": declaration["id"], "pilot": "longshui", "version": 1, "currency": "USD",
                "collectable": "600.00", "tolerance": "0", "matched": "0", "frozen": False, "portions": rooms,
            }
        )
    )  # fmt: skip


async def test_any_id_or_number_leads_to_the_same_timeline(yard: Any, parties: Any, make_packed: Any) -> None:
    """R-DECL-5."""
    trades, declaration = await two_sellers(yard, parties, make_packed)
    state = declaration["declaration"]
    declaration = await yard.receive(declaration["id"], "accepted", customs_number="801220260000000001")
    await yard.hear(entitlement(declaration), key=declaration["id"])
    asked = [
        trades[0]["number"], trades[0]["id"], trades[0]["trade"]["lines"][0]["line_id"], declaration["id"],
        declaration["number"], "801220260000000001", state["packing_list_ids"][0], state["load_ids"][0],
        state["portions"][0]["portion_id"], f"LS-SU-{parties['seller'].int % 10**7:07}-0",
    ]  # fmt: skip
    for each in asked:
        traced = await yard.as_operator("GET", f"/v1/trace/{each}")
        kinds = [step["type"].split(".")[1] for step in traced["timeline"]]
        assert {
            "trade_registered", "handover_recorded", "packing_list_sealed", "load_sealed", "declaration_submitted",
            "declaration_accepted", "entitlement_changed",
        } <= set(kinds), each  # fmt: skip
        assert all(step["actor"] and step["sequence"] for step in traced["timeline"])


async def test_a_draft_receipt_case_handover_or_event_leads_to_the_timeline_too(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    trade = await yard.trade()
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]))
    draft = await yard.draft(packing_list["id"])
    assert (await yard.as_operator("GET", f"/v1/trace/{draft['number']}"))["trades"] == [trade["id"]]
    declaration = await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    declaration = await yard.receive(declaration["id"], "returned", "R-2026-7")
    (case,) = declaration["declaration"]["open_conflicts"]
    heard = uuid4()
    await yard.hear(entitlement(declaration), key=declaration["id"], event_id=heard)
    handover = yard.rows("SELECT id, number FROM handovers")[0]
    own = [event for (event,) in yard.rows("SELECT event_id FROM outbox")]
    for each in ["R-2026-7", case["conflict_id"], *handover, heard, *own]:
        traced = await yard.as_operator("GET", f"/v1/trace/{each}")
        assert (traced["trades"], traced["declarations"]) == ([trade["id"]], [draft["id"]]), each
    foreign = {"role": "stall_holder", "subject_id": parties["other_seller"]}
    for each in ["R-2026-7", heard, own[0]]:
        assert (await yard.door.call("GET", f"/v1/trace/{each}", **foreign)).status_code == 404


async def test_a_stall_holder_sees_its_own_part_without_the_others_amounts(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    trades, declaration = await two_sellers(yard, parties, make_packed)
    await yard.hear(entitlement(declaration), key=declaration["id"])
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    traced = await yard.door.done("GET", f"/v1/trace/{declaration['number']}", **seller)
    assert traced["trades"] == [trades[0]["id"]]
    assert len(traced["portions"]) == 1
    assert trades[1]["id"] not in {step["key"] for step in traced["timeline"]}
    heard = [step for step in traced["timeline"] if step["type"].startswith("fx_settlement.")]
    assert [step["shown"] for step in heard] == [{}]
    customs = await yard.door.done("GET", f"/v1/trace/{declaration['number']}", role="customs")
    assert len(customs["trades"]) == 2


async def test_a_party_without_trades_traces_itself(yard: Any, parties: Any) -> None:
    own = {"role": "stall_holder", "subject_id": parties["other_seller"]}
    found = await yard.door.done("GET", f"/v1/trace/{parties['other_seller']}", **own)
    assert (found["kind"], found["timeline"]) == ("subject", [])
    assert yard.rows("SELECT FROM audit WHERE rule = 'V65'") == []


async def test_somebody_elses_id_looks_unknown(yard: Any, parties: Any, make_packed: Any) -> None:
    trades, _ = await two_sellers(yard, parties, make_packed)
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    foreign = await yard.door.call("GET", f"/v1/trace/{trades[1]['id']}", **seller)
    unknown = await yard.door.call("GET", f"/v1/trace/{uuid4()}", **seller)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["code"] == unknown.json()["code"]
    assert yard.rows("SELECT rule FROM audit WHERE outcome <> 'done' AND rule IS NOT NULL") == [("V65",)]


async def test_an_event_heard_twice_is_one_step(yard: Any, parties: Any, make_packed: Any) -> None:
    _, declaration = await two_sellers(yard, parties, make_packed)
    event_id = uuid4()
    for _ in range(2):
        await yard.hear(entitlement(declaration), key=declaration["id"], event_id=event_id)
    traced = await yard.as_operator("GET", f"/v1/trace/{declaration['id']}")
    heard = [step for step in traced["timeline"] if step["type"] == "fx_settlement.entitlement_changed.v1"]
    assert [UUID(step["key"]) for step in heard] == [UUID(declaration["id"])]


def collection(portion: dict[str, Any], *, matched: bool) -> CollectionState:
    match = {
        "match_id": str(uuid4()), "portion_id": portion["portion_id"], "declaration_id": portion["declaration_id"],
        "owner_id": portion["owner_id"], "amount": "300.00", "value": "300.00", "declared_currency": "USD",
        "rate": "1", "rate_id": "same", "matched_at": "2026-05-13T17:00:00+08:00",
    }  # fmt: skip
    return CollectionState.model_validate(
        {
            "collection_id": str(UUID(int=9)), "pilot": "longshui", "number": "LS-CO-1", "version": 1,
            "bank_id": str(uuid4()), "bank_reference": "B1", "collector_id": portion["collector_id"],
            "account_kind": "trade", "method": "fx", "currency": "USD", "amount": "300.00", "bank_charges": "0",
            "received_on": "2026-05-13", "payer": {"mask": "*", "blind_index": "x", "ciphertext": "x"},
            "matched": "300.00" if matched else "0", "refunded": "0", "unmatched": "0" if matched else "300.00",
            "matches": [match] if matched else [],
        }
    )  # fmt: skip


def passed_on(agent: UUID, principal: UUID) -> PassedOn:
    return PassedOn.model_validate(
        {
            "pass_on_id": str(uuid4()), "pilot": "longshui", "number": "LS-PO-1", "bank_id": str(uuid4()),
            "agent_id": str(agent), "principal_id": str(principal), "currency": "USD", "amount": "300.00",
            "paid_as": "fx", "paid_on": "2026-05-13", "bank_reference": "B2",
        }
    )  # fmt: skip


async def test_a_trade_leads_to_its_collection_and_pass_on(yard: Any, parties: Any, make_packed: Any) -> None:
    trades, declaration = await two_sellers(yard, parties, make_packed)
    (portion,) = (each for each in declaration["declaration"]["portions"] if each["trade_id"] == trades[0]["id"])
    await yard.hear(CollectionBooked(collection=collection(portion, matched=False)), key=str(UUID(int=9)))
    await yard.hear(CollectionMatched(collection=collection(portion, matched=True)), key=str(UUID(int=9)))
    await yard.hear(passed_on(parties["operator"], parties["seller"]), key="pass-on")
    await yard.hear(passed_on(parties["operator"], parties["other_seller"]), key="somebody else's")

    async def heard(asked: str, **who: Any) -> list[tuple[str, str]]:
        traced = await yard.door.done("GET", f"/v1/trace/{asked}", **who)
        return sorted(
            (step["type"].split(".")[1], step["key"])
            for step in traced["timeline"]
            if step["type"].startswith("fx_settlement.")
        )

    money = [("collection_booked", str(UUID(int=9))), ("collection_matched", str(UUID(int=9)))]
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    assert await heard(trades[0]["number"], **seller) == [*money, ("passed_on", "pass-on")]
    assert await heard("LS-CO-1", role="safe") == [*money, ("passed_on", "pass-on")]
    assert await heard(trades[0]["number"], role="buyer", subject_id=parties["buyer"]) == money
    assert await heard(trades[1]["number"], role="safe") == []


async def test_the_audit_of_a_refused_trace_keeps_an_identity_number_masked(yard: Any) -> None:
    """V66: our own numbers and ids stay, so that a person finds what was asked for."""
    own = "LS-TR-0000001-92"
    for asked in ("91500225MA5U123459", own, str(UUID(int=7)), "11010519491231002X"):
        assert (await yard.door.call("GET", f"/v1/trace/{asked}", role="ip_office")).status_code in (403, 404)
        assert (await yard.door.call("GET", f"/v1/trace/{asked}", role="stall_holder")).status_code == 403
    async with yard.door.as_worker() as session:
        targets = set(await session.scalars(text("SELECT target FROM audit WHERE operation = 'read_trace'")))
    assert targets == {mask_identity("91500225MA5U123459"), own, str(UUID(int=7)), mask_identity("11010519491231002X")}


async def test_a_trace_takes_two_statements_whatever_it_finds(
    yard: Any, parties: Any, make_packed: Any, make_read_beside: Any
) -> None:
    """A third one where an event is asked for: what it is about is looked for like any other thing."""
    trades, declaration = await two_sellers(yard, parties, make_packed)
    await yard.hear(entitlement(declaration), key=declaration["id"], event_id=(heard := uuid4()))
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    asked = {trades[0]["number"]: 2, declaration["number"]: 2, parties["seller"]: 2, heard: 3, "LS-TR-0": 1}
    for _ in range(2):
        # At once, so that each of the connections has been used before they are counted.
        await asyncio.gather(*(yard.door.call("GET", f"/v1/trace/{each}", **seller) for each in asked))
    beside = make_read_beside(yard.door, "trace_reads")
    for each, statements in asked.items():
        beside.sent.clear()
        with yard.door.statements() as others:
            answer = await yard.door.call("GET", f"/v1/trace/{each}", **seller)
        assert (answer.status_code, len(beside.sent)) == (404 if statements == 1 else 200, statements)
        assert answer.status_code == 404 or others == []
        if answer.is_success:
            told = TraceOut.model_validate_json(answer.content).model_dump(mode="json")
            assert told == answer.json()
