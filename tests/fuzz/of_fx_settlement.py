"""Sound requests of fx-settlement: money of exports, and of a person who keeps a stall."""

from __future__ import annotations

from typing import Any

from market import Kept, Market, Sound, recipe
from of_trade_ledger import portion_of

F = "fx-settlement"
_DAY = "2026-05-13"


def _bank(m: Market) -> dict[str, Any]:
    return {"role": "bank", "bank_id": m.day["bank"]}


def money(m: Market, amount: str = "100.00", **changed: Any) -> Sound:
    """Money that came for the operator."""
    body = {
        "amount": amount, "bank_reference": f"TT{m.number():010}", "buyer_id": m.day["buyer"]["subject_id"],
        "collector_id": m.day["operator"]["subject_id"], "currency": "USD", "payer": "Vostok Instrument OOO",
        "payer_relation": "buyer", "received_on": _DAY, **changed,
    }  # fmt: skip
    return Sound(_bank(m), body=body)


@recipe(F)
async def book_collection(m: Market) -> Sound:
    return money(m)


def _of(collection: Kept, body: Any, note: Any = None) -> Sound:
    return Sound(collection.who, {"collection_id": collection.id}, body, collection.version, note=note)


async def _released(m: Market) -> dict[str, Any]:
    return portion_of(await m.some("trade-ledger", "record_receipt"))


@recipe(F)
async def match_collection(m: Market) -> Sound:
    portion = await _released(m)
    matches = [{"amount": "1.00", "portion_id": portion["portion_id"]}]
    return _of(await m.after(F, "book_collection"), {"matches": matches}, portion)


@recipe(F)
async def unmatch_collection(m: Market) -> Sound:
    matched = await m.after(F, "match_collection")
    return _of(matched, {"match_ids": [each["match_id"] for each in matched.answer["collection"]["matches"]]})


@recipe(F)
async def refund_collection(m: Market) -> Sound:
    return _of(await m.after(F, "book_collection"), {"amount": "1.00", "refunded_on": _DAY})


@recipe(F)
async def link_advance(m: Market) -> Sound:
    trade = await m.after("trade-ledger", "register_trade")
    return _of(await m.after(F, "book_collection"), {"amount": "1.00", "trade_id": trade.id})


async def _blocked(m: Market, **changed: Any) -> Kept:
    booked = await m.done(F, "book_collection", money(m, **changed))
    m.forget((F, "book_collection"))
    return booked


@recipe(F)
async def state_payer(m: Market) -> Sound:
    booked = await _blocked(m, payer_relation="unstated", buyer_id=None)
    return _of(booked, {"payer_relation": "buyer", "buyer_id": m.day["buyer"]["subject_id"]})


@recipe(F)
async def close_conflict(m: Market) -> Sound:
    booked = await _blocked(m, collector_id=m.day["limited"]["subject_id"])
    safe = {"role": "safe"}
    (case,) = (await m.read(F, f"/v1/conflicts?collection_id={booked.id}", safe))["items"]
    version = (await m.read(F, f"/v1/conflicts/{case['id']}", safe))["etag"]
    closing = {"evidence_hash": "sha256:9f86", "reason": "the limit is SAFE's own"}
    return Sound(safe, {"conflict_id": case["id"]}, closing, version, note=case["id"])


@recipe(F)
async def read_conflict(m: Market) -> Sound:
    return Sound({"role": "safe"}, {"conflict_id": (await m.some(F, "close_conflict")).note})


@recipe(F)
async def hold_room(m: Market) -> Sound:
    portion = await _released(m)
    body = {
        "collector_id": m.day["operator"]["subject_id"], "declaration_id": portion["declaration_id"],
        "lines": [{"portion_id": portion["portion_id"], "value": "1.00"}],
    }  # fmt: skip
    return Sound(_bank(m), body=body, note=portion)


def _hold(hold: Kept, body: Any) -> Sound:
    return Sound(hold.who, {"hold_id": hold.id}, body, hold.version)


@recipe(F)
async def void_hold(m: Market) -> Sound:
    return _hold(await m.after(F, "hold_room"), {"reason": "the buyer did not pay"})


@recipe(F)
async def commit_hold(m: Market) -> Sound:
    hold, booked = await m.after(F, "hold_room"), await m.after(F, "book_collection")
    matches = [{"amount": "1.00", "portion_id": hold.note["portion_id"]}]
    return _hold(hold, {"collection_id": booked.id, "matches": matches})


@recipe(F)
async def pass_money_on(m: Market) -> Sound:
    portion = (await m.after(F, "match_collection")).note
    body = {
        "agent_id": m.day["operator"]["subject_id"], "principal_id": portion["owner_id"], "amount": "0.50",
        "bank_reference": f"PO{m.number():010}", "currency": "USD", "paid_as": "fx", "paid_on": _DAY,
    }  # fmt: skip
    return Sound(_bank(m), body=body)


@recipe(F)
async def convert_currency(m: Market) -> Sound:
    person = m.day["person"]["subject_id"]
    await m.done(F, "book_collection", money(m, "10.00", collector_id=person, account_kind="personal"))
    m.forget((F, "book_collection"))
    body = {
        "amount": "1.00", "bank_reference": f"CV{m.number():010}", "converted_on": _DAY, "currency": "USD",
        "holder_id": person, "rate": "6.98", "quota_statement": {"reference": f"Q-{m.number()}", "remaining": "100.00"},
    }  # fmt: skip
    return Sound(_bank(m), body=body)


@recipe(F)
async def read_entitlement(m: Market) -> Sound:
    return Sound({"role": "safe"}, {"declaration_id": (await _released(m))["declaration_id"]})
