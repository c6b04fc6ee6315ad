"""Every number that people hold leads to the flow, and to no more of it than its holder may see (R-DECL-5, V65)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from shared.events import fx_settlement, tax_exemption
from shared.workshop.testing.registry_events import export_agency, sealed, subject

CREDIT_CODE = "91500225MA5U123459"
COLLECTION, RETURN, CERTIFICATE, CONVERSION, PASS_ON = (UUID(int=0x19C << 116 | n) for n in range(1, 6))


def collection(portion: dict[str, Any], *, matched: bool, **changed: Any) -> fx_settlement.CollectionState:
    match = {
        "match_id": str(uuid4()), "portion_id": portion["portion_id"], "declaration_id": portion["declaration_id"],
        "owner_id": portion["owner_id"], "amount": "300.00", "value": "300.00", "declared_currency": "USD",
        "rate": "1", "rate_id": "same", "matched_at": "2026-05-13T17:00:00+08:00",
    }  # fmt: skip
    return fx_settlement.CollectionState.model_validate(
        {
            "collection_id": str(COLLECTION), "pilot": "longshui", "number": "LS-CO-1", "version": 1,
            "bank_id": str(uuid4()), "bank_reference": "TT-COLLECTED", "collector_id": portion["collector_id"],
            "account_kind": "trade", "method": "fx", "currency": "USD", "amount": "300.00", "bank_charges": "0",
            "received_on": "2026-05-13", "payer": {"mask": "*", "blind_index": "x", "ciphertext": "x"},
            "matched": "300.00" if matched else "0", "refunded": "0", "unmatched": "0" if matched else "300.00",
            "matches": [match] if matched else [], **changed,
        }
    )  # fmt: skip


def passed_on(agent: Any, principal: Any) -> fx_settlement.PassedOn:
    return fx_settlement.PassedOn.model_validate(
        {
            "pass_on_id": str(PASS_ON), "pilot": "longshui", "number": "LS-PO-1", "bank_id": str(uuid4()),
            "agent_id": str(agent), "principal_id": str(principal), "currency": "USD", "amount": "300.00",
            "paid_as": "fx", "paid_on": "2026-05-13", "bank_reference": "TT-PASSED",
        }
    )  # fmt: skip


def converted(holder: Any, *portions: str) -> fx_settlement.Converted:
    return fx_settlement.Converted.model_validate(
        {
            "conversion_id": str(CONVERSION), "pilot": "longshui", "number": "LS-CV-1", "bank_id": str(uuid4()),
            "holder_id": str(holder), "currency": "USD", "amount": "300.00", "rmb_amount": "2094.00", "rate": "6.98",
            "rate_id": "x", "uses_quota": not portions, "proof_portion_ids": portions,
            "quota_statement_reference": "QUOTA-7", "converted_on": "2026-05-13", "bank_reference": "TT-CONVERTED",
        }
    )  # fmt: skip


def returned(portion: dict[str, Any]) -> tax_exemption.ReturnFiled:
    line = {
        "line_no": 1, "item_id": portion["portion_id"], "portion_id": portion["portion_id"],
        "declaration_id": portion["declaration_id"], "customs_number": "8012", "item_no": 1,
        "export_date": "2026-05-13", "fob_value": "306.00", "currency": "USD", "rate": "6.98", "rate_id": "x",
        "exempt_rmb": "2135.88",
    }  # fmt: skip
    return tax_exemption.ReturnFiled.model_validate(
        {
            "exemption_return": {
                "return_id": str(RETURN), "pilot": "longshui", "number": "LS-ER-1", "version": 1,
                "stall_holder_id": portion["owner_id"], "filer_id": portion["owner_id"], "month": "2026-05",
                "status": "filed_outside", "filing_kind": "in_window", "window_from": "2026-06-01",
                "window_to": "2026-06-15", "calendar_version": "x", "rate_choice": "month_first_day",
                "total_rmb": "2135.88", "filed_at": "2026-06-02T09:00:00+08:00", "outside_reference": "OUT-9",
                "lines": [line],
            }
        }
    )  # fmt: skip


def issued(portion: dict[str, Any], operator: Any) -> tax_exemption.CertificateIssued:
    return tax_exemption.CertificateIssued.model_validate(
        {
            "certificate": {
                "certificate_id": str(CERTIFICATE), "pilot": "longshui", "number": "LS-CE-1", "version": 2,
                "operator_id": str(operator), "principal_id": portion["owner_id"],
                "declaration_id": portion["declaration_id"], "customs_number": "8012", "export_date": "2026-05-13",
                "status": "issued", "value": "306.00", "currency": "USD", "portion_ids": [portion["portion_id"]],
                "issued_number": "DL500100", "issued_at": "2026-06-03T09:00:00+08:00",
            }
        }
    )  # fmt: skip


async def exported(yard: Any, make_packed: Any, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A trade with a slip of its own, declared in a container with a seal of its own; and its only portion."""
    trade = await yard.trade(external_ref="SLIP-77", **fields)
    load = await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"})
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]), load_id=load["id"])
    draft = await yard.draft(packing_list["id"])
    declaration = await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    (portion,) = declaration["declaration"]["portions"]
    return trade, portion


async def heard(yard: Any, parties: Any, portion: dict[str, Any]) -> None:
    await yard.hear(fx_settlement.CollectionBooked(collection=collection(portion, matched=False)), key=str(COLLECTION))
    await yard.hear(fx_settlement.CollectionMatched(collection=collection(portion, matched=True)), key=str(COLLECTION))
    await yard.hear(passed_on(portion["collector_id"], portion["owner_id"]), key=str(PASS_ON))
    await yard.hear(converted(portion["owner_id"], portion["portion_id"]), key=str(CONVERSION))
    await yard.hear(returned(portion), key=str(RETURN))
    await yard.hear(issued(portion, parties["operator"]), key=str(CERTIFICATE))


MONEY_AND_TAX = ("LS-CO-1", "TT-COLLECTED", "LS-PO-1", "TT-PASSED", "LS-CV-1", "TT-CONVERTED", "QUOTA-7", "LS-ER-1",
                 "OUT-9", "LS-CE-1", "DL500100")  # fmt: skip
GOODS = ("SLIP-77", "CSQU3054383", "S1")


async def test_every_number_that_people_hold_leads_to_its_trade(yard: Any, parties: Any, make_packed: Any) -> None:
    trade, portion = await exported(yard, make_packed)
    await heard(yard, parties, portion)
    agency, number = parties["agency"], "LS-EA-0000007-0"
    made = export_agency(parties["seller"], parties["operator"], agreement_id=agency, number=number)
    await yard.hear(made, key=str(agency))
    filing = f"F-{parties['seller']}"
    for asked in (*GOODS, *MONEY_AND_TAX, number, filing):
        for who in ({"role": "auditor"}, {"role": "stall_holder", "subject_id": parties["seller"]}):
            traced = await yard.door.done("GET", f"/v1/trace/{asked}", **who)
            assert traced["trades"] == [trade["id"]], (asked, who)
            if asked == filing:
                continue
            assert {"agency_confirmed", "trade_registered", "declaration_submitted", "collection_matched"} <= {
                step["type"].split(".")[1] for step in traced["timeline"]
            }, asked


async def test_what_somebody_else_holds_looks_unknown(yard: Any, parties: Any, make_packed: Any) -> None:
    _, portion = await exported(yard, make_packed)
    await heard(yard, parties, portion)
    other = {"role": "stall_holder", "subject_id": parties["other_seller"]}
    for asked in (*GOODS, *MONEY_AND_TAX):
        answer = await yard.door.call("GET", f"/v1/trace/{asked}", **other)
        assert answer.status_code == 404, asked
    assert len(yard.rows("SELECT FROM audit WHERE rule = 'V65'")) == len((*GOODS, *MONEY_AND_TAX))


async def test_anothers_number_doesnt_hide_ones_own(yard: Any, parties: Any, make_packed: Any) -> None:
    """The slip of one is the seal of another: each finds its own."""
    await exported(yard, make_packed)
    theirs = await yard.trade(seller_id=str(parties["other_seller"]), export_agency_id=str(parties["other_agency"]),
                              external_ref="S1", handed_over=False)  # fmt: skip
    other = {"role": "stall_holder", "subject_id": parties["other_seller"]}
    assert (await yard.door.done("GET", "/v1/trace/S1", **other))["trades"] == [theirs["id"]]
    assert len((await yard.door.done("GET", "/v1/trace/S1", role="auditor"))["trades"]) == 2


@pytest.mark.parametrize("slip", ["2026/05/13-7", "单号 7 号", "A+B?C=D&E#F", "100%"])
async def test_a_slip_with_any_signs_is_found(yard: Any, parties: Any, slip: str) -> None:
    trade = await yard.trade(external_ref=slip, handed_over=False)
    traced = await yard.as_operator("GET", f"/v1/trace/{quote(slip, safe='')}")
    assert (traced["asked"], traced["trades"]) == (slip, [trade["id"]])


async def test_a_bank_reference_that_is_anothers_id_opens_nothing(yard: Any, parties: Any, make_packed: Any) -> None:
    trade, portion = await exported(yard, make_packed)
    foreign = {**portion, "collector_id": str(parties["other_operator"]), "owner_id": str(parties["other_seller"])}
    state = collection(foreign, matched=False, bank_reference=trade["id"])
    await yard.hear(fx_settlement.CollectionBooked(collection=state), key=str(COLLECTION))
    holder = {"role": "stall_holder", "subject_id": parties["seller"]}
    traced = await yard.door.done("GET", f"/v1/trace/{trade['id']}", **holder)
    assert not [step for step in traced["timeline"] if step["type"].startswith("fx_settlement.")]


async def test_money_that_belongs_to_no_goods_yet_is_found_by_its_parties(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    _, portion = await exported(yard, make_packed)
    await yard.hear(fx_settlement.CollectionBooked(collection=collection(portion, matched=False)), key=str(COLLECTION))
    await yard.hear(converted(parties["other_seller"]), key=str(CONVERSION))
    owners = {"TT-COLLECTED": ("operator", "operator"), "QUOTA-7": ("stall_holder", "other_seller")}
    for asked, (role, party) in owners.items():
        traced = await yard.door.done("GET", f"/v1/trace/{asked}", role=role, subject_id=parties[party])
        assert (traced["kind"], traced["trades"], len(traced["timeline"])) == ("money_or_tax", [], 1)
        foreign = {"role": "stall_holder", "subject_id": parties["seller"]}
        assert (await yard.door.call("GET", f"/v1/trace/{asked}", **foreign)).status_code == 404


async def test_an_agreement_and_a_filing_are_traced_before_any_trade(yard: Any, parties: Any) -> None:
    agreement_id, seller = uuid4(), parties["other_seller"]
    made = export_agency(seller, parties["other_operator"], agreement_id=agreement_id, number="LS-EA-0000008-0")
    await yard.hear(made, key=str(agreement_id))
    filed = subject("stall_holder", subject_id=seller, stall="02-000018")
    await yard.hear(filed, key=str(seller))
    (role,) = filed.subject.roles
    numbers = {
        made.agreement.number: "agreement",
        role.filing_number: "subject",
        filed.subject.number: "subject",
    }
    for number, kind in numbers.items():
        for who in ({"role": "commerce"}, {"role": "stall_holder", "subject_id": seller}):
            traced = await yard.door.done("GET", f"/v1/trace/{number}", **who)
            assert (traced["kind"], len(traced["timeline"])) == (kind, 1), number
        foreign = {"role": "stall_holder", "subject_id": parties["seller"]}
        assert (await yard.door.call("GET", f"/v1/trace/{number}", **foreign)).status_code == 404
    assert traced["timeline"][0]["shown"]["filing_number"] == role.filing_number


async def test_a_credit_code_is_for_its_owner_and_for_those_who_read_identities(yard: Any, parties: Any) -> None:
    index = yard.door.app.state.runtime.sealer.identity_index("credit_code", CREDIT_CODE, "CN")
    filed = subject("operator", subject_id=parties["operator"])
    known = filed.subject.model_copy(update={"identity": sealed("x").model_copy(update={"blind_index": index})})
    await yard.hear(filed.model_copy(update={"subject": known}), key=str(parties["operator"]))
    trade = await yard.trade()
    allowed = [{"role": role} for role in ("commerce", "customs", "tax", "safe")]
    for who in (*allowed, {"role": "operator", "subject_id": parties["operator"]}):
        assert (await yard.door.done("GET", f"/v1/trace/{CREDIT_CODE}", **who))["trades"] == [trade["id"]]
    refused = [{"role": role} for role in ("auditor", "district", "ip_office", "market_supervision")]
    for who in (*refused, {"role": "stall_holder", "subject_id": parties["seller"]}):
        assert (await yard.door.call("GET", f"/v1/trace/{CREDIT_CODE}", **who)).status_code == 404


@pytest.mark.parametrize("left_open", [True, False])
async def test_the_trace_tells_a_stall_holder_no_buyer_that_its_operator_completed(
    yard: Any, parties: Any, left_open: bool
) -> None:
    """R-FILE-8: neither as a step, nor by the buyer's number, filing or event, nor by the list's filter."""
    buyer = parties["buyer"]
    trade = await yard.trade(buyer_id=None if left_open else str(buyer))
    if left_open:
        wanted = ("seller_id", "consignor_id", "export_mode", "export_agency_id", "settlement_method", "trade_date",
                  "currency", "total")  # fmt: skip
        (line,) = trade["trade"]["lines"]
        of_line = ("line_id", "goods_name", "hs_code", "quantity", "unit", "statutory_quantity", "statutory_unit",
                   "unit_price", "amount", "packages", "net_weight_kg", "origin_place")  # fmt: skip
        body = {name: trade["trade"][name] for name in wanted}
        body |= {"lines": [{name: line[name] for name in of_line}], "buyer_id": str(buyer), "reason": "known now"}
        await yard.as_operator("POST", f"/v1/trades/{trade['id']}/corrections", body, version=1)
    event_id = uuid4()
    filed = subject("buyer", subject_id=buyer)
    filed = filed.model_copy(update={"subject": filed.subject.model_copy(update={"roles": tuple(
        each.model_copy(update={"filed_by": parties["seller"]}) for each in filed.subject.roles)})})  # fmt: skip
    await yard.hear(filed, key=str(buyer), event_id=event_id)
    holder = {"role": "stall_holder", "subject_id": parties["seller"]}
    operator = {"role": "operator", "subject_id": parties["operator"]}

    async def traces(asked: Any, who: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = (await yard.door.call("GET", f"/v1/trace/{asked}", **who)).json()
        return answer

    for asked in (buyer, filed.subject.number, filed.subject.roles[0].filing_number, event_id):
        assert (trade["id"] in (await traces(asked, holder)).get("trades", [])) != left_open, asked
        assert (await traces(asked, operator))["trades"] == [trade["id"]], asked
    steps = (await traces(trade["number"], holder))["timeline"]
    assert (str(buyer) in {step["key"] for step in steps}) != left_open
    assert str(buyer) in {step["key"] for step in (await traces(trade["number"], {"role": "auditor"}))["timeline"]}
    path = f"/v1/trades?buyer_id={buyer}"
    assert bool((await yard.door.done("GET", path, **holder))["items"]) != left_open
    assert (await yard.door.done("GET", path, **operator))["items"]


async def test_a_declaration_that_replaces_a_deleted_one_leads_to_it_and_back(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """R-DECL-9."""
    _, portion = await exported(yard, make_packed)
    old = portion["declaration_id"]
    await yard.receive(old, "accepted", customs_number="801220260000000001")
    await yard.receive(old, "deleted")
    ((packing_list_id,),) = yard.rows("SELECT id FROM packing_lists")
    draft = await yard.draft(str(packing_list_id))
    new = await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    for asked in ("801220260000000001", new["number"]):
        traced = await yard.as_operator("GET", f"/v1/trace/{asked}")
        assert traced["declarations"] == sorted([old, new["id"]])
        linked = [step["shown"].get("replaces") for step in traced["timeline"] if step["key"] == new["id"]]
        assert old in linked


async def test_the_trace_tells_how_far_the_goods_are(yard: Any, parties: Any, make_packed: Any) -> None:
    trade, portion = await exported(yard, make_packed)
    told = (await yard.as_operator("GET", "/v1/trace/SLIP-77"))["progress"]
    (reached,) = told["trades"]
    assert (reached["number"], reached["total"], reached["buyer_named"]) == (trade["number"], "300.00", True)
    assert reached["counters"][0]["declared"] == "100"
    (packing_list,) = told["packing_lists"]
    assert (packing_list["status"], packing_list["load_status"], packing_list["seal_number"]) == (
        "sealed", "arrived", "S1")  # fmt: skip
    assert [each["status"] for each in told["declarations"]] == ["submitted"]
    assert [(each["id"], each["declared_value"], each["released_value"]) for each in told["portions"]] == [
        (portion["portion_id"], "300.00", "0.00")]  # fmt: skip
