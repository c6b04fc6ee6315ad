"""Every role at every endpoint of every service: what the access table doesn't grant is refused, whatever is sent."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.access import Grant
from shared.http.app import make_app
from shared.http.identity import ROLES
from shared.scope import NAMED, PARTIES
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.forgeries import forged_tokens
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

PARTY: dict[str, Any] = {"subject_id": uuid4(), "bank_id": uuid4(), "site_id": uuid4()}


def operations(door: Door) -> list[tuple[str, str, str]]:
    """Method, path with made-up ids, and operation id of each published endpoint."""
    return [
        (method.upper(), re.sub(r"\{\w+\}", lambda _: str(uuid4()), path), operation["operationId"])
        for path, methods in door.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_each_role_reaches_what_the_table_grants_and_nothing_else(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    wrong = []
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        access: dict[str, Grant] = door.app.state.access
        for method, path, operation in operations(door):
            for role in sorted(ROLES):
                answer = await door.call(method, path, {} if method == "POST" else None, role=role, **PARTY)
                allowed = role in access[operation].roles
                refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
                if refused == allowed or answer.status_code == 401 or answer.status_code >= 500:
                    wrong.append((operation, role, allowed, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_token_without_its_party_reaches_what_a_first_filing_needs_and_nothing_else(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    wrong = []
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        access: dict[str, Grant] = door.app.state.access
        for method, path, operation in operations(door):
            for role in sorted(access[operation].roles & NAMED.keys()):
                party = {name: id_ for name, id_ in PARTY.items() if name != f"{NAMED[role]}_id"}
                answer = await door.call(method, path, {} if method == "POST" else None, role=role, **party)
                refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
                if refused == (role in PARTIES and access[operation].newcomers) or answer.status_code >= 500:
                    wrong.append((operation, role, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_command_that_takes_no_body_ignores_none(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any, service: str
) -> None:
    wrong = []
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        async with door.as_worker() as session:
            await file_party(session, service, PARTY)
        methods = [each for path in door.app.openapi()["paths"].values() for each in path.items()]
        bare = {each["operationId"] for method, each in methods if method == "post" and "requestBody" not in each}
        assert bare
        for method, path, operation in operations(door):
            if operation in bare:
                role = min(door.app.state.access[operation].roles)
                answer = await door.call(method, path, {"reason": "typed at the wrong place"}, role=role, **PARTY)
                if (answer.status_code, answer.json()["code"]) != (422, "body_not_taken"):
                    wrong.append((operation, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_registry_an_empty_form_and_ones_own_acts_are_open_to_who_has_no_party_yet(service: str) -> None:
    open_to_them = {name for name, entry in described(service).load_service().access.items() if entry.newcomers}
    # A clerk's token names no party, and lists what names its account.
    assert service == "registry" or open_to_them <= {"read_trade_template", "list_delegated_acts"}


@pytest.mark.parametrize("service", SERVICES)
def test_each_endpoint_has_its_entry_and_each_entry_its_endpoint(service: str) -> None:
    known = described(service).load_service()
    some = min(known.access)
    without = {name: entry for name, entry in known.access.items() if name != some}
    with pytest.raises(SetupProblem, match=rf"endpoints without an entry .*{some}"):
        make_app(replace(known, access=without), ServiceSettings)
    with pytest.raises(SetupProblem, match=r"entries without an endpoint: .*'gone'"):
        make_app(replace(known, access={**known.access, "gone": known.access[some]}), ServiceSettings)


@pytest.mark.parametrize("at_each", [4, pytest.param(99, marks=pytest.mark.long)])
@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_reaches_anything_without_a_token_of_the_issuer(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str, at_each: int
) -> None:
    forged = {name: f"Bearer {token}" for name, token in forged_tokens(mint).items()}
    # The bad tokens take turns: each operation gets some of them.
    turns = cycle([*forged.items(), ("none", ""), ("of another scheme", "Basic YTpi")])
    wrong = []
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        assert {operation for *_, operation in operations(door)} == door.app.state.access.keys()
        for method, path, operation in operations(door):
            for name, sent in islice(turns, min(at_each, len(forged) + 2)):
                headers = {"authorization": sent} if sent else {}
                answer = await door.client.request(method, path, json={} if method == "POST" else None, headers=headers)
                if (answer.status_code, answer.json()["code"]) != (401, "not_authenticated"):
                    wrong.append((operation, name, answer.status_code))
                assert answer.headers["www-authenticate"] == "Bearer"
    assert wrong == []
