"""Who sees what: a party its own rows, a bank its clients' rows, SAFE its field. Other rows look unknown (V65)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
async def story(trading: Any) -> Any:
    """Two principals in one declaration, collected by one agent, one pass-on, one conversion, one hold."""
    first, second = trading.portion(), trading.portion("500.00", owner_id=trading.second)
    declaration_id, portions = await trading.released(first, second)
    collection = await trading.booked("1200.00")
    await trading.matched(collection, (portions[0], "800.00"), (portions[1], "300.00"))
    passed = await trading.door.done("POST", "/v1/pass-ons", trading.transfer("10.00"), **trading.as_bank())
    await trading.booked("50.00", collector_id=str(trading.person), account_kind="personal")
    conversion = {
        "holder_id": str(trading.person), "currency": "USD", "amount": "1.00", "rate": "6.95",
        "quota_statement": {"reference": "Q", "remaining": "2.00"}, "converted_on": "2026-05-13", "bank_reference": "C",
    }  # fmt: skip
    converted = await trading.door.done("POST", "/v1/conversions", conversion, **trading.as_bank())
    lines = [{"portion_id": str(portions[1].portion_id), "value": "1.00"}]
    body = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
    hold = await trading.door.done("POST", "/v1/holds", body, **trading.as_bank())
    trading.paths = {
        "entitlement": f"/v1/entitlements/{declaration_id}",
        "collection": f"/v1/collections/{collection['id']}",
        "pass_on": f"/v1/pass-ons/{passed['id']}",
        "conversion": f"/v1/conversions/{converted['id']}",
        "hold": f"/v1/holds/{hold['id']}",
    }
    return trading


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("agent", {"entitlement", "collection", "pass_on", "hold"}),
        ("principal", {"entitlement", "collection", "pass_on"}),
        ("second", {"entitlement", "collection"}),
        ("person", {"conversion"}),
        ("unlisted", set()),
        ("bank", {"entitlement", "collection", "pass_on", "conversion", "hold"}),
        ("rival_bank", set()),
        ("safe", {"entitlement", "collection", "pass_on", "conversion", "hold"}),
    ],
)
async def test_each_caller_reads_its_own_rows_and_no_others(story: Any, who: str, seen: set[str]) -> None:
    asked: dict[str, Any] = {"role": "safe"}
    if who in ("bank", "rival_bank"):
        asked = story.as_bank(getattr(story, who))
    elif who != "safe":
        asked = {"role": "operator" if who == "agent" else "stall_holder", "subject_id": getattr(story, who)}
    for kind, path in story.paths.items():
        answer = await story.door.call("GET", path, **asked)
        listed = await story.door.done("GET", path.rsplit("/", 1)[0], **asked)
        unknown = await story.door.call("GET", f"{path.rsplit('/', 1)[0]}/{uuid4()}", **asked)
        ids = {each.get("id") or each.get("declaration_id") for each in listed["items"]}
        assert answer.status_code == (200 if kind in seen else 404), (who, kind)
        assert (path.rsplit("/", 1)[1] in ids) == (kind in seen), (who, kind)
        if kind not in seen:
            same = {"title", "status", "code", "detail"}
            assert {k: answer.json()[k] for k in same} == {k: unknown.json()[k] for k in same}
    assert story.refusals() == [("V65", "not_yours")] * (len(story.paths) - len(seen))


async def test_a_principal_sees_its_own_portions_and_matches_only(story: Any) -> None:
    asked = {"role": "stall_holder", "subject_id": story.second}
    room = await story.door.done("GET", story.paths["entitlement"], **asked)
    assert [each["collectable"] for each in room["portions"]] == ["500.00"]
    assert (room["collectable"], room["matched"], room["held"], room["tolerance"]) == ("500.00", "300.00", "1.00", None)
    collection = (await story.door.done("GET", story.paths["collection"], **asked))["collection"]
    assert [each["amount"] for each in collection["matches"]] == ["300.00"]
    assert not {"amount", "unmatched", "bank_charges"} & set(collection)
    payables = await story.door.done("GET", "/v1/payables", **asked)
    assert [each["owed"] for each in payables["items"]] == ["300.00"]


async def test_the_payer_stands_nowhere_in_clear(story: Any) -> None:
    kept = str(story.ask("SELECT payload::text, payer::text FROM outbox, collections"))
    answers = [(await story.door.call("GET", path, role="safe")).text for path in story.paths.values()]
    assert "Vostok" not in kept + "".join(answers)


async def test_a_token_without_its_party_or_bank_reaches_nothing(story: Any) -> None:
    for path in story.paths.values():
        for role in ("bank", "operator"):
            assert (await story.door.call("GET", path, role=role)).status_code == 403


async def test_another_pilot_sees_nothing(story: Any) -> None:
    """V69."""
    for path in story.paths.values():
        assert (await story.door.call("GET", path, role="safe", pilot="elsewhere")).status_code == 404
    assert (await story.door.done("GET", "/v1/journal", role="safe", pilot="elsewhere"))["items"] == []


async def test_a_stall_holder_that_neither_exports_nor_collects_is_shown_no_buyer(trading: Any) -> None:
    """R-FILE-8: its operator may have completed it. Whoever collects knows who pays."""
    own = trading.portion(collector_id=trading.principal)
    declaration_id, (foreign, collected) = await trading.released(trading.portion(), own)
    booked = await trading.booked()
    await trading.matched(booked, (foreign, "1000.00"))
    holder = {"role": "stall_holder", "subject_id": trading.principal}
    agent = {"role": "operator", "subject_id": trading.agent}
    buyer = str(trading.buyer)
    rooms = (await trading.door.done("GET", f"/v1/entitlements/{declaration_id}", **holder))["portions"]
    told = {each["portion_id"]: each["buyer_id"] for each in rooms}
    assert told == {str(foreign.portion_id): None, str(collected.portion_id): buyer}
    one, listed = f"/v1/collections/{booked['id']}", "/v1/collections"
    for path in (one, listed, f"{listed}?buyer_id={buyer}"):
        text = str(await trading.door.done("GET", path, **agent))
        assert buyer in text
        hidden = str(await trading.door.done("GET", path, **holder))
        assert buyer not in hidden
        assert booked["collection"]["payer"] not in hidden
    assert (await trading.door.done("GET", f"{listed}?buyer_id={buyer}", **holder))["items"] == []
    assert len((await trading.door.done("GET", listed, **holder))["items"]) == 1
