from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest

from shared.events.registry import GradeChanged

SEEN = {"reason": "seen", "evidence_hash": "sha256:9f86"}
NOBODY_SAMPLED = {
    "name": "sampling_every", "effective_from": "2026-05-01", "value": 1_000_000, "citation": "test"
}  # fmt: skip
LATER = {"accepted": 0, "inspected": 1, "released": 2, "departed": 3}


def receipt(kind: str, number: str) -> dict[str, Any]:
    return {"issued_at": f"2026-05-13T1{LATER[kind]}:00:00+08:00", "customs_number": number}


def line_of(declaration: dict[str, Any]) -> str:
    line: str = declaration["declaration"]["portions"][0]["trade_line_id"]
    return line


def portions_of(declaration: dict[str, Any]) -> list[dict[str, Any]]:
    ignored = {"portion_id", "declaration_id", "trade_id", "trade_line_id", "trade_number"}
    return [{k: v for k, v in each.items() if k not in ignored} for each in declaration["declaration"]["portions"]]


def open_cases(declaration: dict[str, Any]) -> list[str]:
    return [each["code"] for each in declaration["declaration"]["open_conflicts"]]


async def test_every_order_of_the_four_receipts_with_repeats_ends_equal(yard: Any) -> None:
    """R-DECL-4, V30."""
    ends = []
    for number, order in enumerate(permutations(LATER)):
        declaration = await yard.submitted()
        for kind in [*order, order[number % 4]]:
            declaration = await yard.receive(declaration["id"], kind, **receipt(kind, f"N{number}"))
        content = declaration["declaration"]
        assert yard.counters(line_of(declaration)) == (100, 100, 100, 100, 0)
        ends.append((declaration["status"], content["export_date"], content["accepted_at"], portions_of(declaration)))
        assert open_cases(declaration) == []
    assert all(end == ends[0] for end in ends)
    assert ends[0][:2] == ("departed", "2026-05-13")


async def test_a_repeated_receipt_announces_nothing(yard: Any) -> None:
    declaration = await yard.submitted()
    first = await yard.receive(declaration["id"], "accepted", "R1", customs_number="N1")
    again = await yard.receive(declaration["id"], "accepted", "R1", customs_number="N1")
    assert again == first
    assert len(yard.rows("SELECT FROM outbox WHERE key = %s", declaration["id"])) == first["version"]


async def test_another_message_under_a_used_id_is_a_case(yard: Any) -> None:
    declaration = await yard.submitted()
    await yard.receive(declaration["id"], "accepted", "R1")
    for _ in range(2):
        answer = await yard.receive(declaration["id"], "deleted", "R1")
    assert (answer["status"], open_cases(answer)) == ("accepted", ["receipt_id_reused"])


async def test_a_partial_release_and_a_shut_out_give_the_rest_back_to_the_line(yard: Any, make_packed: Any) -> None:
    declaration = await yard.submitted()
    portion = declaration["declaration"]["portions"][0]["portion_id"]
    some = [{"portion_id": portion, "quantity": "60"}]
    declaration = await yard.receive(declaration["id"], "released", portions=some)
    assert yard.counters(line_of(declaration)) == (100, 100, 60, 0, 0)
    rest = [{"portion_id": portion, "quantity": "40"}]
    declaration = await yard.receive(declaration["id"], "shut_out", portions=rest)
    assert yard.counters(line_of(declaration)) == (60, 60, 60, 0, 0)
    shown = declaration["declaration"]["portions"][0]
    assert (shown["released_value"], shown["shut_out_value"]) == ("180.00", "120.00")
    again = await yard.packing_list()
    body = {"lines": [make_packed({"line_id": line_of(declaration), "quantity": "40"})]}
    await yard.as_operator("POST", f"/v1/packing-lists/{again['id']}/lines", body, version=1)
    assert yard.counters(line_of(declaration)) == (100, 60, 60, 0, 0)


async def test_a_deletion_after_release_frees_the_quantity_and_opens_a_case(yard: Any) -> None:
    declaration = await yard.submitted()
    for kind in ("accepted", "released", "deleted"):
        declaration = await yard.receive(declaration["id"], kind)
    assert (declaration["status"], open_cases(declaration)) == ("deleted", ["deleted_after_release"])
    assert yard.counters(line_of(declaration)) == (100, 0, 0, 0, 0)
    redeclared = await yard.draft(*declaration["declaration"]["packing_list_ids"])
    path = f"/v1/declarations/{redeclared['id']}/submissions"
    again = await yard.as_operator("POST", path, {}, version=0)
    assert (again["status"], again["declaration"]["replaces"]) == ("submitted", declaration["id"])
    assert declaration["declaration"]["replaces"] is None
    late = await yard.receive(declaration["id"], "shut_out")
    assert "quantity_elsewhere" in open_cases(late)
    assert yard.counters(line_of(declaration)) == (100, 100, 0, 0, 0)


async def test_a_deletion_before_or_after_a_partial_shut_out_ends_equal(yard: Any) -> None:
    ends = []
    for order in (("shut_out", "deleted"), ("deleted", "shut_out")):
        declaration = await yard.submitted()
        portion = declaration["declaration"]["portions"][0]["portion_id"]
        for kind in order:
            some = [{"portion_id": portion, "quantity": "30"}] if kind == "shut_out" else []
            declaration = await yard.receive(declaration["id"], kind, portions=some)
        ends.append((declaration["status"], yard.counters(line_of(declaration)), portions_of(declaration)))
    assert ends[0] == ends[1]
    assert ends[0][1] == (70, 0, 0, 0, 0)


@pytest.mark.parametrize("first", ["rejected", "withdrawn"])
async def test_acceptance_of_a_withdrawn_declaration_is_recorded_with_a_case(yard: Any, first: str) -> None:
    declaration = await yard.submitted()
    if first == "withdrawn":
        path = f"/v1/declarations/{declaration['id']}/withdrawals"
        await yard.as_operator("POST", path, {"reason": "wrong"}, version=declaration["version"])
    else:
        await yard.receive(declaration["id"], "rejected")
    assert yard.counters(line_of(declaration)) == (100, 0, 0, 0, 0)
    for kind in ("accepted", "released"):
        declaration = await yard.receive(declaration["id"], kind)
    expected = "accepted_after_withdrawal" if first == "withdrawn" else "rejected_and_accepted"
    assert (declaration["status"], open_cases(declaration)) == ("released", [expected])
    assert yard.counters(line_of(declaration)) == (100, 100, 100, 0, 0)


async def test_a_rejected_declaration_is_submitted_again_with_the_same_portions(yard: Any) -> None:
    declaration = await yard.submitted()
    rejected = await yard.receive(declaration["id"], "rejected")
    path = f"/v1/declarations/{declaration['id']}/submissions"
    again = await yard.as_operator("POST", path, {}, version=rejected["version"])
    assert again["declaration"]["attempt"] == 2
    assert [each["portion_id"] for each in again["declaration"]["portions"]] == [
        each["portion_id"] for each in declaration["declaration"]["portions"]
    ]
    assert yard.counters(line_of(declaration)) == (100, 100, 0, 0, 0)


async def test_of_two_declarations_with_one_customs_number_the_second_has_a_case(yard: Any) -> None:
    """V34: `_number_case` takes the number."""
    both = [await yard.submitted() for _ in range(2)]
    answers = await asyncio.gather(*(yard.receive(each["id"], "accepted", customs_number="N1") for each in both))
    assert sorted(open_cases(each) for each in answers) == [[], ["customs_number_taken"]]
    assert {each["status"] for each in answers} == {"accepted"}


async def test_an_amendment_changes_quantity_and_value_whatever_the_order(yard: Any) -> None:
    ends = []
    for order in permutations(("accepted", "amended", "released")):
        declaration = await yard.submitted()
        portion = declaration["declaration"]["portions"][0]["portion_id"]
        for kind in order:
            change = [{"portion_id": portion, "quantity": "80", "declared_value": "200.00"}]
            declaration = await yard.receive(declaration["id"], kind, portions=change if kind == "amended" else [])
        content = declaration["declaration"]
        ends.append((portions_of(declaration), content["total_value"], content["items"][0]["value"]))
        assert yard.counters(line_of(declaration)) == (100, 80, 80, 0, 0)
    assert all(end == ends[0] for end in ends)
    assert ends[0][0][0]["fob_usd"] == ends[0][1] == "200.00"


async def test_accepted_above_the_limit_is_recorded_with_a_case_that_customs_closes(yard: Any) -> None:
    declaration = await yard.submitted({"quantity": "50000", "unit_price": "3.00"})
    portion = declaration["declaration"]["portions"][0]["portion_id"]
    await yard.receive(declaration["id"], "accepted")
    up = [{"portion_id": portion, "quantity": "50000", "declared_value": "150000.01"}]
    answer = await yard.receive(declaration["id"], "amended", portions=up)
    assert (answer["status"], open_cases(answer)) == ("accepted", ["value_over_limit"])
    case = answer["declaration"]["open_conflicts"][0]["conflict_id"]
    path = f"/v1/declarations/{declaration['id']}/conflicts/{case}/closings"
    how = {"role": "customs", "version": answer["version"]}
    closed = await yard.door.done("POST", path, SEEN, **how)
    assert open_cases(closed) == []
    stale = await yard.door.call("POST", path, SEEN, **how)
    assert stale.status_code == 412
    after = await yard.receive(declaration["id"], "released")
    assert open_cases(after) == []
    more = [{"portion_id": portion, "quantity": "50000", "declared_value": "200000.00"}]
    later = {"issued_at": "2026-05-13T17:00:00+08:00", "portions": more}
    assert open_cases(await yard.receive(declaration["id"], "amended", "higher", **later)) == ["value_over_limit"]


async def test_only_customs_may_send_receipts(yard: Any) -> None:
    declaration = await yard.submitted()
    body = {"receipt_id": "R", "kind": "released", "issued_at": "2026-05-13T16:00:00+08:00"}
    path = f"/v1/declarations/{declaration['id']}/receipts"
    answer = await yard.door.call(
        "POST", path, body, role="operator", subject_id=declaration["declaration"]["consignor_id"]
    )
    assert answer.status_code == 403
    assert yard.counters(line_of(declaration)) == (100, 100, 0, 0, 0)


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        ([], "review"),
        ([("D", 2026)], "review"),
        ([("A", 2026)], "automatic_release"),
        ([("A", 2026), ("D", 2027)], "automatic_release"),
        ([("A", 2026), ("D", 2025)], "automatic_release"),
        ([("D", 2025), ("A", 2026)], "automatic_release"),
    ],
)
async def test_the_route_follows_the_grade_in_force_with_reasons(
    yard: Any, grades: list[tuple[str, int]], expected: str
) -> None:
    """Sampling draws nobody: one of so many that no run meets it."""
    await yard.door.set_parameter(NOBODY_SAMPLED, role="customs")
    declaration = await yard.submitted()
    for grade, year in grades:
        await yard.hear(
            GradeChanged(
                subject_id=declaration["declaration"]["consignor_id"],
                pilot="longshui",
                authority="customs",
                grade=grade,
                effective_from=date(year, 1, 1),
                reason="",
                automatic_release=grade == "A",
                inspection_rate_percent="0",
                review_depth="normal",
            )
        )
    route = (await yard.receive(declaration["id"], "accepted"))["declaration"]["route"]
    assert route["decision"] == expected
    assert route["reasons"]
    assert route["policy_version"]


async def test_a_declaration_that_sampling_draws_is_inspected_whatever_its_grade(yard: Any) -> None:
    """R-DECL-3: one of so many; here each one."""
    every = {"name": "sampling_every", "effective_from": "2026-05-01", "value": 1, "citation": "test"}
    await yard.door.set_parameter(every, role="customs")
    declaration = await yard.submitted()
    grade = {"subject_id": declaration["declaration"]["consignor_id"], "pilot": "longshui", "authority": "customs"}
    measures = {"automatic_release": True, "inspection_rate_percent": "0", "review_depth": "normal"}
    since = {"grade": "A", "effective_from": date(2026, 1, 1), "reason": ""}
    await yard.hear(GradeChanged.model_validate({**grade, **measures, **since}))
    route = (await yard.receive(declaration["id"], "accepted"))["declaration"]["route"]
    assert (route["decision"], route["reasons"]) == ("inspection", ["sampling hit"])
    assert route["policy_version"] == "sampling_every@2026-05-01"


async def test_a_declarant_of_whom_all_is_inspected_is_inspected_and_not_only_reviewed(yard: Any) -> None:
    """R-CREDIT-2: grade D, 100 %."""
    await yard.door.set_parameter(NOBODY_SAMPLED, role="customs")
    declaration = await yard.submitted()
    grade = {"subject_id": declaration["declaration"]["consignor_id"], "pilot": "longshui", "authority": "customs"}
    measures = {"automatic_release": False, "inspection_rate_percent": "100", "review_depth": "deep"}
    since = {"grade": "D", "effective_from": date(2026, 1, 1), "reason": ""}
    await yard.hear(GradeChanged.model_validate({**grade, **measures, **since}))
    route = (await yard.receive(declaration["id"], "accepted"))["declaration"]["route"]
    assert route["decision"] == "inspection"
    assert "100 %" in route["reasons"][0]


@pytest.mark.parametrize(
    ("reported", "left"),
    [("2026-05-13T16:00:00+08:00", []), ("2026-05-13T16:00:01+08:00", ["released_before_arrival"])],
)
async def test_a_release_before_the_arrival_report_is_recorded_with_a_case_until_the_report_agrees(
    yard: Any, reported: str, left: list[str]
) -> None:
    declaration = await yard.submitted(arrived=False)
    declaration = await yard.receive(declaration["id"], "accepted")
    assert open_cases(declaration) == []
    declaration = await yard.receive(declaration["id"], "released")
    assert (declaration["status"], open_cases(declaration)) == ("released", ["released_before_arrival"])
    assert [each["must_act"] for each in declaration["declaration"]["open_conflicts"]] == ["site_operator"]
    yard.door.at(datetime(2026, 5, 13, 9, tzinfo=UTC))
    (load_id,) = declaration["declaration"]["load_ids"]
    await yard.arrival(load_id, reported)
    declaration = await yard.as_operator("GET", f"/v1/declarations/{declaration['id']}")
    assert open_cases(declaration) == left
    departed = {"issued_at": "2026-05-13T17:00:00+08:00"}
    assert open_cases(await yard.receive(declaration["id"], "departed", **departed)) == left


async def test_an_arrival_may_still_be_reported_once_the_goods_departed(yard: Any) -> None:
    declaration = await yard.submitted(arrived=False)
    declaration = await yard.receive(declaration["id"], "departed")
    (load_id,) = declaration["declaration"]["load_ids"]
    load = await yard.arrival(load_id)
    assert (load["load"]["status"], load["load"]["arrived_at"]) == ("closed", "2026-05-13T00:30:00Z")
    declaration = await yard.as_operator("GET", f"/v1/declarations/{declaration['id']}")
    assert open_cases(declaration) == []
