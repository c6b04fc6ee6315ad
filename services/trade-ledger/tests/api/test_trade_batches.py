from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import psycopg

from shared.http.idempotency import MOST_KEPT_BYTES


def audited(dsn: str) -> set[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT DISTINCT rule, code FROM audit WHERE rule IS NOT NULL").fetchall()
    return {(row[0], row[1]) for row in found}


async def test_ndjson_registers_each_row_by_itself_with_one_report(market: Any, dsn: str) -> None:
    rival = market.trade(consignor_id=str(market.rival), seller_id=str(market.buyer))
    rows = [
        market.trade(external_ref="a"),
        market.trade(total="1"),
        {"seller_id": "x"},
        rival,
        market.trade(external_ref="a"),
        market.trade(),
    ]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert (report["registered"], report["refused"]) == (2, 4)
    codes = [[each["code"] for each in result["problems"]] for result in report["results"]]
    assert codes[1] == ["total_differs"]
    assert "field_not_id" in codes[2]
    assert codes[3] == ["not_yours"]
    assert codes[4] == ["slip_registered_already"]
    assert {("R-TRADE-2", "total_differs"), ("V65", "not_yours")} <= audited(dsn)


async def test_a_bulk_over_several_statements_is_one_transaction(market: Any, dsn: str) -> None:
    content = "\n".join(json.dumps(market.trade()) for _ in range(250)).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert report["registered"] == 250
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT xid::text) FROM outbox").fetchone()
    assert found == (250, 1)


async def test_what_asks_the_database_while_a_slice_is_written_waits_for_it(market: Any, dsn: str) -> None:
    """A breach, a party that was never met and an agency that isn't named are looked up on the same connection."""
    rows = [market.trade(external_ref=f"{n:03}") for n in range(330)]
    rows[105] |= {"total": "1"}
    rows[220] |= {"buyer_id": str(uuid4())}
    rows[329] |= {"export_agency_id": None}
    content = "\n".join(json.dumps(row) for row in rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    codes = [[problem["code"] for problem in each["problems"]] for each in report["results"]]
    refused = {n: each for n, each in enumerate(codes) if each}
    assert refused == {105: ["total_differs"], 220: ["subject_not_filed"]}
    with psycopg.connect(dsn) as connection:
        numbers = connection.execute("SELECT external_ref FROM trades ORDER BY number").fetchall()
    assert [each for (each,) in numbers] == [row["external_ref"] for n, row in enumerate(rows) if n not in refused]


async def test_a_report_has_the_files_line_numbers_and_a_row_that_cannot_be_stored_fails_alone(market: Any) -> None:
    wide = {"goods_name": "长" * 200, "specification": "长" * 300, "item_mark": "长" * 100, "producer": "长" * 200}
    rows = [
        json.dumps(market.trade()),
        "",
        json.dumps(market.trade(external_ref="a\0b")),
        json.dumps(market.trade(total="122400.00", lines=[market.line(**wide)] * 400), ensure_ascii=False),
    ]
    content = "\n".join(rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert report["registered"] == 1
    assert [(each["row"], [problem["code"] for problem in each["problems"]]) for each in report["results"]] == [
        (1, []),
        (3, ["text_unreadable"]),
        (4, ["trade_too_large"]),
    ]
    nothing = await market.door.call("POST", "/v1/trades/bulk", content=b"\n", **market.as_operator())
    assert (nothing.status_code, nothing.json()["code"]) == (422, "batch_empty")


async def test_a_slip_number_of_a_refused_row_is_free_for_a_later_one(market: Any) -> None:
    rows = [market.trade(external_ref="a", total="1"), market.trade(external_ref="a")]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert [len(each["problems"]) for each in report["results"]] == [1, 0]


async def test_two_imports_of_the_same_slips_in_different_orders_do_not_deadlock(market: Any) -> None:
    rows = [json.dumps(market.trade(external_ref=f"q{n}")) for n in range(120)]
    bodies = ["\n".join(order).encode() for order in (rows, rows[::-1])] * 2
    answers = await asyncio.gather(
        *(market.door.call("POST", "/v1/trades/bulk", content=body, **market.as_operator()) for body in bodies)
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert sorted(answer.json()["registered"] for answer in answers) == [0, 0, 0, 120]


async def test_a_report_of_rows_that_are_wrong_in_everything_stays_small_and_says_what_it_leaves_off(
    market: Any, dsn: str
) -> None:
    wrong = json.dumps({f"k{n}": 1 for n in range(150)})
    content = "\n".join([json.dumps(market.trade()), *[wrong] * 60]).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    found = [result["problems"] for result in report["results"][1:]]
    assert (report["registered"], report["refused"]) == (1, 60)
    assert all(problems[0]["code"] != "errors_left_off" for problems in found)
    assert all(problems[-1]["code"] == "errors_left_off" for problems in found)
    assert sum(map(len, found)) < 2200
    # A hundred, and how many more there are: form and rules together.
    assert len(found[0]) == 101
    with psycopg.connect(dsn) as connection:
        kept = connection.execute("SELECT max(length(body)) FROM idempotency_keys").fetchone()
    assert kept is not None
    assert kept[0] < 2_000_000


async def test_a_row_of_more_values_than_any_form_has_is_refused_by_itself(market: Any) -> None:
    crowded = json.dumps({f"k{n}": 1 for n in range(70_000)})
    content = f"{crowded}\n{json.dumps(market.trade())}".encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert (report["registered"], report["results"][0]["problems"][0]["code"]) == (1, "body_too_crowded")


async def test_what_a_purged_key_did_is_refused_by_what_names_it(market: Any, dsn: str) -> None:
    slip = market.trade(external_ref="once")
    content = json.dumps(market.trade(external_ref="twice")).encode()
    await market.door.done("POST", "/v1/trades", slip, key="a", **market.as_operator())
    await market.door.done("POST", "/v1/trades/bulk", content=content, key="b", **market.as_operator())
    with psycopg.connect(dsn) as connection:
        connection.execute("DELETE FROM idempotency_keys")
    again = await market.door.call("POST", "/v1/trades", slip, key="a", **market.as_operator())
    assert (again.status_code, again.json()["code"]) == (409, "slip_registered_already")
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, key="b", **market.as_operator())
    assert [each["code"] for each in report["results"][0]["problems"]] == ["slip_registered_already"]


async def test_the_largest_report_is_one_that_is_kept(market: Any) -> None:
    wrong = {"seller_id": "x", "lines": [], **{f"field-{'x' * 100}-{n}": n for n in range(40)}}
    content = "\n".join([json.dumps(wrong)] * 1500).encode()
    asked = {"content": content, "key": "k", **market.as_operator()}
    report = await market.door.call("POST", "/v1/trades/bulk", **asked)
    assert (report.status_code, report.json()["refused"]) == (200, 1500)
    assert len(report.content) < MOST_KEPT_BYTES
    assert (await market.door.call("POST", "/v1/trades/bulk", **asked)).content == report.content
