"""System, security and audit administrators are three roles that no account holds together (三权分立)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from marketctl.services import described
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

PATH = "/v1/administrators"
# What each of the three may do and neither of the others.
ALONE = {"system": "/v1/lost-acts", "security": PATH, "auditor": "/v1/audit"}


@pytest.fixture
async def door(make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Door]:
    service = described("registry").load_service()
    async with open_door(service, make_service_database("registry"), mint, tmp_path) as opened:
        yield opened


async def status(door: Door, role: str, actor: str) -> int:
    return (await door.call("GET", ALONE[role], role=role, actor=actor)).status_code


@pytest.mark.parametrize("first", ALONE)
async def test_an_account_keeps_the_role_that_it_used_first(door: Door, first: str) -> None:
    assert await status(door, first, "anna") == 200
    others = [role for role in ALONE if role != first]
    for other in others:
        refused = await door.call("GET", ALONE[other], role=other, actor="anna")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert f"the account holds the role {first}" in refused.json()["detail"]
        assert await status(door, other, f"{other}:of another person") == 200
    # Other roles aren't an administrator's.
    assert (await door.call("GET", "/v1/pilots", role="commerce", actor="anna")).status_code == 200
    assert await status(door, first, "anna") == 200


async def test_of_two_roles_that_an_account_uses_at_once_one_counts(door: Door) -> None:
    for account in range(5):
        roles = [role for role in ALONE for _ in range(3)]
        answers = await asyncio.gather(*(status(door, role, f"anna:{account}") for role in roles))
        assert len({role for role, each in zip(roles, answers, strict=True) if each == 200}) == 1, answers


async def test_security_releases_an_account_and_nobody_releases_itself(door: Door) -> None:
    assert await status(door, "system", "anna") == 200
    assert await status(door, "security", "bert") == 200
    listed = {each["actor"]: each for each in (await door.done("GET", PATH, role="security", actor="bert"))["items"]}
    assert {actor: each["role"] for actor, each in listed.items()} == {"anna": "system", "bert": "security"}
    release, body = f"{PATH}/{listed['anna']['id']}/releases", {"reason": "moves to audit"}
    for role in ("system", "auditor", "commerce"):
        assert (await door.call("POST", release, body, role=role, actor=f"{role}:1")).status_code == 403
    elsewhere = await door.call("POST", release, body, role="security", actor="carl", pilot="second")
    assert elsewhere.status_code == 404
    own = f"{PATH}/{listed['bert']['id']}/releases"
    alone = await door.call("POST", own, body, role="security", actor="bert")
    assert (alone.status_code, alone.json()["code"]) == (409, "second_person_needed")
    released = await door.done("POST", release, body, role="security", actor="bert")
    assert (released["released_by"], released["reason"]) == ("bert", "moves to audit")
    again = await door.call("POST", release, body, role="security", actor="bert")
    assert (again.status_code, again.json()["code"]) == (409, "administrator_released_already")
    assert await status(door, "auditor", "anna") == 200
    assert await status(door, "system", "anna") == 403
    assert len(await door.paged(PATH, role="security", actor="bert")) >= 3


async def test_the_role_of_earlier_releases_is_the_system_administrators(door: Door) -> None:
    """What `admin` could read beside that is the auditor's now."""
    assert (await door.call("GET", "/v1/lost-acts", role="admin", actor="anna")).status_code == 200
    assert (await door.call("GET", "/v1/lost-acts", role="system", actor="anna")).status_code == 200
    assert (await door.call("GET", "/v1/audit", role="admin", actor="anna")).status_code == 403
