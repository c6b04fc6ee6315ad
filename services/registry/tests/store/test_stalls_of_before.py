"""Stalls that several had before one holder a day became the rule: the first keeps them, the others' are named."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg

from marketctl.layout import ROOT
from shared.migrations import upgrade
from shared.workshop.testing.servers import MakeDatabase

SERVICE = ROOT / "services" / "registry"
SEALED = json.dumps({"mask": "9***", "blind_index": "i", "ciphertext": "c"})
FIRST, LATER, DRAFT = UUID(int=1), UUID(int=2), UUID(int=3)


def _stall(number: str, since: str, until: str | None = None) -> dict[str, Any]:
    return {"stall_number": number, "longitude": "1", "latitude": "1", "valid_from": since, "valid_to": until}


def _file(connection: psycopg.Connection[Any], subject: UUID, status: str, since: str, *stalls: dict[str, Any]) -> None:
    connection.execute(
        "INSERT INTO subjects (id, pilot, number, identity_kind, identity_index, identity, country, natural_person,"
        " display_name, name, stalls, qualifications, version) VALUES (%s, 'longshui', %s, 'credit_code', %s, %s, 'CN',"
        " false, 'x', %s, %s, '[]', 1)",
        [subject, str(subject), str(subject), SEALED, SEALED, json.dumps(stalls)],
    )
    connection.execute(
        "INSERT INTO role_filings (id, subject_id, pilot, role, number, status, effective_from, stop_order, reason,"
        " version) VALUES (%s, %s, 'longshui', 'stall_holder', %s, %s, %s, false, '', 1)",
        [subject, subject, str(subject), status, since],
    )


async def test_what_two_had_stays_with_the_first_and_is_marked_with_the_other(make_database: MakeDatabase) -> None:
    dsn = make_database()
    upgrade(SERVICE, dsn, "0015")
    with psycopg.connect(dsn, autocommit=True) as connection:
        _file(connection, LATER, "approved", "2026-04-01", _stall("A", "2026-02-01"), _stall("B", "2026-01-01"))
        _file(connection, FIRST, "suspended", "2026-03-01", _stall("A", "2026-01-01", "2026-01-31"),
              _stall("A", "2026-02-01"))  # fmt: skip
        _file(connection, DRAFT, "draft", "2026-01-01", _stall("A", "2026-01-01"))
    upgrade(SERVICE, dsn)
    with psycopg.connect(dsn) as connection:
        held = connection.execute(
            "SELECT subject_id, stall_number, valid_from::text, valid_to, contested FROM stall_terms ORDER BY 1, 2"
        ).fetchall()
    assert held == [
        (FIRST, "A", "2026-01-01", None, False),
        (LATER, "A", "2026-02-01", None, True),
        (LATER, "B", "2026-01-01", None, False),
    ]
