from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from stdnum.cn import uscc

from registry.app import service
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

PILOT = {
    "name": "Longshui",
    "name_zh": "龙水",
    "bounds": [["105.730", "29.520"], ["105.770", "29.520"], ["105.770", "29.553"], ["105.730", "29.553"]],
    "bounds_source": "sample",
    "customs_offices": ["8012"],
    "number_prefix": "LS",
}
OFFICER = {"role": "commerce", "actor": "commerce:officer"}
_REASONED = {"reviews", "approvals", "returns", "rejections", "suspensions", "reinstatements", "exits"}
_TABLES = ("subjects", "role_filings", "stall_terms", "subject_claims", "subject_versions",
           "subject_amendments", "agreements", "places", "commodity_lists", "commodity_decisions", "credit_grades",
           "outbox")  # fmt: skip


@dataclass(slots=True)
class Bureau:
    """Registry with a filed pilot, and the calls that tests make."""

    door: Door
    dsn: str
    numbers: Any = field(default_factory=lambda: count(1))
    stalls: Any = field(default_factory=lambda: count(1))

    def stall_holder(self, **changed: Any) -> dict[str, Any]:
        """A complete filing of a new identity."""
        return {
            **self.enterprise("stall_holder"),
            "stalls": [self.stall(stall_number=f"02-{17 + next(self.stalls):06}")],
            "qualifications": [{"kind": "taxpayer_kind", "value": "small_scale", "valid_from": "2026-01-01"}],
            **changed,
        }

    def stall(self, **changed: Any) -> dict[str, Any]:
        """A stall inside the bounds."""
        place = {"stall_number": "02-000018", "longitude": "105.744", "latitude": "29.541"}
        return {**place, "valid_from": "2026-01-01", **changed}

    def enterprise(self, role: str, **changed: Any) -> dict[str, Any]:
        """A filing of a new enterprise without qualifications."""
        number = f"9299{next(self.numbers):013}"
        identity = {"kind": "credit_code", "number": number + uscc.calc_check_digit(number), "country": "CN"}
        return {"identity": identity, "name": f"龙水样例{number[-4:]}五金经营部", "role": role, **changed}

    def operator(self) -> dict[str, Any]:
        """A complete filing of an operator."""
        kinds = ("customs_filing", "fx_directory", "quality_undertaking")
        held = [{"kind": kind, "value": "A", "valid_from": "2026-01-01"} for kind in kinds]
        return self.enterprise("operator", qualifications=held)

    def account_of(self, subject: dict[str, Any]) -> str:
        return f"account:{subject['number']}"

    async def filed(self, body: dict[str, Any], **how: Any) -> dict[str, Any]:
        """The subject as its own account files it."""
        who = {"role": body["role"], "actor": f"account:{body['identity']['number']}", **how}
        return await self.door.done("POST", "/v1/subjects", body, **who)

    async def step(self, subject: dict[str, Any], step: str, body: Any = None, **how: Any) -> Any:
        """Take a step of the subject's first filing, at the version that was read; the response."""
        filing_role = how.pop("of", subject["filings"][0]["role"])
        path = f"/v1/subjects/{subject['id']}/filings/{filing_role}/{step}"
        default = {"reason": "checked"} if step in _REASONED else {}
        asked = {"version": subject["version"], **(how or OFFICER)}
        return await self.door.call("POST", path, default if body is None else body, **asked)

    async def stepped(self, subject: dict[str, Any], step: str, body: Any = None, **how: Any) -> dict[str, Any]:
        """The subject after a step that must succeed."""
        answer = await self.step(subject, step, body, **how)
        assert answer.status_code == 200, answer.text
        after: dict[str, Any] = answer.json()
        return after

    async def approved(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A subject whose filing an officer approved; a stall holder unless given."""
        body = body or self.stall_holder()
        subject = await self.filed(body)
        subject = await self.stepped(subject, "submissions", **self.as_party(subject))
        return await self.stepped(subject, "approvals")

    async def amended(self, subject: dict[str, Any], change: dict[str, Any], **how: Any) -> dict[str, Any]:
        """The approved subject after a change that an officer approved: an amendment or a qualification."""
        how = how or self.as_party(subject)
        path = "qualifications" if "kind" in change else f"filings/{subject['filings'][0]['role']}/amendments"
        path = f"/v1/subjects/{subject['id']}/{path}"
        answer = await self.door.call("POST", path, change, version=subject["version"], **how)
        assert answer.status_code == 202, answer.text
        path = answer.headers["location"]
        await self.door.done("POST", f"{path}/approvals", {"reason": "checked"}, version=1, **OFFICER)
        after: dict[str, Any] = await self.door.done("GET", f"/v1/subjects/{subject['id']}", **how)
        return after

    def as_party(self, subject: dict[str, Any], role: str = "") -> dict[str, Any]:
        """The token claims with which the subject calls."""
        return {"role": role or subject["filings"][0]["role"], "subject_id": subject["id"], "actor": subject["id"]}

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(question).fetchall()  # type: ignore[call-overload,no-any-return]  # SQL of the test

    def said(self, topic: str = "") -> list[str]:
        """The types of the events announced so far, without service and version."""
        rows = self.ask(f"SELECT type FROM outbox WHERE topic LIKE '%{topic}' ORDER BY id")
        return [row[0].split(".")[1] for row in rows]

    def heard(self, topic: str = "") -> list[dict[str, Any]]:
        """The contents of the events announced so far."""
        rows = self.ask(f"SELECT convert_from(payload, 'UTF8') FROM outbox WHERE topic LIKE '%{topic}' ORDER BY id")
        return [json.loads(row[0]) for row in rows]

    def written(self) -> str:
        """All that the service has written: rows, events, stored answers, audit trail."""
        answers = self.ask("SELECT convert_from(body, 'UTF8') FROM idempotency_keys WHERE body IS NOT NULL")
        return str([self.everything(), self.heard(), answers, self.ask("SELECT t::text FROM audit t")])

    def refusals(self) -> list[tuple[str, str]]:
        """(rule, code) of what was refused or denied."""
        rows = self.ask("SELECT rule, code FROM audit WHERE outcome <> 'done' AND rule IS NOT NULL ORDER BY id")
        return [(row[0], row[1]) for row in rows]

    def everything(self) -> list[tuple[Any, ...]]:
        """The content of every table that an act may change."""
        return self.ask(
            " UNION ALL ".join(f"SELECT '{each}', t::text FROM {each} t" for each in _TABLES) + " ORDER BY 1, 2"
        )

    async def refused(self, calling: Any) -> tuple[int, str]:
        """(status, code) of a call that leaves no row and no event, only its line in the audit trail."""
        before, audited = self.everything(), len(self.refusals())
        answer = await calling
        assert answer.status_code >= 400, answer.text
        assert self.everything() == before
        problem = answer.json()
        ruled = [each for each in problem["errors"] if each.get("rule")]
        assert len(self.refusals()) - audited == len(ruled) + (answer.status_code == 404 and not ruled)
        return answer.status_code, problem["code"]


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("registry")


@pytest.fixture
async def door(dsn: str, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(service, dsn, mint, tmp_path) as opened:
        opened.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        await opened.done("POST", "/v1/pilots", PILOT, actor="commerce:clerk")
        yield opened


@pytest.fixture
def bureau(door: Door, dsn: str) -> Bureau:
    return Bureau(door, dsn)


@pytest.fixture
def stall_holder() -> dict[str, Any]:
    return {
        "identity": {"kind": "credit_code", "number": "929900000000000015", "country": "CN"},
        "name": "龙水样例五金经营部",
        "role": "stall_holder",
        "stalls": [
            {
                "stall_number": "02-000018",
                "longitude": "105.744",
                "latitude": "29.541",
                "valid_from": "2026-01-01",
            }
        ],
        "qualifications": [{"kind": "taxpayer_kind", "value": "small_scale", "valid_from": "2026-01-01"}],
    }
