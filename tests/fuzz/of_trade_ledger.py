"""Sound requests of trade-ledger: from a trade to its departure."""

from __future__ import annotations

import copy
from typing import Any

from market import Kept, Market, Sound, recipe

T = "trade-ledger"
_REASON = {"reason": "entered twice"}
_DAY = "2026-05-13"


def line(**changed: Any) -> dict[str, Any]:
    """Spanners of USD 306."""
    return {
        "goods_name": "活动扳手", "hs_code": "8204120000", "quantity": "120", "unit": "把",
        "statutory_quantity": "50.4", "statutory_unit": "千克", "unit_price": "2.55", "amount": "306.00",
        "packages": 6, "net_weight_kg": "50.4", "origin_place": "重庆大足", **changed,
    }  # fmt: skip


async def trade(m: Market, **changed: Any) -> dict[str, Any]:
    """An agency export that may be registered, of one stall holder after the other."""
    agency = await m.some("registry", "confirm_export_agency")
    return {
        "seller_id": agency.note["subject_id"], "consignor_id": m.day["operator"]["subject_id"],
        "buyer_id": m.day["buyer"]["subject_id"], "export_mode": "agency", "export_agency_id": agency.id,
        "settlement_method": "fx", "trade_date": _DAY, "currency": "USD", "total": "306.00",
        "document_hashes": ["0" * 64], "external_ref": f"S-{m.number()}", "lines": [line()], **changed,
    }  # fmt: skip


@recipe(T)
async def register_trade(m: Market) -> Sound:
    return Sound(m.day["operator"], body=await trade(m))


@recipe(T)
async def correct_trade(m: Market) -> Sound:
    registered = await m.after(T, "register_trade")
    body = copy.deepcopy(registered.sound.body) | {"reason": "price of a piece was misread", "total": "312.00"}
    body["lines"][0] |= {"unit_price": "2.60", "amount": "312.00"}
    return Sound(m.day["operator"], {"trade_id": registered.id}, body, registered.version)


@recipe(T)
async def void_trade(m: Market) -> Sound:
    registered = await m.after(T, "register_trade")
    return Sound(m.day["operator"], {"trade_id": registered.id}, _REASON, registered.version)


@recipe(T)
async def record_handover(m: Market) -> Sound:
    registered = await m.after(T, "register_trade")
    return Sound(m.day["operator"], body={"trade_ids": [registered.id]}, note=registered)


@recipe(T)
async def read_trade_version(m: Market) -> Sound:
    registered = await m.some(T, "register_trade")
    return Sound({"role": "auditor"}, {"trade_id": registered.id, "version": 1})


@recipe(T)
async def read_trace(m: Market) -> Sound:
    registered = await m.some(T, "register_trade")
    return Sound({"role": "auditor"}, {"asked": registered.answer["number"]})


@recipe(T)
async def read_handover(m: Market) -> Sound:
    return Sound({"role": "auditor"}, {"handover_id": (await m.some(T, "record_handover")).id})


@recipe(T)
async def read_trade_template(m: Market) -> Sound:
    return Sound(m.day["operator"])


@recipe(T)
async def open_load(m: Market) -> Sound:
    return Sound(m.day["operator"], body={"vehicle": f"渝A{m.number():05}"})


def _load(load: Kept, body: Any, **who: Any) -> Sound:
    return Sound(who or load.who, {"load_id": load.id}, body, load.version, note=load.note)


@recipe(T)
async def admit_to_load(m: Market) -> Sound:
    return _load(await m.after(T, "open_load"), {"admitted_ids": [m.day["rival"]["subject_id"]]})


@recipe(T)
async def close_load(m: Market) -> Sound:
    return _load(await m.after(T, "admit_to_load" if m.number() % 2 else "open_load"), _REASON)


@recipe(T)
async def seal_load(m: Market) -> Sound:
    packed = await m.after(T, "seal_packing_list")
    load = await m.read(T, f"/v1/loads/{packed.answer['packing_list']['load_id']}", packed.who)
    number = {"seal_number": f"SL{m.number():07}"}
    return Sound(packed.who, {"load_id": load["id"]}, number, load["version"], note=packed)


@recipe(T)
async def reopen_load(m: Market) -> Sound:
    return _load(await m.after(T, "seal_load"), _REASON)


@recipe(T)
async def report_arrival(m: Market) -> Sound:
    site = {"role": "site_operator", "site_id": m.day["site"]}
    return _load(await m.after(T, "seal_load"), {"arrived_at": "2026-05-13T15:00:00+08:00"}, **site)


@recipe(T)
async def open_packing_list(m: Market) -> Sound:
    load = await m.after(T, "open_load")
    return Sound(load.who, body={"destination": "RU", "load_id": load.id})


def _list(packing_list: Kept, body: Any) -> Sound:
    return Sound(
        packing_list.who, {"packing_list_id": packing_list.id}, body, packing_list.version, note=packing_list.note
    )


@recipe(T)
async def pack_lines(m: Market) -> Sound:
    handed = (await m.after(T, "record_handover")).note
    packing_list = await m.after(T, "open_packing_list")
    packed = {
        "trade_line_id": handed.answer["trade"]["lines"][0]["line_id"], "quantity": "120", "packages": 6,
        "gross_weight_kg": "55", "net_weight_kg": "50.4", "volume_m3": "0.6",
    }  # fmt: skip
    return _list(packing_list, {"lines": [packed]})


@recipe(T)
async def unpack_lines(m: Market) -> Sound:
    packing_list = await m.after(T, "pack_lines")
    (packed,) = packing_list.answer["packing_list"]["lines"]
    return _list(packing_list, {"packed_line_ids": [packed["packed_line_id"]]})


@recipe(T)
async def seal_packing_list(m: Market) -> Sound:
    return _list(await m.after(T, "pack_lines"), None)


@recipe(T)
async def reopen_packing_list(m: Market) -> Sound:
    return _list(await m.after(T, "seal_packing_list"), _REASON)


@recipe(T)
async def void_packing_list(m: Market) -> Sound:
    return _list(await m.after(T, "open_packing_list"), _REASON)


@recipe(T)
async def draft_declaration(m: Market) -> Sound:
    packed = (await m.after(T, "report_arrival")).note
    body = {
        "currency": "USD", "customs_office": "8012", "packing_list_ids": [packed.id], "port": "8011",
        "price_term": "FOB", "simplified": False,
    }  # fmt: skip
    return Sound(m.day["operator"], body=body)


def _declaration(declaration: Kept, body: Any = None) -> Sound:
    return Sound(declaration.who, {"declaration_id": declaration.id}, body, declaration.version)


@recipe(T)
async def preflight_declaration(m: Market) -> Sound:
    draft = await m.some(T, "draft_declaration")
    return Sound(m.day["operator"], {"declaration_id": draft.id})


@recipe(T)
async def submit_declaration(m: Market) -> Sound:
    return _declaration(await m.after(T, "draft_declaration"))


@recipe(T)
async def withdraw_declaration(m: Market) -> Sound:
    return _declaration(await m.after(T, "submit_declaration"), _REASON)


def receipt(m: Market, declaration: Kept, kind: str, **more: Any) -> Sound:
    """What customs says of a declaration."""
    body = {
        "receipt_id": f"R-{m.number()}", "kind": kind, "issued_at": "2026-05-13T16:00:00+08:00",
        "customs_number": f"80122026{int(declaration.id[-10:], 16) % 10**10:010}", **more,
    }  # fmt: skip
    return Sound({"role": "customs"}, {"declaration_id": declaration.id}, body)


@recipe(T)
async def record_receipt(m: Market) -> Sound:
    return receipt(m, await m.after(T, "submit_declaration"), "released")


async def departed(m: Market) -> Kept:
    """A declaration whose goods have left."""
    released = await m.after(T, "record_receipt")
    while released.answer["status"] != "released":
        released = await m.fresh(T, "record_receipt")
    gone = await m.done(T, "record_receipt", receipt(m, released, "departed", export_date=_DAY))
    m.forget((T, "record_receipt"))
    return gone


def portion_of(declaration: Kept) -> dict[str, Any]:
    """The first of its portions."""
    portion: dict[str, Any] = declaration.answer["declaration"]["portions"][0]
    return portion


async def _in_conflict(m: Market) -> Kept:
    """A declaration whose goods customs gave another code."""
    submitted = await m.after(T, "submit_declaration")
    change = {"portion_id": portion_of(submitted)["portion_id"], "quantity": "120", "hs_code": "8204110000"}
    amended = await m.done(T, "record_receipt", receipt(m, submitted, "amended", portions=[change]))
    m.forget((T, "record_receipt"))
    return amended


def _case(declaration: Kept) -> dict[str, str]:
    (case,) = declaration.answer["declaration"]["open_conflicts"]
    return {"declaration_id": declaration.id, "conflict_id": case["conflict_id"]}


@recipe(T)
async def close_conflict(m: Market) -> Sound:
    amended = await _in_conflict(m)
    closing = {"evidence_hash": "sha256:9f86", "reason": "customs confirmed the value"}
    return Sound(m.day["operator"], _case(amended), closing, amended.version, note=_case(amended))


@recipe(T)
async def read_conflict(m: Market) -> Sound:
    closed = await m.some(T, "close_conflict")
    return Sound({"role": "customs"}, closed.note)
