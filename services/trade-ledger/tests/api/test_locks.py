"""Each lock by name: two who need it line up, and the second goes by what the first has written (F20)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.workshop.testing.lining_up import lined_up

CLOSING = {"reason": "looked into", "evidence_hash": "sha256:9f86"}
REASON = {"reason": "a reason"}
LOADS = "SELECT FROM loads FOR NO KEY UPDATE"
LISTS = "SELECT FROM packing_lists FOR NO KEY UPDATE"
DECLARATIONS = "SELECT FROM declarations FOR NO KEY UPDATE"
COUNTERS = "SELECT FROM trade_line_counters FOR NO KEY UPDATE"


def by_operator(yard: Any, parties: Any, path: str, body: Any = None, version: int | None = None) -> Any:
    who = {"role": "operator", "subject_id": parties["operator"]}
    return yard.door.call("POST", f"/v1/{path}", {} if body is None else body, version=version, **who)


async def arriving(yard: Any, parties: Any, load_id: str, at: str = "2026-05-13T08:30:00+08:00") -> Any:
    """The call that reports a load's arrival, not yet awaited."""
    load = await yard.as_operator("GET", f"/v1/loads/{load_id}")
    how = {"role": "site_operator", "site_id": parties["site"], "version": load["version"]}
    return yard.door.call("POST", f"/v1/loads/{load_id}/arrivals", {"arrived_at": at}, **how)


def cases_of(yard: Any) -> list[tuple[str, bool]]:
    return list(yard.rows("SELECT code, closed_at IS NULL FROM conflicts ORDER BY id"))


async def test_no_list_is_opened_in_a_load_that_is_sealed_meanwhile(yard: Any, parties: Any, make_packed: Any) -> None:
    """`load_for_update` (R-PACK-1)."""
    load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝A12345"})
    packing_list = await yard.packing_list(load_id=load["id"])
    line = (await yard.trade())["trade"]["lines"][0]
    path = f"/v1/packing-lists/{packing_list['id']}"
    await yard.as_operator("POST", f"{path}/lines", {"lines": [make_packed(line)]}, version=1)
    await yard.as_operator("POST", f"{path}/seals", {}, version=2)
    version = (await yard.as_operator("GET", f"/v1/loads/{load['id']}"))["version"]
    sealing = by_operator(yard, parties, f"loads/{load['id']}/seals", {"seal_number": "S1"}, version)
    opening = by_operator(yard, parties, "packing-lists", {"load_id": load["id"], "destination": "RU"})
    answers = await lined_up(yard.dsn, LOADS, sealing, opening)
    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]
    assert yard.rows("SELECT status FROM packing_lists") == [("sealed",)]


async def test_a_load_is_not_reopened_while_what_is_in_it_is_submitted(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """`lists_in_load` (R-PACK-1)."""
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.sealed(make_packed(line))
    draft = await yard.draft(packing_list["id"])
    load_id = packing_list["packing_list"]["load_id"]
    load = await yard.as_operator("GET", f"/v1/loads/{load_id}")
    submitting = by_operator(yard, parties, f"declarations/{draft['id']}/submissions", version=draft["version"])
    reopening = by_operator(yard, parties, f"loads/{load_id}/reopenings", REASON, load["version"])
    answers = await lined_up(yard.dsn, LISTS, submitting, reopening)
    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]


async def test_one_list_is_in_one_of_two_declarations_submitted_at_once(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """`packing_lists_for_update` (V24)."""
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.sealed(make_packed(line))
    drafts = [await yard.draft(packing_list["id"]) for _ in range(2)]
    calls = [by_operator(yard, parties, f"declarations/{each['id']}/submissions", version=0) for each in drafts]
    answers = await lined_up(yard.dsn, LISTS, *calls)
    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]
    assert "packing_list_declared" in {each["code"] for each in answers[1].json()["errors"]}


async def test_no_line_is_packed_of_a_trade_that_is_voided_meanwhile(yard: Any, parties: Any, make_packed: Any) -> None:
    """`trades_for_update` (R-TRADE-4)."""
    trade = await yard.trade()
    packing_list = await yard.packing_list()
    voiding = by_operator(yard, parties, f"trades/{trade['id']}/voidings", REASON, 1)
    lines = {"lines": [make_packed(trade["trade"]["lines"][0])]}
    packing = by_operator(yard, parties, f"packing-lists/{packing_list['id']}/lines", lines, 1)
    answers = await lined_up(yard.dsn, "SELECT FROM trades FOR NO KEY UPDATE", voiding, packing)
    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]
    assert {each["code"] for each in answers[1].json()["errors"]} == {"trade_not_registered"}


async def test_an_arrival_and_a_receipt_at_once_are_both_in_the_declaration(yard: Any, parties: Any) -> None:
    """`declaration_for_update`: both tell its newest version, one after the other (R-DECL-1, R-DECL-7)."""
    declaration = await yard.submitted(arrived=False)
    ((load_id,),) = yard.rows("SELECT id FROM loads")
    body = {"receipt_id": "A1", "kind": "accepted", "issued_at": "2026-05-13T15:00:00+08:00"}
    receiving = yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", body, role="customs")
    impossible = await arriving(yard, parties, str(load_id), "2026-05-01T08:30:00+08:00")
    with yard.door.statements() as sent:
        answers = await lined_up(yard.dsn, DECLARATIONS, receiving, impossible)
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert sum(each.startswith("UPDATE loads") for each in sent) == 1
    said = [each[0] for each in yard.rows("SELECT type FROM outbox WHERE key = %s ORDER BY id", declaration["id"])]
    assert [each.split(".")[1] for each in said[-2:]] == ["declaration_accepted", "conflict_opened"]


async def test_a_receipt_that_brings_a_declaration_back_waits_for_its_loads_arrival(yard: Any, parties: Any) -> None:
    """`times_of_loads`: a rejected declaration holds no list, so that only the load stands between the two."""
    declaration = await yard.submitted(arrived=False)
    await yard.receive(declaration["id"], "rejected")
    ((load_id,),) = yard.rows("SELECT id FROM loads")
    body = {"receipt_id": "R1", "kind": "released", "issued_at": "2026-05-13T16:00:00+08:00"}
    receiving = yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", body, role="customs")
    answers = await lined_up(yard.dsn, LOADS, await arriving(yard, parties, str(load_id)), receiving)
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert ("released_before_arrival", True) not in cases_of(yard)


async def test_receipts_of_two_declarations_with_the_same_lines_never_wait_for_each_other(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """`_counters_for_update`: each takes all its counters in one order before it moves one."""
    lines = (await yard.trade({}, {"goods_name": "钢丝钳"}))["trade"]["lines"]
    found: dict[bool, str] = {}
    while len(found) < 2:
        packing_list = await yard.sealed(*(make_packed(each, "1") for each in lines))
        draft = await yard.draft(packing_list["id"])
        path = f"/v1/declarations/{draft['id']}/submissions"
        await yard.as_operator("POST", path, {}, version=draft["version"])
        ordered = "SELECT line_id FROM portions WHERE declaration_id = %s ORDER BY id"
        first, second = (each[0] for each in yard.rows(ordered, draft["id"]))
        found.setdefault(first < second, draft["id"])
    calls = [
        yard.door.call(
            "POST",
            f"/v1/declarations/{each}/receipts",
            {"receipt_id": "R1", "kind": "released", "issued_at": "2026-05-13T16:00:00+08:00"},
            role="customs",
        )
        for each in found.values()
    ]
    with yard.door.statements() as sent:
        answers = await lined_up(yard.dsn, COUNTERS, *calls)
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    # None was ended as a deadlock and begun again.
    assert sum(each.startswith("INSERT INTO receipts") for each in sent) == 2


async def test_a_trade_is_not_made_smaller_than_what_customs_gives_back_meanwhile(yard: Any, parties: Any) -> None:
    """`counters_of` (R-TRADE-4): a message put right packs again what the one before it took out (V31)."""
    declaration = await yard.submitted()
    portion = declaration["declaration"]["portions"][0]
    told = {"receipt_id": "S1", "portions": [{"portion_id": portion["portion_id"], "quantity": "30"}]}
    await yard.receive(declaration["id"], "shut_out", **told)
    await yard.receive(declaration["id"], "deleted")
    trade = await yard.as_operator("GET", f"/v1/trades/{portion['trade_id']}")
    entered = trade["trade"]["lines"][0]
    line = {name: entered[name] for name in entered if name in _ENTERED}
    less = {**line, "line_id": entered["line_id"], "quantity": "70", "amount": "210.00"}
    body = {"reason": "fewer", "total": "210.00", "lines": [less], **{each: trade["trade"][each] for each in _TERMS}}
    right = {"receipt_id": "S2", "kind": "shut_out", "issued_at": "2026-05-13T16:00:00+08:00", "corrects": "S1"}
    right["portions"] = [{"portion_id": portion["portion_id"], "quantity": "10"}]
    receiving = yard.door.call("POST", f"/v1/declarations/{declaration['id']}/receipts", right, role="customs")
    correcting = by_operator(yard, parties, f"trades/{portion['trade_id']}/corrections", body, trade["version"])
    answers = await lined_up(yard.dsn, COUNTERS, receiving, correcting)
    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]
    assert {each["code"] for each in answers[1].json()["errors"]} == {"quantity_packed"}
    ((registered, packed),) = yard.rows("SELECT registered, packed FROM trade_line_counters")
    assert (registered, packed) == (Decimal(100), Decimal(90))


async def test_two_corrections_of_one_rate_at_once_are_two_versions(yard: Any) -> None:
    """`versions_of_rate` (V27)."""
    rate = {"month": "2026-05-01", "currency": "GBP", "cny_per_unit": "9.20", "source": "sample"}
    path = f"/v1/customs-rates/{(await yard.door.done('POST', '/v1/customs-rates', rate, role='customs'))['id']}"
    body = {"cny_per_unit": "9.30", "source": "published", "reason": "typed wrong"}
    calls = [yard.door.call("POST", f"{path}/corrections", body, role="customs") for _ in range(2)]
    answers = await lined_up(yard.dsn, "LOCK TABLE customs_rates IN SHARE MODE", *calls)
    assert {each.status_code for each in answers} <= {201, 409}, [each.text for each in answers]
    versions = [each[0] for each in yard.rows("SELECT version FROM customs_rates WHERE currency = 'GBP' ORDER BY 1")]
    assert versions == list(range(1, len(versions) + 1))


async def test_of_two_who_close_one_case_one_wins(yard: Any) -> None:
    """`row_to_change`: the declaration's lock guards its cases."""
    declaration = await yard.submitted()
    portion = declaration["declaration"]["portions"][0]["portion_id"]
    part = {"portion_id": portion, "quantity": "100", "hs_code": "9304000000"}
    recoded = await yard.receive(declaration["id"], "amended", portions=[part])
    (case,) = recoded["declaration"]["open_conflicts"]
    path = f"/v1/declarations/{declaration['id']}/conflicts/{case['conflict_id']}/closings"
    calls = [yard.door.call("POST", path, CLOSING, version=recoded["version"], role="commerce") for _ in range(2)]
    answers = await lined_up(yard.dsn, DECLARATIONS, *calls)
    assert [each.status_code for each in answers] == [200, 412], [each.text for each in answers]


_TERMS = (
    "seller_id", "consignor_id", "buyer_id", "export_mode", "export_agency_id", "settlement_method", "trade_date",
    "currency",
)  # fmt: skip
_ENTERED = (
    "goods_name", "hs_code", "unit", "statutory_quantity", "statutory_unit", "unit_price", "packages", "net_weight_kg",
    "origin_place",
)  # fmt: skip
