"""Packing by what people hold: a trade's number with the line's instead of their ids (R-PACK-1, R-PACK-2)."""

from __future__ import annotations

from typing import Any


async def pack(yard: Any, packing_list: dict[str, Any], line: dict[str, Any]) -> Any:
    path = f"/v1/packing-lists/{packing_list['id']}/lines"
    who = {"role": "operator", "subject_id": packing_list["packing_list"]["consignor_id"], "version": 1}
    return await yard.door.call("POST", path, {"lines": [line]}, **who)


def refusal(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [each["code"] for each in answer.json()["errors"]]


def operator(parties: Any) -> dict[str, Any]:
    return {"role": "operator", "subject_id": parties["operator"]}


async def test_goods_are_handed_over_and_packed_by_the_numbers_that_people_hold(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """A trade's number, and the line's number in its newest version."""
    trade = await yard.trade({}, {}, handed_over=False)
    how = operator(parties)
    by_number = {"trade_numbers": [trade["number"]]}
    await yard.door.done("POST", "/v1/handovers", by_number, **how)
    again = await yard.door.call("POST", "/v1/handovers", by_number, key="again", **how)
    assert [(each["pointer"], each["code"]) for each in again.json()["errors"]] == [
        ("/trade_numbers/0", "handed_over_already")
    ]
    second = trade["trade"]["lines"][1]
    numbered = {k: v for k, v in make_packed(second).items() if k != "trade_line_id"}
    numbered |= {"trade_number": trade["number"], "line_no": second["line_no"]}
    packed = await pack(yard, await yard.packing_list(), numbered)
    assert packed.status_code == 200, packed.text
    assert yard.counters(second["line_id"])[0] == 100
    for unknown in ({"line_no": 3}, {"trade_number": "LS-TR-0000009-9"}):
        answer = await pack(yard, await yard.packing_list(), {**numbered, **unknown})
        assert answer.status_code == 404
    unknown_trade = await yard.door.call("POST", "/v1/handovers", {"trade_numbers": ["LS-TR-0000009-9"]}, **how)
    assert unknown_trade.status_code == 404


async def test_a_line_and_a_handover_name_one_thing(yard: Any, parties: Any, make_packed: Any) -> None:
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.packing_list()
    whole = make_packed(line)
    none = {k: v for k, v in whole.items() if k != "trade_line_id"}
    for body, code in (
        (none, "one_of_fields_missing"),
        ({**none, "trade_number": "LS-TR-1"}, "one_of_fields_missing"),
        ({**whole, "trade_number": "LS-TR-1"}, "fields_exclusive"),
        ({**whole, "line_no": 1}, "fields_exclusive"),
    ):
        assert refusal(await pack(yard, packing_list, body)) == (422, [code])
    ids = {"trade_ids": [line["line_id"]]}
    for named, code in (({}, "one_of_fields_missing"), ({**ids, "trade_numbers": ["1"]}, "fields_exclusive")):
        answer = await yard.door.call("POST", "/v1/handovers", named, **operator(parties))
        assert refusal(answer) == (422, [code])
