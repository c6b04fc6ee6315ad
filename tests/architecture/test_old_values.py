"""Values that earlier releases stored as people wrote them: a migration brings them to code and spelling."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from marketctl.layout import ROOT
from shared.migrations import upgrade
from shared.workshop.testing.servers import MakeDatabase

_PLAIN = {
    "text": "x", "boolean": False, "integer": 0, "bigint": 0, "numeric": 0, "date": "2026-01-01", "jsonb": "[]",
    "timestamp with time zone": "2026-01-01T00:00:00Z", "ARRAY": "{}",
}  # fmt: skip
SUBJECTS = {
    "registry": ("subjects", "0009"),
    "trade-ledger": ("subject_copies", "0019"),
    "fx-settlement": ("subject_copies", "0015"),
    "tax-exemption": ("subject_copies", "0013"),
}
"""Where a service keeps subjects, and the migration before the codes of their qualifications."""


def insert(connection: psycopg.Connection[Any], table: str, **stated: Any) -> None:
    """A row with these values, and with something in every other column that must be filled."""
    needed = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'", [table]
    ).fetchall()  # fmt: skip
    row = {name: str(uuid4()) if kind == "uuid" else _PLAIN[kind] for name, kind in needed}
    row |= {name: json.dumps(each) if isinstance(each, dict | list) else each for name, each in stated.items()}
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    connection.execute(statement, list(row.values()))  # type: ignore[call-overload]  # SQL of the test


def held(kind: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "value": value, "valid_from": "2026-01-01", "valid_to": None, "source": "", "bank_id": None}


@pytest.mark.parametrize("service", SUBJECTS)
def test_a_qualifications_word_becomes_its_code_where_its_meaning_is_certain(
    make_database: MakeDatabase, service: str
) -> None:
    table, before = SUBJECTS[service]
    told = [
        ("fx_directory", "c", "C"),
        ("fx_directory", "Ｃ 类", "C"),
        ("fx_directory", "A", "A"),
        ("fx_directory", "特", "特"),
        ("filing_frequency", "Quarterly", "quarter"),
        ("filing_frequency", "按\u200b月", "month"),
        ("filing_frequency", "半年", "半年"),
        ("taxpayer_kind", "Small-Scale", "small_scale"),
        ("customs_filing", "c", "c"),
        ("tax_authority", "月", "月"),
    ]
    dsn = make_database()
    upgrade(ROOT / "services" / service, dsn, before)
    with psycopg.connect(dsn, autocommit=True) as connection:
        insert(connection, table, qualifications=[held(kind, value) for kind, value, _ in told])
        upgrade(ROOT / "services" / service, dsn)
        rows = connection.execute(f"SELECT qualifications FROM {table}".encode()).fetchall()
    assert rows == [([held(kind, code) for kind, _, code in told],)]
