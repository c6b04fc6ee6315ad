"""Messages of customs that don't fit the declaration's state are recorded, with at most one case (R-DECL-7, V70)."""

from __future__ import annotations

from typing import Any

import pytest

KINDS = ("accepted", "rejected", "inspected", "released", "departed", "amended", "shut_out", "returned", "deleted")


def open_cases(declaration: dict[str, Any]) -> list[str]:
    return [each["code"] for each in declaration["declaration"]["open_conflicts"]]


def portion_of(declaration: dict[str, Any]) -> dict[str, Any]:
    portion: dict[str, Any] = declaration["declaration"]["portions"][0]
    return portion


async def withdrawn(yard: Any, declaration: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/declarations/{declaration['id']}/withdrawals"
    answer: dict[str, Any] = await yard.as_operator("POST", path, {"reason": "again"}, version=declaration["version"])
    return answer


async def test_whatever_comes_after_a_withdrawal_agrees_or_opens_one_case(yard: Any) -> None:
    ends = {}
    for kind in KINDS:
        declaration = await withdrawn(yard, await yard.submitted())
        declaration = await yard.receive(declaration["id"], kind)
        ends[kind] = (declaration["status"], open_cases(declaration))
    late = ["accepted_after_withdrawal"]
    assert ends == {
        "accepted": ("accepted", late), "inspected": ("inspected", late), "released": ("released", late),
        "departed": ("departed", late), "amended": ("accepted", late), "shut_out": ("shut_out", late),
        "returned": ("withdrawn", ["returned_not_departed"]), "rejected": ("withdrawn", []), "deleted": ("deleted", []),
    }  # fmt: skip


async def test_a_declaration_that_was_shut_out_was_accepted_and_is_not_withdrawn(yard: Any, parties: Any) -> None:
    """V33. V32."""
    declaration = await yard.submitted()
    part = {"portion_id": portion_of(declaration)["portion_id"], "quantity": "30"}
    declaration = await yard.receive(declaration["id"], "shut_out", portions=[part])
    assert (declaration["status"], open_cases(declaration)) == ("accepted", [])
    path, who = f"/v1/declarations/{declaration['id']}/withdrawals", {"role": "operator"}
    answer = await yard.door.call(
        "POST", path, {"reason": "x"}, version=declaration["version"], subject_id=parties["operator"], **who
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "declaration_not_withdrawable")


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"declared_value": "100.005"}, "amount_too_fine", "/portions/0/declared_value"),
        ({"declared_value": "-100.00"}, "field_pattern", "/portions/0/declared_value"),
    ],
)
async def test_an_amended_value_that_no_declaration_can_hold_is_malformed(
    yard: Any, wrong: dict[str, str], code: str, pointer: str
) -> None:
    declaration = await yard.submitted()
    part = {"portion_id": portion_of(declaration)["portion_id"], "quantity": "100", **wrong}
    body = {"receipt_id": "r", "kind": "amended", "issued_at": "2026-05-13T16:00:00+08:00", "portions": [part]}
    answer = await yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", body, role="customs")
    found = [(each["code"], each["pointer"]) for each in answer.json()["errors"]]
    assert (answer.status_code, found) == (422, [(code, pointer)])
    assert yard.rows("SELECT FROM receipts") == []


async def test_a_message_that_names_a_portion_twice_is_malformed_and_hides_nothing(yard: Any) -> None:
    declaration = await yard.submitted()
    part = {"portion_id": portion_of(declaration)["portion_id"], "quantity": "40"}
    body = {"receipt_id": "r", "kind": "released", "issued_at": "2026-05-13T16:00:00+08:00", "portions": [part, part]}
    answer = await yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", body, role="customs")
    found = [(each["code"], each["pointer"]) for each in answer.json()["errors"]]
    assert (answer.status_code, found) == (422, [("portion_twice", "/portions/1/portion_id")])
    assert yard.rows("SELECT FROM receipts") == []


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+08:00"])
async def test_an_instant_at_the_end_of_the_calendar_is_malformed(yard: Any, at: str) -> None:
    declaration = await yard.submitted(arrived=False)
    body = {"receipt_id": "r", "kind": "departed", "issued_at": at}
    answer = await yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", body, role="customs")
    assert (answer.status_code, answer.json()["code"]) == (422, "field_out_of_range")
    (load_id,) = declaration["declaration"]["load_ids"]
    load = await yard.as_operator("GET", f"/v1/loads/{load_id}")
    how = {"role": "site_operator", "site_id": parties_site(yard), "version": load["version"]}
    answer = await yard.door.call("POST", f"/v1/loads/{load_id}/arrivals", {"arrived_at": at}, **how)
    assert answer.status_code == 422


def parties_site(yard: Any) -> str:
    return str(yard.rows("SELECT place_id FROM place_copies WHERE kind = 'site'")[0][0])


async def test_goods_declared_elsewhere_meanwhile_open_one_case_until_they_are_free(
    yard: Any, make_packed: Any
) -> None:
    first = await withdrawn(yard, await yard.submitted())
    (list_id,) = first["declaration"]["packing_list_ids"]
    second = await yard.draft(list_id)
    path = f"/v1/declarations/{second['id']}/submissions"
    second = await yard.as_operator("POST", path, {}, version=second["version"])
    for kind in ("accepted", "released"):
        first = await yard.receive(first["id"], kind)
        assert sorted(open_cases(first)) == ["accepted_after_withdrawal", "quantity_elsewhere"]
    await withdrawn(yard, second)
    first = await yard.receive(first["id"], "departed")
    assert open_cases(first) == ["accepted_after_withdrawal"]
    assert yard.counters(portion_of(first)["trade_line_id"]) == (100, 100, 100, 100, 0)


async def test_what_an_amendment_takes_away_is_declared_elsewhere_at_the_slips_price(
    yard: Any, make_packed: Any
) -> None:
    line = (await yard.trade({"quantity": "200"}))["trade"]["lines"][0]
    lists = [await yard.sealed(make_packed(line, "100")) for _ in range(2)]
    drafts = [await yard.draft(each["id"]) for each in lists]
    first = await yard.as_operator("POST", f"/v1/declarations/{drafts[0]['id']}/submissions", {}, version=0)
    part = {"portion_id": portion_of(first)["portion_id"], "quantity": "80"}
    first = await yard.receive(first["id"], "amended", portions=[part])
    assert (portion_of(first)["slip_value"], portion_of(first)["declared_value"]) == ("240.00", "240.00")
    second = await yard.as_operator("POST", f"/v1/declarations/{drafts[1]['id']}/submissions", {}, version=0)
    assert portion_of(second)["declared_value"] == "300.00"


async def test_a_code_changed_by_customs_opens_a_case_until_it_equals_the_slips_again(yard: Any) -> None:
    declaration = await yard.submitted()
    part = {"portion_id": portion_of(declaration)["portion_id"], "quantity": "100"}
    later = {"issued_at": "2026-05-13T17:00:00+08:00", "portions": [{**part, "hs_code": "8204120000"}]}
    declaration = await yard.receive(declaration["id"], "amended", portions=[{**part, "hs_code": "9405420000"}])
    assert open_cases(declaration) == ["code_changed"]
    assert (portion_of(declaration)["hs_code"], portion_of(declaration)["verdict"]["decision"]) == (
        "9405420000",
        "needs_person",
    )
    assert declaration["declaration"]["items"][0]["hs_code"] == "9405420000"
    declaration = await yard.receive(declaration["id"], "amended", "back", **later)
    assert (open_cases(declaration), declaration["declaration"]["items"][0]["hs_code"]) == ([], "8204120000")
    assert portion_of(declaration)["verdict"]["decision"] == "eligible"


async def test_what_stands_in_dispute_is_never_released_by_itself(yard: Any) -> None:
    """Sampling, which comes first, draws one of so many that no run meets it."""
    seldom = {"name": "sampling_every", "effective_from": "2026-05-01", "value": 1_000_000, "citation": "test"}
    await yard.door.set_parameter(seldom, role="customs")
    declaration = await yard.submitted()
    part = {"portion_id": portion_of(declaration)["portion_id"], "quantity": "100", "declared_value": "150000.01"}
    declaration = await yard.receive(declaration["id"], "amended", portions=[part])
    assert open_cases(declaration) == ["value_over_limit"]
    assert declaration["declaration"]["route"]["decision"] == "review"
    assert "open conflict cases" in declaration["declaration"]["route"]["reasons"]


async def test_the_number_of_a_rejected_attempt_is_not_the_next_ones(yard: Any) -> None:
    declaration = await yard.submitted()
    declaration = await yard.receive(declaration["id"], "rejected", customs_number="N0")
    assert declaration["customs_number"] == "N0"
    path = f"/v1/declarations/{declaration['id']}/submissions"
    declaration = await yard.as_operator("POST", path, {}, version=declaration["version"])
    assert declaration["customs_number"] is None
    assert (await yard.receive(declaration["id"], "accepted", customs_number="N1"))["customs_number"] == "N1"
