"""Documents that 0.1.0 stored are read as the models of today."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from registry.store.tables import CommodityListRow, CreditGradeRow, PlaceRow, SubjectRow, SubjectVersionRow
from shared.database import make_engine, make_sessions
from shared.events.registry import BankFiled, PilotChanged
from shared.migrations import upgrade
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.services import ROOT

SERVICE = ROOT / "services" / "registry"
HEAD = json.loads((ROOT / "deploy" / "releases" / "0.1.0.json").read_text("utf-8"))["heads"]["registry"]
ID = UUID(int=1)
SEALED = {"mask": "9***", "blind_index": "index", "ciphertext": "k1.x"}
STALL = {
    "stall_number": "02-000018", "longitude": "105.744", "latitude": "29.541", "valid_from": "2026-01-01",
    "valid_to": None,
}  # fmt: skip
HELD = {
    "kind": "fx_account", "value": "USD", "valid_from": "2026-01-01", "valid_to": "2026-12-31", "source": "",
    "bank_id": str(ID), "account": SEALED,
}  # fmt: skip
FILING = {
    "role": "stall_holder", "filing_number": "LS-FI-0000001-10", "status": "approved", "filed_by": None,
    "effective_from": "2026-05-13T01:00:00Z", "suspended_at": None, "exited_at": None, "stop_order": False,
    "reason": "checked", "version": 3,
}  # fmt: skip
STATE = {
    "subject_id": str(ID), "pilot": "longshui", "number": "LS-SU-0000001-10", "identity_kind": "credit_code",
    "identity": SEALED, "country": "CN", "natural_person": False, "display_name": "样例", "name": SEALED,
    "roles": [FILING], "stalls": [STALL], "qualifications": [HELD],
}  # fmt: skip
ENTRY = {
    "hs_prefix": "82", "keywords": ["扳手"], "verdict": "eligible", "reason": "tools", "reason_zh": "工具",
    "barred_from_simplification": False,
}  # fmt: skip
MEASURES = {"automatic_release": True, "inspection_rate_percent": "3", "review_depth": "normal"}
PILOT = {
    "pilot": "longshui", "name": "Longshui", "name_zh": "龙水", "bounds": [["1", "1"], ["2", "1"], ["2", "2"]],
    "bounds_source": "sample", "acceptance_gate_open_from": "2026-01-01", "customs_offices": ["8012"],
}  # fmt: skip
BANK = {
    "bank_id": str(ID), "pilot": "longshui", "name": "行", "connection": "web", "valid_from": "2026-01-01",
    "valid_to": None,
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "subjects": {
        "id": ID, "pilot": "longshui", "number": "LS-SU-0000001-10", "identity_kind": "credit_code",
        "identity_index": "index", "identity": SEALED, "country": "CN", "natural_person": False,
        "display_name": "样例", "name": SEALED, "stalls": [STALL], "qualifications": [HELD], "version": 3,
    },
    "subject_versions": {
        "subject_id": ID, "version": 3, "step": "approve", "role": "stall_holder", "actor": "a",
        "at": "2026-05-13T01:00:00Z", "reason": "checked", "state": STATE,
    },
    "commodity_lists": {
        "id": ID, "pilot": "longshui", "kind": "positive", "version": 1, "effective_from": "2026-01-01",
        "source": "sample", "entries": [ENTRY], "published_at": "2026-01-01T00:00:00Z",
    },
    "credit_grades": {
        "subject_id": ID, "authority": "tax", "sequence": 1, "pilot": "longshui", "grade": "B",
        "effective_from": "2026-05-01", "reason": "base", "measures": MEASURES, "decided_by": "a",
        "decided_at": "2026-05-01T00:00:00Z",
    },
    "places": {"id": "pilot:longshui", "kind": "pilot", "pilot": "longshui", "content": PILOT, "version": 1},
}  # fmt: skip


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    values = [json.dumps(value) if isinstance(value, (dict, list)) else value for value in row.values()]
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    connection.execute(statement, values)  # type: ignore[call-overload]  # SQL of the test


async def test_documents_that_0_1_0_wrote_are_read_as_models(make_database: MakeDatabase) -> None:
    dsn = make_database()
    upgrade(SERVICE, dsn, HEAD)
    bank = {**ROWS["places"], "id": str(ID), "kind": "bank", "content": BANK}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table, row in [*ROWS.items(), ("places", bank)]:
            insert(connection, table, row)
    upgrade(SERVICE, dsn)
    engine = make_engine(dsn)
    async with make_sessions(engine)() as session:
        subject = await session.get_one(SubjectRow, ID)
        version = await session.get_one(SubjectVersionRow, (ID, 3))
        listed = await session.get_one(CommodityListRow, ID)
        grade = await session.get_one(CreditGradeRow, (ID, "tax", 1))
        pilot, filed_bank = [await session.get_one(PlaceRow, each) for each in ("pilot:longshui", str(ID))]
    await engine.dispose()
    assert [each.model_dump(mode="json") for each in (subject.identity, subject.name)] == [SEALED, SEALED]
    assert [each.model_dump(mode="json") for each in subject.stalls] == [STALL]
    assert [each.model_dump(mode="json") for each in subject.qualifications] == [HELD]
    assert subject.qualifications[0].confirmed is True
    assert subject.qualifications[0].valid_to == date(2026, 12, 31)
    assert version.state.model_dump(mode="json") == STATE
    assert [each.model_dump(mode="json") for each in listed.entries] == [ENTRY]
    assert grade.measures.inspection_rate_percent == Decimal(3)
    assert grade.measures.model_dump(mode="json") == MEASURES
    assert (type(pilot.content), type(filed_bank.content)) == (PilotChanged, BankFiled)
    assert pilot.content.model_dump(mode="json") == {**PILOT, "number_prefix": "LS"}
    assert filed_bank.content.model_dump(mode="json") == BANK
