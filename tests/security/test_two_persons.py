"""A rule parameter is set by two persons of the authority whose rule it is, in every service (V6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.policy import OWNERS
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

PATH = "/v1/policy-parameters"


def one_of(service: str) -> tuple[dict[str, Any], str]:
    """A parameter that the service ships, from a later day on, and its owner's role."""
    parameters = described(service).parameters
    shipped = parameters.shipped[0]
    body = {**shipped.model_dump(mode="json"), "effective_from": "2026-06-01", "citation": "order 7"}
    return body, parameters.kinds[shipped.name].owner


async def of_order_7(door: Door) -> list[dict[str, Any]]:
    listed = await door.done("GET", PATH, role="auditor")
    return [each for each in listed["items"] if each["citation"] == "order 7"]


async def waiting(door: Door, **who: Any) -> list[str]:
    return [each["id"] for each in (await door.done("GET", PATH, role="auditor", **who))["proposed"]]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_parameter_counts_once_a_second_person_of_its_authority_confirms_it(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    body, owner = one_of(service)
    first, second = {"role": owner, "actor": f"{owner}:1"}, {"role": owner, "actor": f"{owner}:2"}
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        proposed = await door.done("POST", PATH, body, **first)
        assert body.items() <= proposed.items()
        assert (proposed["proposed_by"], proposed["confirmed_by"]) == (f"{owner}:1", None)
        assert (await of_order_7(door), await waiting(door)) == ([], [proposed["id"]])
        assert await waiting(door, pilot="second") == []
        confirm = f"{PATH}/{proposed['id']}/confirmations"
        same = await door.call("POST", confirm, {}, **first)
        assert (same.status_code, same.json()["code"]) == (409, "second_person_needed")
        assert same.json()["detail_zh"] != same.json()["detail_en"]
        for role in sorted(set(OWNERS) - {owner}):
            foreign = await door.call("POST", confirm, {}, role=role, actor="somebody:2")
            assert foreign.status_code == 403, role
            assert owner in foreign.json()["detail"]
        elsewhere = await door.call("POST", confirm, {}, **second, pilot="second")
        assert elsewhere.status_code == 404
        assert await of_order_7(door) == []
        confirmed = await door.done("POST", confirm, {}, **second)
        assert (confirmed["proposed_by"], confirmed["confirmed_by"]) == (f"{owner}:1", f"{owner}:2")
        assert await of_order_7(door) == [{**body, "pilot": "longshui"}]
        assert await waiting(door) == []
        twice = await door.call("POST", confirm, {}, role=owner, actor=f"{owner}:3")
        assert (twice.status_code, twice.json()["code"]) == (409, "parameter_confirmed_already")
        lines = (await door.done("GET", "/v1/audit", role="auditor"))["items"]
        about = [(each["operation"], each["actor"]) for each in reversed(lines) if each["target"] == proposed["id"]]
        assert about[0] == ("set_policy_parameter", f"{owner}:1")
        assert about[1:] == [
            ("confirm_policy_parameter", f"{owner}:1"),
            *[("confirm_policy_parameter", "somebody:2")] * (len(OWNERS) - 1),
            ("confirm_policy_parameter", f"{owner}:2"),
            ("confirm_policy_parameter", f"{owner}:3"),
        ]


async def test_of_several_proposals_for_a_day_the_newest_counts(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> None:
    service = described("trade-ledger").load_service()
    body = {"name": "declaration_limit_usd", "effective_from": "2026-06-01", "citation": "order 7"}
    async with open_door(service, make_service_database("trade-ledger"), mint, tmp_path) as door:
        old, new = [
            await door.done("POST", PATH, {**body, "value": value}, role="customs", actor="customs:1")
            for value in ("1000.00", "2000.00")
        ]
        assert await waiting(door) == [new["id"]]
        late = await door.call("POST", f"{PATH}/{old['id']}/confirmations", {}, role="customs", actor="customs:2")
        assert (late.status_code, late.json()["code"]) == (409, "parameter_superseded")
        await door.done("POST", f"{PATH}/{new['id']}/confirmations", {}, role="customs", actor="customs:2")
        assert [each["value"] for each in await of_order_7(door)] == ["2000.00"]
        corrected = await door.set_parameter({**body, "value": "3000.00"}, role="customs")
        assert corrected["value"] == "3000.00"
        assert [each["value"] for each in await of_order_7(door)] == ["3000.00"]


async def test_a_proposal_that_this_version_does_not_take_is_said_and_never_counts(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> None:
    dsn = make_service_database("trade-ledger")
    insert = (
        "INSERT INTO policy_proposals (id, name, pilot, effective_from, value, citation, remark, proposed_by,"
        " proposed_at) VALUES (gen_random_uuid(), %s, 'longshui', '2026-06-01', %s, 'order 7', '', 'customs:1', now())"
        " RETURNING id"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        ids = [
            str(connection.execute(insert, row).fetchone()[0])  # type: ignore[index]  # it returns one row
            for row in (("sampling_every", "1000001"), ("sample_switch", "true"))
        ]
    async with open_door(described("trade-ledger").load_service(), dsn, mint, tmp_path) as door:
        listed = await door.done("GET", PATH, role="auditor")
        assert {each["name"] for each in listed["unread"]} == {"sampling_every", "sample_switch"}
        assert listed["proposed"] == []
        for each in ids:
            answer = await door.call("POST", f"{PATH}/{each}/confirmations", {}, role="customs", actor="customs:2")
            assert (answer.status_code, answer.json()["code"]) == (409, "parameter_unread")
        assert await of_order_7(door) == []
