"""Every role that names a party at every operation of every service, with a party that is filed, ended, or neither."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.access import Grant
from shared.scope import NAMED, PARTIES
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.registry_events import PILOT
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

Party = dict[str, UUID]
UNTIL = date(2026, 4, 30)


def _party() -> Party:
    return {"subject_id": uuid4(), "bank_id": uuid4(), "site_id": uuid4()}


@pytest.mark.parametrize("service", SERVICES)
async def test_who_names_a_party_that_is_not_filed_reaches_what_a_first_filing_needs_and_nothing_else(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any, service: str
) -> None:
    filed, ended, unknown = _party(), _party(), _party()
    wrong, asked = [], 0
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as door:
        door.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        async with door.as_worker() as session:
            await file_party(session, service, filed)
            await file_party(session, service, ended, status="exited", until=UNTIL)
        access: dict[str, Grant] = door.app.state.access
        for path, methods in door.app.openapi()["paths"].items():
            for method, operation in methods.items():
                name = operation["operationId"]
                for role in sorted(access[name].roles & NAMED.keys()):
                    newcomer = role in PARTIES and access[name].newcomers
                    completes = role in PARTIES and (method == "get" or access[name].also_ended)
                    for party, pilot, may in (
                        (filed, PILOT, True),
                        (ended, PILOT, newcomer or completes),
                        (unknown, PILOT, newcomer),
                        (filed, "elsewhere", newcomer),
                    ):
                        code = await _code(door, method, path, role=role, pilot=pilot, **party)
                        asked += 1
                        if (code != "party_not_filed") != may or code == "forbidden":
                            wrong.append((name, role, pilot, may, code))
    assert wrong == []
    assert asked > 40


async def _code(door: Door, method: str, path: str, **who: Any) -> str:
    """The code of a refusal; empty where it was answered."""
    address = re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)
    answer = await door.call(method.upper(), address, {} if method == "post" else None, **who)
    assert answer.status_code < 500, answer.text
    code: str = answer.json().get("code", "") if answer.status_code >= 400 else ""
    assert code != "party_not_filed" or answer.status_code == 403
    return code
