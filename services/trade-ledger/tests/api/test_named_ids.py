"""Somebody else's id in a body is answered like one that nobody has, in every field of every command (V65)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from shared.workshop.testing.named_ids import THIS, Naming, id_fields, told_apart
from shared.workshop.testing.registry_events import export_agency, subject

# What the caller or customs numbers itself, and public codes.
NUMBERED = {
    ("draft_declaration", "/port"),
    ("open_load", "/container_number"),
    ("record_receipt", "/customs_number"),
    ("record_receipt", "/receipt_id"),
    ("seal_load", "/seal_number"),
}
UNKNOWN_NUMBER = "LS-TR-0099999-0"


ENTERED = (
    "goods_name", "hs_code", "quantity", "unit", "statutory_quantity", "statutory_unit", "unit_price", "amount",
    "packages", "net_weight_kg", "origin_place",
)  # fmt: skip


def entered(trade: dict[str, Any]) -> dict[str, Any]:
    """The trade's line as a caller enters it."""
    return {name: trade["trade"]["lines"][0][name] for name in ENTERED}


class Yards:
    """The operator's yard, and another operator's trade, load and packing lists in it."""

    def __init__(self, yard: Any, parties: Any, packed: Any) -> None:
        self.yard, self.parties, self.packed = yard, parties, packed
        self.own = {"role": "operator", "subject_id": parties["operator"]}
        self.theirs = {"role": "operator", "subject_id": parties["other_operator"]}

    async def met(self) -> Yards:
        agency_id, yard, how = uuid4(), self.yard, self.theirs
        elsewhere = subject("buyer")
        state = elsewhere.subject.model_copy(update={"pilot": "elsewhere"})
        agency = export_agency(self.parties["seller"], how["subject_id"], agreement_id=agency_id)
        await yard.hear(subject("stall_holder", stall="09-000001"))
        await yard.hear(agency, elsewhere.model_copy(update={"subject": state}))
        self.bought, self.bought_for_another = [
            str((await self.procurement(each)).agreement.agreement_id) for each in (self.parties["buyer"], uuid4())
        ]
        self.elsewhere, self.agency = str(state.subject_id), str(agency_id)
        terms = {"consignor_id": str(how["subject_id"]), "export_agency_id": self.agency}
        self.trade, self.waiting = [await yard.trade(by=how, handed_over=False, **terms) for _ in range(2)]
        await yard.as_operator("POST", "/v1/handovers", {"trade_ids": [self.trade["id"]]}, **how)
        self.load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝B12345"}, **how)
        opening = {"load_id": self.load["id"], "destination": "RU"}
        path = f"/v1/packing-lists/{(await yard.as_operator('POST', '/v1/packing-lists', opening, **how))['id']}"
        lines = {"lines": [self.packed(self.trade["trade"]["lines"][0])]}
        filled = await yard.as_operator("POST", f"{path}/lines", lines, version=1, **how)
        self.packed_line = filled["packing_list"]["lines"][0]["packed_line_id"]
        self.sealed = await yard.as_operator("POST", f"{path}/seals", {}, version=2, **how)
        return self

    async def procurement(self, buyer_id: Any) -> Any:
        """The operator buys for a buyer."""
        made = export_agency(buyer_id, self.parties["operator"], agreement_id=uuid4(), kind="procurement_agency")
        await self.yard.hear(made)
        return made

    async def of_packing(self) -> AsyncIterator[Naming]:
        yard = self.yard
        trades = [await yard.trade(handed_over=False) for _ in range(2)]
        handover = ("record_handover", "/v1/handovers")
        yield Naming(*handover, {"trade_ids": [THIS]}, trades[0]["id"], [self.waiting["id"]], self.own)
        number, other = (each["trade"]["number"] for each in (trades[1], self.waiting))
        yield Naming(*handover, {"trade_numbers": [THIS]}, number, [other], self.own, unknown=UNKNOWN_NUMBER)
        load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝A12345"})
        opening = {"load_id": THIS, "destination": "RU"}
        theirs = [self.load["id"]]
        yield Naming("open_packing_list", "/v1/packing-lists", opening, load["id"], theirs, self.own)
        packing_list = await yard.packing_list(load["id"])
        path = f"/v1/packing-lists/{packing_list['id']}"
        line, their_line = (each["trade"]["lines"][0] for each in (trades[0], self.trade))
        entry = self.packed(line, "40")
        by_id = {"lines": [entry | {"trade_line_id": THIS}]}
        yield Naming("pack_lines", f"{path}/lines", by_id, line["line_id"], [their_line["line_id"]], self.own, 1)
        by_number = {name: value for name, value in entry.items() if name != "trade_line_id"}
        body = {"lines": [by_number | {"trade_number": THIS, "line_no": 1}]}
        other = self.trade["trade"]["number"]
        yield Naming("pack_lines", f"{path}/lines", body, number, [other], self.own, 2, UNKNOWN_NUMBER)
        (first, *_) = (await yard.as_operator("GET", path))["packing_list"]["lines"]
        unpacking = {"packed_line_ids": [THIS]}
        theirs = [self.packed_line]
        yield Naming("unpack_lines", f"{path}/unpackings", unpacking, first["packed_line_id"], theirs, self.own, 3)
        version = (await yard.as_operator("GET", f"/v1/loads/{load['id']}"))["version"]
        admitted = str(self.parties["other_operator"])
        strangers = [self.elsewhere, str(self.parties["buyer"])]
        path = f"/v1/loads/{load['id']}/admissions"
        for named in (*strangers, admitted):
            yield Naming("admit_to_load", path, {"admitted_ids": [THIS]}, None, [], self.own, version, named)
            version += 1

    async def of_declarations(self) -> AsyncIterator[Naming]:
        yard, parties = self.yard, self.parties
        trade = await yard.trade()
        packing_list = await yard.sealed(self.packed(trade["trade"]["lines"][0]))
        drafting = {
            "packing_list_ids": [packing_list["id"]], "customs_office": "8012", "port": "8011", "price_term": "FOB",
            "currency": "USD",
        }  # fmt: skip
        drafts = ("draft_declaration", "/v1/declarations")
        lists = drafting | {"packing_list_ids": [THIS]}
        yield Naming(*drafts, lists, packing_list["id"], [self.sealed["id"]], self.own)
        others = [self.elsewhere, str(parties["buyer"]), str(parties["other_operator"])]
        yield Naming(*drafts, drafting | {"declarant_id": THIS}, str(parties["broker"]), others, self.own)
        difference = {"trade_id": THIS, "name": "freight", "amount": "1.00"}
        their = [self.trade["id"]]
        yield Naming(*drafts, drafting | {"differences": [difference]}, trade["id"], their, self.own)
        submitted, other = [await yard.submitted() for _ in range(2)]
        own, foreign = (each["declaration"]["portions"][0]["portion_id"] for each in (submitted, other))
        message = {"receipt_id": "R1", "kind": "accepted", "issued_at": "2026-05-13T16:00:00+08:00"}
        await yard.receive(other["id"], "accepted", "R-OTHER")
        customs: dict[str, Any] = {"role": "customs"}
        path = f"/v1/declarations/{submitted['id']}/receipts"
        told = message | {"portions": [{"portion_id": THIS, "quantity": "1"}]}
        yield Naming("record_receipt", path, told, own, [foreign], customs)
        told = message | {"receipt_id": "R2", "corrects": THIS}
        yield Naming("record_receipt", path, told, "R1", ["R-OTHER"], customs, unknown="R-9")

    async def of_trades(self) -> AsyncIterator[Naming]:
        yard, parties = self.yard, self.parties
        stall, wanted = (
            {"stall_number": "02-000018"},
            {"procurement": "entrusted", "procurement_agency_id": self.bought},
        )
        trade = await yard.trade(handed_over=False, **stall)
        entrusted = await yard.trade(handed_over=False, **stall, **wanted)
        entry = {
            name: trade["trade"][name]
            for name in ("seller_id", "consignor_id", "buyer_id", "export_mode", "export_agency_id")
        }  # fmt: skip
        entry |= {"settlement_method": "fx", "trade_date": "2026-05-13", "currency": "USD", "total": "300.00"}
        entry |= {"lines": [entered(trade)], "document_hashes": ["0" * 64], "stall_number": "02-000018"}
        nobody = [self.elsewhere]
        bought = entry | {"procurement": "entrusted"}
        right = {
            "seller_id": (entry, [*nobody, str(parties["buyer"]), str(parties["operator"])]),
            "consignor_id": (entry, [*nobody, str(parties["buyer"])]),
            "buyer_id": (entry, [*nobody, str(parties["broker"])]),
            "export_agency_id": (entry, [self.agency, str(parties["other_agency"])]),
            "procurement_agency_id": (bought, [self.bought_for_another, self.agency]),
        }
        line_id, other_line = (each["trade"]["lines"][0]["line_id"] for each in (trade, self.trade))
        versions = {trade["id"]: 1, entrusted["id"]: 1}
        for name, (body, foreign) in right.items():
            target = (entrusted if body is bought else trade)["id"]
            own = entry.get(name, self.bought)
            yield Naming("register_trade", "/v1/trades", body | {name: THIS}, own, foreign, self.who(name))
            changed = body | {name: THIS, "reason": "it was wrong"}
            path = f"/v1/trades/{target}/corrections"
            yield Naming("correct_trade", path, changed, own, foreign, self.own, versions[target])
            versions[target] += 1
        version = versions[trade["id"]]
        lines = [entered(trade) | {"line_id": THIS}]
        path = f"/v1/trades/{trade['id']}/corrections"
        changed = entry | {"lines": lines, "reason": "it was wrong"}
        yield Naming("correct_trade", path, changed, line_id, [other_line], self.own, version)

        stalls = entry | {"stall_number": THIS}
        yield Naming("register_trade", "/v1/trades", stalls, "02-000018", ["09-000001"], self.own, unknown="09-999999")
        changed, version = stalls | {"reason": "it was wrong"}, version + 1
        theirs = ["09-000001"]
        yield Naming("correct_trade", path, changed, "02-000018", theirs, self.own, version, "09-999999")

    def who(self, field: str) -> dict[str, Any]:
        """Who may enter the trade whichever of its parties is another one."""
        if field != "consignor_id":
            return self.own
        return {"role": "stall_holder", "subject_id": self.parties["seller"]}


async def test_anothers_id_in_a_body_is_answered_like_an_unknown_one(yard: Any, parties: Any, make_packed: Any) -> None:
    yards = await Yards(yard, parties, make_packed).met()
    asked, apart = set(), []
    for namings in (yards.of_packing, yards.of_declarations, yards.of_trades):
        fields, found = await told_apart(yard.door, namings())
        asked |= fields
        apart += found
    assert apart == []
    assert asked | NUMBERED == id_fields(yard.door.app.openapi())
    assert asked.isdisjoint(NUMBERED)
