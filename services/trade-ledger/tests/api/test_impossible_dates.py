"""Dates that can't be are recorded with a case, and lock nobody out (R-DECL-7, V16)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest


def cases(declaration: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(each["code"], each["must_act"], each["freezes"]) for each in declaration["declaration"]["open_conflicts"]]


@pytest.mark.parametrize("named", ["2024-12-13", "2031-01-01"])
async def test_a_departure_on_a_day_that_cannot_be_counts_on_the_day_it_was_told(yard: Any, named: str) -> None:
    declaration = await yard.submitted()
    declaration = await yard.receive(declaration["id"], "departed", "D1", export_date=named)
    content = declaration["declaration"]
    assert cases(declaration) == [("departure_date_impossible", "customs", ["exemption"])]
    assert named in content["open_conflicts"][0]["detail"]
    assert (declaration["status"], content["export_date"]) == ("departed", "2026-05-13")
    assert [each["on"] for each in content["portions"][0]["departures"]] == ["2026-05-13"]
    ((kept,),) = yard.rows("SELECT content->>'export_date' FROM receipts")
    assert kept == named
    yard.door.at(datetime(2026, 5, 15, 1, tzinfo=UTC))
    right = {"export_date": "2026-05-14", "corrects": "D1"}
    declaration = await yard.receive(declaration["id"], "departed", "D2", **right)
    assert (cases(declaration), declaration["declaration"]["export_date"]) == ([], "2026-05-14")


async def test_an_acceptance_in_another_decade_is_recorded_with_a_case_and_the_limit_still_asked(yard: Any) -> None:
    declaration = await yard.submitted()
    declaration = await yard.receive(declaration["id"], "accepted", issued_at="2031-01-01T09:00:00+08:00")
    assert cases(declaration) == [("date_impossible", "customs", [])]
    assert (declaration["status"], declaration["declaration"]["accepted_at"]) == ("accepted", "2026-05-13T01:00:00Z")
    for kind in ("released", "departed"):
        declaration = await yard.receive(declaration["id"], kind)
    assert (declaration["status"], declaration["declaration"]["export_date"]) == ("departed", "2026-05-13")


@pytest.mark.parametrize("early", [True, False])
async def test_an_arrival_months_before_the_seal_is_a_case_of_the_site(
    yard: Any, make_packed: Any, early: bool
) -> None:
    """Whether the declaration was submitted before the report or after it."""
    line = (await yard.trade())["trade"]["lines"][0]
    packing_list = await yard.sealed(make_packed(line), arrived=False)
    load_id = packing_list["packing_list"]["load_id"]
    draft = await yard.draft(packing_list["id"], expected_arrival="2026-05-13")
    path = f"/v1/declarations/{draft['id']}"
    if early:
        await yard.as_operator("POST", f"{path}/submissions", {}, version=0)
    await yard.arrival(load_id, "2026-02-13T08:30:00+08:00")
    if not early:
        await yard.as_operator("POST", f"{path}/submissions", {}, version=0)
    declaration = await yard.as_operator("GET", path)
    assert cases(declaration) == [("arrival_date_impossible", "site_operator", [])]
    for kind in ("accepted", "released"):
        declaration = await yard.receive(draft["id"], kind)
        assert cases(declaration) == [("arrival_date_impossible", "site_operator", [])]
