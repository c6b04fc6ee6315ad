"""A trade without an original document is registered, says so, and its goods wait for one (R-TRADE-1, V19)."""

from __future__ import annotations

from typing import Any

LACKS = ["original_document"]


async def bare(yard: Any, make_packed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    trade = await yard.trade(document_hashes=[])
    packing_list = await yard.sealed(make_packed(trade["trade"]["lines"][0]))
    return trade, await yard.draft(packing_list["id"])


async def test_a_trade_without_an_original_says_so_wherever_it_is_shown(yard: Any) -> None:
    trade, other = await yard.trade(document_hashes=[]), await yard.trade()
    assert (trade["lacks"], other["lacks"]) == (LACKS, [])
    assert (await yard.as_operator("GET", f"/v1/trades/{trade['id']}"))["lacks"] == LACKS
    listed = (await yard.as_operator("GET", "/v1/trades"))["items"]
    assert {each["id"]: each["lacks"] for each in listed} == {trade["id"]: LACKS, other["id"]: []}
    for each in (trade, other):
        traced = await yard.as_operator("GET", f"/v1/trace/{each['number']}")
        assert [told["lacks"] for told in traced["progress"]["trades"]] == [each["lacks"]]


async def test_the_report_of_a_workbook_says_which_slip_has_no_original(sheets: Any) -> None:
    slips = [sheets.slip("S-1", document_hash=""), sheets.slip("S-2")]
    report = await sheets.imported(slips, [sheets.line("S-1"), sheets.line("S-2")])
    assert [each["lacks"] for each in report["results"]] == [LACKS, []]


async def test_goods_without_an_original_are_declared_once_a_correction_files_one(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    trade, draft = await bare(yard, make_packed)
    path = f"/v1/declarations/{draft['id']}"
    preflight = await yard.as_operator("GET", f"{path}/preflight")
    assert [each["code"] for each in preflight["breaches"]] == ["original_document_missing"]
    how = {"role": "operator", "subject_id": parties["operator"], "version": 0}
    refused = await yard.door.call("POST", f"{path}/submissions", {}, **how)
    assert (refused.status_code, refused.json()["code"]) == (409, "original_document_missing")
    assert refused.json()["rule"]["id"] == "R-TRADE-1"
    shown = {"line_id", "line_no", "verdict"}
    lines = [{key: value for key, value in line.items() if key not in shown} for line in trade["trade"]["lines"]]
    entered = (
        "seller_id", "consignor_id", "buyer_id", "export_mode", "export_agency_id", "trade_date", "currency", "total",
        "settlement_method",
    )  # fmt: skip
    body = {**{name: trade["trade"][name] for name in entered}, "lines": lines}
    filed = {**body, "document_hashes": ["a" * 64], "reason": "the signed slip"}
    corrected = await yard.as_operator("POST", f"/v1/trades/{trade['id']}/corrections", filed, version=1)
    assert corrected["lacks"] == []
    submitted = await yard.as_operator("POST", f"{path}/submissions", {}, version=0)
    assert submitted["status"] == "submitted"
