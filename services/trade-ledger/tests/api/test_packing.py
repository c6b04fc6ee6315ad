from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from shared.events.registry import SiteFiled


async def pack(yard: Any, packing_list: dict[str, Any], *packed: dict[str, Any], **how: Any) -> Any:
    path = f"/v1/packing-lists/{packing_list['id']}/lines"
    how = {"role": "operator", "subject_id": packing_list["packing_list"]["consignor_id"], "version": 1, **how}
    key = str(uuid4())
    # On a slow machine some of fifty calls wait too long for a connection. They are sent again with the same key.
    while (answer := await yard.door.call("POST", path, {"lines": list(packed)}, key=key, **how)).status_code == 503:
        pass
    return answer


def refusal(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [each["code"] for each in answer.json()["errors"]]


async def test_of_fifty_packings_of_the_last_ten_pieces_exactly_what_fits_wins(yard: Any, make_packed: Any) -> None:
    """R-PACK-2, F21."""
    trade = await yard.trade({"quantity": "10"})
    line = trade["trade"]["lines"][0]
    load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝A1"})
    lists = [await yard.packing_list(load["id"]) for _ in range(50)]
    answers = await asyncio.gather(*(pack(yard, each, make_packed(line, "3")) for each in lists))
    assert sorted(each.status_code for each in answers) == [200] * 3 + [409] * 47
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"packed_over_quantity"}
    assert yard.counters(line["line_id"])[0] == 9
    moved = yard.rows("SELECT sum(quantity) FROM movements WHERE line_id = %s AND kind = 'packed'", line["line_id"])
    held = yard.rows("SELECT sum(quantity) FROM packed_lines WHERE line_id = %s", line["line_id"])
    assert moved[0][0] == held[0][0] == 9


async def test_exactly_the_line_fits_and_one_more_does_not(yard: Any, make_packed: Any) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    over = await pack(yard, await yard.packing_list(), make_packed(line, "100.000001"))
    assert refusal(over) == (409, ["packed_over_quantity"])
    assert yard.counters(line["line_id"])[0] == 0
    assert (await pack(yard, await yard.packing_list(), make_packed(line, "100"))).status_code == 200


async def test_one_line_that_does_not_fit_leaves_nothing_packed(yard: Any, make_packed: Any) -> None:
    first, second = (await yard.trade({}, {}))["trade"]["lines"]
    packing_list = await yard.packing_list()
    answer = await pack(yard, packing_list, make_packed(first), make_packed(second, "101"))
    assert refusal(answer) == (409, ["packed_over_quantity"])
    assert answer.json()["errors"][0]["pointer"] == "/lines/1/quantity"
    assert yard.counters(first["line_id"])[0] == 0
    assert yard.rows("SELECT FROM movements") == []
    assert len(yard.rows("SELECT FROM outbox WHERE key = %s", packing_list["id"])) == 1


async def test_entrusted_goods_are_entered_until_their_handover_and_own_ones_need_none(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    """R-TRADE-5: an entrusted trade is packed after its handover only; an own export is entered at contract."""
    entrusted = await yard.trade(handed_over=False)
    early = await pack(yard, await yard.packing_list(), make_packed(entrusted["trade"]["lines"][0]))
    assert refusal(early) == (409, ["goods_not_handed_over"])
    await yard.as_operator("POST", "/v1/handovers", {"trade_ids": [entrusted["id"]]})
    packed = await pack(yard, await yard.packing_list(), make_packed(entrusted["trade"]["lines"][0]))
    assert packed.status_code == 200, packed.text
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    own = await yard.trade(
        handed_over=False, by=seller, export_mode="own", consignor_id=str(parties["seller"]), export_agency_id=None
    )
    refused = await yard.door.call("POST", "/v1/handovers", {"trade_ids": [own["id"]]}, **seller)
    assert refusal(refused) == (409, ["handover_not_due"])
    mine = await yard.packing_list(**seller)
    alone = await pack(yard, mine, make_packed(own["trade"]["lines"][0]), **seller)
    assert alone.status_code == 200, alone.text


async def test_cash_and_goods_that_were_not_handed_over_are_refused_together(yard: Any, make_packed: Any) -> None:
    trade = await yard.trade(settlement_method="cash", handed_over=False)
    answer = await pack(yard, await yard.packing_list(), make_packed(trade["trade"]["lines"][0]))
    assert refusal(answer) == (409, ["cash_settlement_not_exportable", "goods_not_handed_over"])
    assert {each["rule"]["id"] for each in answer.json()["errors"]} == {"R-TRADE-3", "R-PACK-1"}


async def test_a_self_exporter_packs_without_a_handover(yard: Any, parties: Any, make_packed: Any) -> None:
    seller = {"role": "stall_holder", "subject_id": parties["seller"]}
    own = {"consignor_id": str(parties["seller"]), "export_mode": "own", "export_agency_id": None}
    trade = await yard.trade(handed_over=False, by=seller, **own)
    packing_list = await yard.packing_list(**seller)
    line = trade["trade"]["lines"][0]
    assert (await pack(yard, packing_list, make_packed(line), **seller)).status_code == 200


@pytest.mark.parametrize(("gross", "net", "status"), [("50", "50", 200), ("49.999", "50", 409), ("50.001", "50", 200)])
async def test_net_weight_is_at_most_gross(yard: Any, make_packed: Any, gross: str, net: str, status: int) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    weighed = {**make_packed(line), "gross_weight_kg": gross, "net_weight_kg": net}
    answer = await pack(yard, await yard.packing_list(), weighed)
    assert answer.status_code == status
    if status == 409:
        assert refusal(answer) == (409, ["weights_disagree"])


@pytest.mark.parametrize(("net", "status"), [("55", 200), ("55.001", 409), ("45", 200), ("44.999", 409), ("4000", 409)])
async def test_packed_weight_is_held_against_the_lines_own(yard: Any, make_packed: Any, net: str, status: int) -> None:
    """R-PACK-3: a line of 50 kg isn't packed as 4,000 kg net."""
    line = (await yard.trade())["trade"]["lines"][0]
    weighed = {**make_packed(line), "gross_weight_kg": "5000", "net_weight_kg": net}
    answer = await pack(yard, await yard.packing_list(), weighed)
    assert answer.status_code == status
    if status == 409:
        assert refusal(answer) == (409, ["packed_weight_differs"])
        assert "50" in answer.json()["errors"][0]["message"]


async def test_a_packing_list_has_its_totals_and_unpacking_frees_the_quantity(yard: Any, make_packed: Any) -> None:
    first, second = (await yard.trade({}, {}))["trade"]["lines"]
    packing_list = await yard.packing_list()
    answer = (await pack(yard, packing_list, make_packed(first), make_packed(second, "40"))).json()
    shown = answer["packing_list"]
    assert (shown["packages"], shown["gross_weight_kg"], shown["net_weight_kg"]) == (10, "80", "70")
    path = f"/v1/packing-lists/{packing_list['id']}/unpackings"
    body = {"packed_line_ids": [shown["lines"][0]["packed_line_id"]]}
    await yard.as_operator("POST", path, body, version=answer["version"])
    freed = shown["lines"][0]
    left = second if freed["trade_line_id"] == first["line_id"] else first
    assert yard.counters(freed["trade_line_id"])[0] == 0
    assert yard.counters(left["line_id"])[0] == (40 if left is second else 100)
    assert [str(row[0]) for row in yard.rows("SELECT quantity FROM movements WHERE quantity < 0")] == [
        f"-{float(freed['quantity']):.6f}"
    ]


async def test_a_trade_of_another_operator_looks_unknown(yard: Any, parties: Any, make_packed: Any) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    packing_list = await yard.packing_list(**other)
    foreign = await pack(yard, packing_list, make_packed(line))
    unknown = await pack(yard, packing_list, make_packed({"line_id": str(parties["site"]), "quantity": "1"}))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["code"] == unknown.json()["code"]
    assert yard.rows("SELECT rule, code FROM audit WHERE rule = 'V65'") == [("V65", "not_yours")]
    assert yard.counters(line["line_id"])[0] == 0


async def test_of_parallel_loads_for_one_container_one_opens(yard: Any, parties: Any) -> None:
    """`_free` takes the container's name."""
    how = {"role": "operator", "subject_id": parties["operator"]}
    body = {"container_number": "CSQU3054383"}
    answers = await asyncio.gather(*(yard.door.call("POST", "/v1/loads", body, **how) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 9
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"container_on_open_load"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"container_number": "CSQU3054384"}, "container_number_wrong"),
        ({}, "load_carrier_unclear"),
        ({"container_number": "CSQU3054383", "vehicle": "渝A1"}, "load_carrier_unclear"),
    ],
)
async def test_a_load_names_one_valid_carrier(yard: Any, parties: Any, body: dict[str, str], code: str) -> None:
    answer = await yard.door.call("POST", "/v1/loads", body, role="operator", subject_id=parties["operator"])
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_container_is_free_again_once_its_goods_departed(yard: Any, make_packed: Any) -> None:
    load = await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"})
    trade = await yard.trade()
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]), load_id=load["id"])
    draft = await yard.draft(packing_list["id"])
    await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    await yard.receive(draft["id"], "departed")
    assert (await yard.as_operator("GET", f"/v1/loads/{load['id']}"))["load"]["status"] == "closed"
    await yard.as_operator("POST", "/v1/loads", {"container_number": "CSQU3054383"})


@pytest.mark.parametrize(("gross", "status"), [("32100", 200), ("32100.001", 409)])
async def test_a_load_carries_at_most_its_maximum(yard: Any, make_packed: Any, gross: str, status: int) -> None:
    packing_list = await yard.packing_list()
    weighed = {**make_packed((await yard.trade())["trade"]["lines"][0]), "gross_weight_kg": gross}
    await pack(yard, packing_list, weighed)
    await yard.as_operator("POST", f"/v1/packing-lists/{packing_list['id']}/seals", {}, version=2)
    path = f"/v1/loads/{packing_list['packing_list']['load_id']}/seals"
    how = {"role": "operator", "subject_id": packing_list["packing_list"]["consignor_id"], "version": 1}
    answer = await yard.door.call("POST", path, {"seal_number": "S"}, **how)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "load_over_maximum"


async def test_only_the_site_reports_an_arrival(yard: Any, parties: Any, make_packed: Any) -> None:
    packing_list = await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]), arrived=False)
    path = f"/v1/loads/{packing_list['packing_list']['load_id']}/arrivals"
    body = {"arrived_at": "2026-05-13T09:00:00+08:00"}
    operator = await yard.door.call("POST", path, body, role="operator", subject_id=parties["operator"], version=2)
    unfiled = await yard.door.call("POST", path, body, role="site_operator", site_id=parties["buyer"], version=2)
    future = {"arrived_at": "2026-05-13T09:00:01+08:00"}
    early = await yard.door.call("POST", path, future, role="site_operator", site_id=parties["site"], version=2)
    assert (operator.status_code, unfiled.json()["code"], early.json()["code"]) == (
        403, "party_not_filed", "date_in_the_future",
    )  # fmt: skip
    load = await yard.door.done("POST", path, body, role="site_operator", site_id=parties["site"], version=2)
    assert (load["load"]["status"], load["load"]["site_id"]) == ("arrived", str(parties["site"]))


async def test_one_load_carries_the_lists_of_two_operators(yard: Any, parties: Any) -> None:
    load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝A1"})
    other = {"role": "operator", "subject_id": parties["other_operator"]}
    await yard.packing_list(load["id"])
    theirs = await yard.packing_list(load["id"], **other)
    assert len((await yard.as_operator("GET", f"/v1/loads/{load['id']}"))["load"]["packing_list_ids"]) == 2
    stale = await pack(yard, theirs, version=7)
    assert stale.status_code == 422


async def test_of_a_line_named_twice_the_entry_that_no_longer_fits_is_named(yard: Any, make_packed: Any) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    answer = await pack(yard, await yard.packing_list(), make_packed(line, "60"), make_packed(line, "60"))
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/lines/1/quantity"]


async def test_a_list_too_long_for_its_event_is_refused_with_advice(yard: Any, make_packed: Any) -> None:
    line = (await yard.trade({"quantity": "3000"}))["trade"]["lines"][0]
    packing_list = await yard.packing_list()
    piece = make_packed(line, "1")
    first = await pack(yard, packing_list, *[piece] * 1000)
    assert first.status_code == 200
    answer = await pack(yard, packing_list, *[piece] * 1000, version=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "document_too_large")
    assert yard.counters(line["line_id"])[0] == 1000


async def test_a_stop_order_holds_packing_and_a_suspension_does_not(
    yard: Any, make_packed: Any, make_stop_order: Any
) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.packing_list()
    await yard.hear(make_stop_order("stall_holder"))
    answer = await pack(yard, packing_list, make_packed(line))
    assert refusal(answer) == (409, ["subject_stopped"])


async def test_a_handover_is_read_by_the_seller_and_by_the_operator(yard: Any, parties: Any) -> None:
    first, second = await yard.trade(handed_over=False), await yard.trade()
    answer = await yard.door.call(
        "POST", "/v1/handovers", {"trade_ids": [second["id"], first["id"]]}, **operator(parties)
    )
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/trade_ids/0", "handed_over_already")
    ]
    made = await yard.door.call("POST", "/v1/handovers", {"trade_ids": [first["id"]]}, **operator(parties))
    path = made.headers["location"]
    assert await yard.door.done("GET", path, role="stall_holder", subject_id=parties["seller"]) == made.json()
    stranger = {"role": "operator", "subject_id": parties["other_operator"]}
    assert (await yard.door.call("GET", path, **stranger)).status_code == 404


def operator(parties: Any) -> dict[str, Any]:
    return {"role": "operator", "subject_id": parties["operator"]}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": "consolidation_warehouse"}, (404, ["not_found"])),
        ({"valid_to": date(2026, 5, 12)}, (403, ["party_not_filed"])),
        ({"valid_from": date(2026, 5, 13)}, (409, ["site_not_filed"])),
    ],
)
async def test_a_warehouse_or_a_site_outside_its_filing_receives_no_load(
    yard: Any, parties: Any, make_packed: Any, changed: dict[str, Any], told: Any
) -> None:
    """Who is no site today reaches no load; a site may have been none on the day of which it tells."""
    packing_list = await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]), arrived=False)
    site = {"site_id": parties["site"], "pilot": "longshui", "name": "S", "operator_name": "O"}
    terms = {"kind": "supervised_site", "valid_from": date(2026, 1, 1), **changed}
    await yard.hear(SiteFiled.model_validate({**site, **terms}))
    path = f"/v1/loads/{packing_list['packing_list']['load_id']}/arrivals"
    body = {"arrived_at": "2026-05-12T08:59:00+08:00"}
    answer = await yard.door.call("POST", path, body, role="site_operator", site_id=parties["site"], version=2)
    assert refusal(answer) == told


async def test_a_blank_vehicle_number_counts_as_none(yard: Any, parties: Any) -> None:
    answer = await yard.door.call("POST", "/v1/loads", {"vehicle": " "}, **operator(parties))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/vehicle")
