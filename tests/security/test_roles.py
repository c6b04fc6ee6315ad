"""Every role at every endpoint of every service: what the access table doesn't grant is refused, whatever is sent."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from marketctl.layout import SERVICES, package_of
from shared.http.access import Grant
from shared.http.identity import ROLES
from shared.testing.client import Door, open_door
from shared.testing.services import MakeServiceDatabase
from shared.testing.tokens import ServedMint

PARTY: dict[str, Any] = {"subject_id": uuid4(), "bank_id": uuid4(), "site_id": uuid4()}
FORGED = [
    pytest.param("", id="none"),
    pytest.param("Basic YTpi", id="another scheme"),
    pytest.param("Bearer x.y.z", id="no token at all"),
    pytest.param("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", id="signed by nobody"),
]


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
    app = importlib.import_module(f"{package_of(service)}.app")
    wrong = []
    async with open_door(app.service, make_service_database(service), mint, tmp_path) as door:
        access: dict[str, Grant] = door.app.state.access
        for method, path, operation in operations(door):
            for role in sorted(ROLES):
                answer = await door.call(method, path, {} if method == "POST" else None, role=role, **PARTY)
                allowed = role in access[operation].roles
                refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
                if refused == allowed or answer.status_code == 401 or answer.status_code >= 500:
                    wrong.append((operation, role, allowed, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("authorization", FORGED)
@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_reaches_anything_without_a_token_of_the_issuer(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str, authorization: str
) -> None:
    app = importlib.import_module(f"{package_of(service)}.app")
    headers = {"authorization": authorization} if authorization else {}
    answers = {}
    async with open_door(app.service, make_service_database(service), mint, tmp_path) as door:
        for method, path, operation in operations(door):
            body = {} if method == "POST" else None
            answer = await door.client.request(method, path, json=body, headers=headers)
            answers[operation] = (answer.status_code, answer.json()["code"])
    assert set(answers.values()) == {(401, "not_authenticated")}
    assert answers.keys() == door.app.state.access.keys()
