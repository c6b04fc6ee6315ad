"""What was sealed is no dead end: opened again, voided, closed, until customs acts on it (R-PACK-1…3, V20, V23)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

CONTAINER = {"container_number": "CSQU3054383"}
REASON = {"reason": "over the limit at the new month's rate"}


async def act(yard: Any, kind: str, row_id: str, verb: str, body: dict[str, str] | None = None, **how: Any) -> Any:
    """An act on a load or packing list at its newest version."""
    path = f"/v1/{kind}/{row_id}"
    version = how.pop("version", None) or (await yard.as_operator("GET", path))["version"]
    how = {"role": "operator", "subject_id": how.pop("by", None) or operator_of(yard), **how}
    return await yard.door.call("POST", f"{path}/{verb}", body or REASON, version=version, **how)


def operator_of(yard: Any) -> str:
    return str(yard.rows("SELECT consolidator_id FROM loads LIMIT 1")[0][0])


async def done(yard: Any, *what: Any, **how: Any) -> Any:
    answer = await act(yard, *what, **how)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(yard: Any, *what: Any, **how: Any) -> list[str]:
    answer = await act(yard, *what, **how)
    assert answer.status_code == 409, answer.text
    return [each["code"] for each in answer.json()["errors"]]


async def packed_in_container(yard: Any, make_packed: Any, quantity: str = "50000") -> tuple[dict[str, Any], str, str]:
    """A trade's only line, sealed in a container: (line, list id, load id)."""
    load = await yard.as_operator("POST", "/v1/loads", CONTAINER)
    line = (await yard.trade({"quantity": quantity}))["trade"]["lines"][0]
    packing_list = await yard.sealed(make_packed(line), load_id=load["id"])
    return line, packing_list["id"], load["id"]


async def test_what_is_over_the_limit_at_the_new_months_rate_is_packed_anew(yard: Any, make_packed: Any) -> None:
    """R-PACK-1, V27: USD 150,000 in May is more in June; a part goes to another declaration."""
    line, list_id, load_id = await packed_in_container(yard, make_packed)
    yard.door.at(datetime(2026, 6, 1, 1, tzinfo=UTC))
    for currency, rate in (("USD", "6.98"), ("EUR", "7.61")):
        rated = {"month": "2026-06-01", "currency": currency, "cny_per_unit": rate, "source": "sample"}
        await yard.door.publish("/v1/customs-rates", rated, role="customs")
    assert await refused(yard, "packing-lists", list_id, "reopenings") == ["load_not_open"]
    assert await refused(yard, "packing-lists", list_id, "voidings") == ["load_sealed"]
    load = (await done(yard, "loads", load_id, "reopenings"))["load"]
    assert (load["status"], load["seal_number"], load["arrived_at"]) == ("open", None, None)
    (seal,) = load["earlier_seals"]
    assert (seal["seal_number"], seal["reason"], seal["arrived_at"]) == ("S1", REASON["reason"], "2026-05-13T00:30:00Z")
    opened = (await done(yard, "packing-lists", list_id, "reopenings"))["packing_list"]
    unpack = {"packed_line_ids": [each["packed_line_id"] for each in opened["lines"]]}
    path = f"/v1/packing-lists/{list_id}"
    await yard.as_operator("POST", f"{path}/unpackings", unpack, version=4)
    assert yard.counters(line["line_id"])[0] == 0
    await yard.as_operator("POST", f"{path}/lines", {"lines": [make_packed(line, "40000")]}, version=5)
    await yard.as_operator("POST", f"{path}/seals", {}, version=6)
    assert await refused(yard, "loads", load_id, "seals", {"seal_number": "S1"}) == ["seal_used"]
    load = (await done(yard, "loads", load_id, "seals", {"seal_number": "S2"}))["load"]
    assert (load["status"], load["seal_number"], load["sealed_at"]) == ("sealed", "S2", "2026-06-01T01:00:00Z")
    await yard.arrival(load_id, "2026-06-01T09:00:00+08:00")
    draft = await yard.draft(list_id)
    await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    assert yard.counters(line["line_id"]) == (40000, 40000, 0, 0, 0)
    assert await refused(yard, "loads", load_id, "reopenings") == ["packing_list_in_declaration"]
    assert "packing_list_in_declaration" in await refused(yard, "packing-lists", list_id, "reopenings")


async def test_a_void_list_gives_its_goods_back_and_its_closed_load_the_container(yard: Any, make_packed: Any) -> None:
    """R-PACK-2, R-PACK-3, V20: the trade can be voided, the container loaded again."""
    line, list_id, load_id = await packed_in_container(yard, make_packed, "100")
    assert await refused(yard, "loads", load_id, "closings") == ["load_holds_goods"]
    await done(yard, "loads", load_id, "reopenings")
    shown = (await done(yard, "packing-lists", list_id, "voidings"))["packing_list"]
    assert (shown["status"], shown["lines"][0]["quantity"]) == ("void", "100")
    assert yard.counters(line["line_id"]) == (0, 0, 0, 0, 0)
    assert await refused(yard, "packing-lists", list_id, "voidings") == ["packing_list_void"]
    assert yard.counters(line["line_id"]) == (0, 0, 0, 0, 0)
    assert (await done(yard, "loads", load_id, "closings"))["load"]["status"] == "closed"
    assert await refused(yard, "loads", load_id, "closings") == ["load_closed_already"]
    again = await yard.as_operator("POST", "/v1/loads", CONTAINER)
    assert again["load"]["packing_list_ids"] == []
    (trade_id,) = yard.rows("SELECT id FROM trades")[0]
    await yard.as_operator("POST", f"/v1/trades/{trade_id}/voidings", REASON, version=1)


@pytest.mark.parametrize("end", ["withdrawn", "rejected", "deleted"])
async def test_what_was_declared_and_given_up_is_opened_again(yard: Any, make_packed: Any, end: str) -> None:
    line, list_id, load_id = await packed_in_container(yard, make_packed, "100")
    draft = await yard.draft(list_id)
    path = f"/v1/declarations/{draft['id']}"
    await yard.as_operator("POST", f"{path}/submissions", {}, version=0)
    assert await refused(yard, "loads", load_id, "reopenings") == ["packing_list_in_declaration"]
    if end == "withdrawn":
        await yard.as_operator("POST", f"{path}/withdrawals", REASON, version=1)
    else:
        await yard.receive(draft["id"], end)
    await done(yard, "loads", load_id, "reopenings")
    await done(yard, "packing-lists", list_id, "voidings")
    await done(yard, "loads", load_id, "closings")
    assert yard.counters(line["line_id"]) == (0, 0, 0, 0, 0)
    await yard.as_operator("POST", "/v1/loads", CONTAINER)


async def test_a_whole_shut_out_frees_the_container_by_itself(yard: Any, make_packed: Any) -> None:
    """V31, V23: and not while another list's goods are in it."""
    load = await yard.as_operator("POST", "/v1/loads", CONTAINER)
    lists = [await yard.packing_list(load["id"]) for _ in range(2)]
    drafts = []
    for each in lists:
        path = f"/v1/packing-lists/{each['id']}"
        line = (await yard.trade())["trade"]["lines"][0]
        await yard.as_operator("POST", f"{path}/lines", {"lines": [make_packed(line)]}, version=1)
        await yard.as_operator("POST", f"{path}/seals", {}, version=2)
        draft = await yard.draft(each["id"], expected_arrival="2026-05-13")
        drafts.append(await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0))
    await done(yard, "loads", load["id"], "seals", {"seal_number": "S1"})
    ends = []
    for draft in drafts:
        await yard.receive(draft["id"], "shut_out")
        ends.append((await yard.as_operator("GET", f"/v1/loads/{load['id']}"))["load"]["status"])
    assert ends == ["sealed", "closed"]
    await yard.as_operator("POST", "/v1/loads", CONTAINER)


@pytest.mark.parametrize("order", [("shut_out", "deleted"), ("deleted", "shut_out")])
@pytest.mark.parametrize("undone", ["voidings", "unpackings"])
async def test_what_was_shut_out_before_a_deletion_is_given_back_once(
    yard: Any, make_packed: Any, order: tuple[str, str], undone: str
) -> None:
    """V31: 30 of 100 went back to the line with the shut-out, the rest with the list."""
    line, list_id, load_id = await packed_in_container(yard, make_packed, "100")
    draft = await yard.draft(list_id)
    declared = await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    part = [{"portion_id": declared["declaration"]["portions"][0]["portion_id"], "quantity": "30"}]
    for kind in order:
        await yard.receive(draft["id"], kind, portions=part if kind == "shut_out" else [])
    assert yard.counters(line["line_id"]) == (70, 0, 0, 0, 0)
    await done(yard, "loads", load_id, "reopenings")
    if undone == "unpackings":
        opened = (await done(yard, "packing-lists", list_id, "reopenings"))["packing_list"]
        body = {"packed_line_ids": [opened["lines"][0]["packed_line_id"]]}
        await yard.as_operator("POST", f"/v1/packing-lists/{list_id}/unpackings", body, version=4)
    else:
        await done(yard, "packing-lists", list_id, "voidings")
    assert yard.counters(line["line_id"]) == (0, 0, 0, 0, 0)


async def test_of_a_submission_and_an_opening_at_the_same_moment_one_wins(yard: Any, make_packed: Any) -> None:
    _, list_id, load_id = await packed_in_container(yard, make_packed, "100")
    draft = await yard.draft(list_id, expected_arrival="2026-05-13")
    await done(yard, "loads", load_id, "reopenings")
    how = {"role": "operator", "subject_id": operator_of(yard), "version": 0}
    submitting = yard.door.call("POST", f"/v1/declarations/{draft['id']}/submissions", {}, **how)
    answers = await asyncio.gather(submitting, act(yard, "packing-lists", list_id, "reopenings", version=3))
    assert sorted(each.status_code for each in answers) == [200, 409]
    ((status, declared),) = yard.rows("SELECT status, declaration_id IS NOT NULL FROM packing_lists")
    assert (status, declared) in {("sealed", True), ("open", False)}


async def test_only_whose_it_is_undoes_it(yard: Any, parties: Any, make_packed: Any) -> None:
    _, list_id, load_id = await packed_in_container(yard, make_packed, "100")
    for kind, row_id, verbs in (("loads", load_id, ("reopenings", "closings")),
                                ("packing-lists", list_id, ("reopenings", "voidings"))):  # fmt: skip
        for verb in verbs:
            stranger = await act(yard, kind, row_id, verb, by=parties["other_operator"])
            customs = await act(yard, kind, row_id, verb, role="customs")
            stale = await act(yard, kind, row_id, verb, version=1)
            assert (stranger.status_code, customs.status_code, stale.status_code) == (404, 403, 412)
