"""Requests that once were taken wrong, sent as they were written down; a workbook goes with one of them.

The requests of `cases/` were made by hand after public reports of people who do this work. All in them is invented.
`<OP1>` stands for the operator's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from stdnum.cn import uscc

from marketctl.layout import ROOT
from marketctl.services import described
from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES
from shared.events.registry import BankFiled, Qualification
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.registry_events import (
    PILOT,
    account_at,
    commodity_list,
    export_agency,
    hear,
    places,
    subject,
)
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

CASES = Path(__file__).with_name("cases")
WORKBOOKS = ROOT / "services/trade-ledger/tests/api/workbooks"
SINCE = date(2026, 1, 1)
PILOT_OF_THE_CASES = {
    "name": "Longshui",
    "name_zh": "龙水",
    "bounds": [["105.730", "29.520"], ["105.770", "29.520"], ["105.770", "29.553"], ["105.730", "29.553"]],
    "bounds_source": "sample",
    "customs_offices": ["8012"],
    "number_prefix": "LS",
}


class Doors:
    """Services that hear what the test tells them; the operator of the cases."""

    def __init__(self, make_database: MakeServiceDatabase, mint: ServedMint, folder: Path) -> None:
        self._made = (make_database, mint, folder)
        self.operator, self.bank = uuid4(), uuid4()
        self.dsn: dict[str, str] = {}

    def open(self, service: str) -> Any:
        make_database, mint, folder = self._made
        self.dsn[service] = make_database(service)
        return open_door(described(service).load_service(), self.dsn[service], mint, folder)

    async def hear(self, door: Door, service: str, *events: Event) -> None:
        async with door.as_worker() as session:
            await hear(session, described(service).subscriptions, *events)

    def told_by_registry(self, subject_id: str) -> list[Event]:
        """What registry has announced of a subject."""
        with psycopg.connect(self.dsn["registry"]) as connection:
            told = connection.execute("SELECT type, payload FROM outbox WHERE key = %s ORDER BY id", [subject_id])
            return [EVENT_TYPES[kind].model_validate_json(bytes(payload)) for kind, payload in told]

    def case(self, name: str) -> dict[str, Any]:
        (file,) = CASES.glob(f"{name}-*.json")
        read: dict[str, Any] = json.loads(file.read_text("utf-8").replace("<OP1>", str(self.operator)))
        return read

    def operators(self) -> Event:
        """The operator of the cases, in SAFE's directory."""
        event = subject("operator", subject_id=self.operator)
        held = (Qualification(kind="fx_directory", value="A", valid_from=SINCE), account_at(self.bank))
        return event.model_copy(update={"subject": event.subject.model_copy(update={"qualifications": held})})

    def money(self) -> list[Event]:
        bank = BankFiled(bank_id=self.bank, pilot=PILOT, name="行", connection="web", valid_from=SINCE)
        return [*places(uuid4())[:1], bank, self.operators()]


@pytest.fixture
def doors(make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path) -> Doors:
    return Doors(make_service_database, mint, tmp_path)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("a13", 422, ("field_not_date", "/received_on")),
        ("a14", 409, ("bank_reference_used", "/bank_reference")),  # what would only block stands behind it
        ("a17", 201, "100"),
    ],
)
async def test_a_receipt_of_the_cases_is_answered_right(doors: Doors, name: str, status: int, told: Any) -> None:
    """A date that is a number of seconds; a reference with an invisible character; yen."""
    case = doors.case(name)
    async with doors.open("fx-settlement") as door:
        door.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        await doors.hear(door, "fx-settlement", *doors.money())
        how = {"role": case["role"], "bank_id": doors.bank}
        if before := case.get("before"):
            await door.done(case["method"], case["path"], {**case["body"], **before}, **how)
        answer = await door.call(case["method"], case["path"], case["body"], **how)
        assert answer.status_code == status, answer.text
        if status == 201:
            assert answer.json()["collection"]["amount"] == told
        else:
            problem = answer.json()
            assert problem["code"] == told[0]
            assert (problem["errors"][0]["code"], problem["errors"][0]["pointer"]) == told


async def test_a_head_request_of_the_cases_is_answered_without_a_body(doors: Doors) -> None:
    case = doors.case("a16")
    async with doors.open("trade-ledger") as door:
        answer, got = [await door.client.request(method, case["path"]) for method in (case["method"], "GET")]
    assert (answer.status_code, answer.content) == (got.status_code, b"")
    assert answer.status_code == 200, got.text


async def test_a_buyer_filed_with_a_permit_is_found_by_its_workbook(doors: Doors) -> None:
    """R-FILE-4: what registry announces of the request, and then the workbook as it came."""
    case = doors.case("a15")
    async with doors.open("registry") as door:
        door.at(datetime(2026, 6, 8, 1, tzinfo=UTC))
        await door.done("POST", "/v1/pilots", PILOT_OF_THE_CASES, role="commerce")
        doors.operator = UUID((await _approved_operator(door))["id"])
        who: dict[str, Any] = {"role": case["role"], "subject_id": doors.operator}
        filed = await door.done(case["method"], case["path"], case["body"], **who)
        buyer = doors.told_by_registry(filed["id"])
    async with doors.open("trade-ledger") as door:
        door.at(datetime(2026, 6, 8, 1, tzinfo=UTC))
        holder = uuid4()
        await doors.hear(
            door,
            "trade-ledger",
            *places(uuid4()),
            doors.operators(),
            subject("stall_holder", subject_id=holder, stall="02-000001"),
            export_agency(holder, doors.operator, agreement_id=uuid4()),
            *commodity_list("positive", [{"hs_prefix": "82"}]),
            *buyer,
        )
        content = (WORKBOOKS / "a15-permit-buyer.xlsx").read_bytes()
        headers = {"content-type": "application/octet-stream"}
        report = await door.done("POST", "/v1/trade-imports", content=content, headers=headers, **who)
        assert report["registered"] == 1, report
        trade = await door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **who)
    assert trade["trade"]["buyer_id"] == filed["id"]


async def test_a_stall_that_waits_for_its_approval_books_nothing(doors: Doors) -> None:
    """R-FILE-3: an approved holder adds a free stall, and the operator's workbook names it in the same hour."""
    case = doors.case("a15")
    async with doors.open("registry") as registry, doors.open("trade-ledger") as ledger:
        for door in (registry, ledger):
            door.at(datetime(2026, 6, 8, 1, tzinfo=UTC))
        await registry.done("POST", "/v1/pilots", PILOT_OF_THE_CASES, role="commerce")
        doors.operator = UUID((await _approved_operator(registry))["id"])
        who: dict[str, Any] = {"role": case["role"], "subject_id": doors.operator}
        buyer = await registry.done(case["method"], case["path"], case["body"], **who)
        holder = await _approved(
            registry, "stall_holder", _HELD_BY_HOLDERS, stalls=[{**_STALL, "stall_number": "02-000099"}]
        )
        taking = {"stalls": [{**_STALL, "stall_number": "02-000001"}], "reason": "moved"}
        path = f"/v1/subjects/{holder['id']}/filings/stall_holder/amendments"
        as_holder = {"role": "stall_holder", "subject_id": holder["id"], "version": holder["version"]}
        waiting = await registry.call("POST", path, taking, **as_holder)
        assert waiting.status_code == 202, waiting.text
        before = doors.told_by_registry(holder["id"])
        await doors.hear(
            ledger,
            "trade-ledger",
            *places(uuid4()),
            doors.operators(),
            export_agency(UUID(holder["id"]), doors.operator, agreement_id=uuid4()),
            *commodity_list("positive", [{"hs_prefix": "82"}]),
            *doors.told_by_registry(buyer["id"]),
            *before,
        )
        content = (WORKBOOKS / "a15-permit-buyer.xlsx").read_bytes()
        sent = {"content": content, "headers": {"content-type": "application/octet-stream"}, **who}
        report = await ledger.done("POST", "/v1/trade-imports", **sent)
        assert report["registered"] == 0
        assert report["results"][0]["problems"][0]["code"] == "subject_not_filed"
        path = f"{waiting.headers['location']}/approvals"
        await registry.done("POST", path, {"reason": "lease seen"}, version=1, role="commerce")
        (amended,) = doors.told_by_registry(holder["id"])[len(before) :]
        await doors.hear(ledger, "trade-ledger", amended)
        report = await ledger.done("POST", "/v1/trade-imports", **sent)
        trade = await ledger.done("GET", f"/v1/trades/{report['results'][0]['id']}", **who)
    assert trade["trade"]["stall_holder_id"] == holder["id"]


_STALL = {"longitude": "105.744", "latitude": "29.541", "valid_from": "2026-01-01"}


async def _approved_operator(door: Door) -> dict[str, Any]:
    return await _approved(door, "operator", {kind: "A" for kind in _HELD_BY_OPERATORS})


async def _approved(door: Door, role: str, held_by_kind: Mapping[str, str], **stated: Any) -> dict[str, Any]:
    held = [{"kind": kind, "value": value, "valid_from": "2026-01-01"} for kind, value in held_by_kind.items()]
    number = f"929900000000000{len(held):02}"
    identity = {"kind": "credit_code", "number": number + uscc.calc_check_digit(number), "country": "CN"}
    body = {"identity": identity, "name": "龙水国际贸易有限公司", "role": role, "qualifications": held, **stated}
    account = {"role": role, "actor": f"account:{role}"}
    filed = await door.done("POST", "/v1/subjects", body, **account)
    path = f"/v1/subjects/{filed['id']}/filings/{role}"
    who = {**account, "version": filed["version"]}
    submitted = await door.done("POST", f"{path}/submissions", {}, **who)
    reviewed = {"role": "commerce", "version": submitted["version"]}
    return await door.done("POST", f"{path}/approvals", {"reason": "checked"}, **reviewed)


_HELD_BY_OPERATORS = ("customs_filing", "fx_directory", "quality_undertaking")
_HELD_BY_HOLDERS = {"taxpayer_kind": "small_scale"}
