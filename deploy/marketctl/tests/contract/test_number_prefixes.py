"""The pilots of 0.1.0 keep what their numbers began with, and every service knows it from one event."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from marketctl.layout import ROOT
from shared.events.registry import PilotChanged
from shared.migrations import upgrade
from shared.workshop.testing.servers import MakeDatabase

HEADS = json.loads((ROOT / "deploy" / "releases" / "0.1.0.json").read_text("utf-8"))["heads"]
PILOTS = {"longshui": "LS", "yiwu": "YIWU", "hai": "HAI"}


def said(pilot: str) -> str:
    content = {
        "pilot": pilot, "name": pilot, "name_zh": "试点", "bounds": [["1", "1"], ["2", "1"], ["2", "2"]],
        "bounds_source": "x", "acceptance_gate_open_from": None, "customs_offices": ["8012"],
    }  # fmt: skip
    return json.dumps(content)


def upgraded(make_database: MakeDatabase, service: str, statement: str, *columns: Any) -> psycopg.Connection[Any]:
    """The newest schema over rows that stood at 0.1.0's head, one for each pilot."""
    folder, dsn = ROOT / "services" / service, make_database()
    upgrade(folder, dsn, HEADS[service])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for pilot in PILOTS:
            values = [column(pilot) if callable(column) else column for column in columns]
            connection.execute(statement, values)  # type: ignore[call-overload]  # the test's own text
    upgrade(folder, dsn)
    return psycopg.connect(dsn)


def test_registry_tells_the_prefix_of_each_pilot_as_its_next_event(make_database: MakeDatabase) -> None:
    statement = "INSERT INTO places (id, kind, pilot, content, version) VALUES (%s, 'pilot', %s, %s, 3)"
    with upgraded(make_database, "registry", statement, "pilot:{}".format, str, said) as connection:
        rows = connection.execute("SELECT pilot, content->>'number_prefix', version FROM places").fetchall()
        assert set(rows) == {(pilot, prefix, 4) for pilot, prefix in PILOTS.items()}
        told = connection.execute(
            "SELECT key, sequence, pilot, type, topic, convert_from(payload, 'UTF8') FROM outbox"
        ).fetchall()
    assert {row[:3] for row in told} == {(f"pilot:{pilot}", 4, pilot) for pilot in PILOTS}
    for *_, pilot, kind, topic, payload in told:
        assert (kind, topic) == (PilotChanged.TYPE, PilotChanged.TOPIC)
        event = PilotChanged.model_validate_json(payload)
        assert (event.pilot, event.number_prefix) == (pilot, PILOTS[pilot])


@pytest.mark.parametrize(
    ("service", "statement", "columns", "question"),
    [
        pytest.param(
            "tax-exemption",
            "INSERT INTO pilot_copies (pilot) VALUES (%s)",
            (str,),
            "SELECT pilot, number_prefix FROM pilot_copies",
            id="tax-exemption",
        ),
        pytest.param(
            "fx-settlement",
            "INSERT INTO bank_copies (bank_id, pilot, name, valid_from) VALUES (%s, %s, 'bank', '2026-01-01')",
            (lambda _: uuid4(), str),
            "SELECT pilot, number_prefix FROM pilot_copies",
            id="fx-settlement",
        ),
        pytest.param(
            "trade-ledger",
            "INSERT INTO place_copies (kind, place_id, pilot, content) VALUES ('pilot', %s, %s, %s)",
            (str, str, said),
            "SELECT pilot, content->>'number_prefix' FROM place_copies",
            id="trade-ledger",
        ),
    ],
)
def test_the_other_services_keep_the_prefixes_before_they_hear_registry(
    make_database: MakeDatabase, service: str, statement: str, columns: tuple[Any, ...], question: str
) -> None:
    with upgraded(make_database, service, statement, *columns) as connection:
        assert dict(connection.execute(question).fetchall()) == PILOTS  # type: ignore[call-overload]


def test_the_copy_versions_of_pilots_are_those_that_reading_the_topics_again_gives(
    make_database: MakeDatabase,
) -> None:
    statement = "INSERT INTO consumer_sequences (topic, key, sequence) VALUES ('registry.places', %s, 2)"
    with upgraded(make_database, "trade-ledger", statement, "pilot:{}".format) as connection:
        versions = connection.execute("SELECT pilot, name, version FROM copy_versions").fetchall()
    assert set(versions) == {(pilot, "parties", 2) for pilot in PILOTS}
