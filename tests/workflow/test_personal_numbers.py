"""After a whole day no identity number and no natural person's name stands anywhere in clear (V66, I13)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from marketctl.layout import SERVICES
from marketctl.sample.sheets import FOLDER, read_sheet
from marketctl.verify.flow import wait_until_applied
from shared.act import UNTOLD, told_actor

Lived = Any
pytestmark = pytest.mark.timeout(600)


def canaries() -> dict[str, str]:
    """What must not be found: every identity number of the day, and each natural person's name."""
    filed = read_sheet(FOLDER / "filings.xlsx", "主体备案")
    found = {str(row["证件号码"]): "identity number" for row in filed}
    persons = [row for row in filed if row["证件类型"] in ("resident_id", "passport")]
    found |= {str(row["名称"]): "natural person's name" for row in persons}
    assert len(found) > 90
    assert len(persons) > 3
    return found


def businesses() -> list[str]:
    """Names that are public, though they may have their owner's in them, the longest first."""
    filed = read_sheet(FOLDER / "filings.xlsx", "主体备案")
    names = {row["名称"] for row in filed if row["证件类型"] not in ("resident_id", "passport")}
    return sorted(names, key=len, reverse=True)


def text_of(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def tables_of(connection: psycopg.Connection[Any]) -> list[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
    return [row[0] for row in connection.execute(query).fetchall()]


@pytest.mark.parametrize("service", SERVICES)
def test_no_table_holds_a_personal_number_in_clear(lived: Lived, service: str) -> None:
    """V66."""
    wait_until_applied(lived.layout.installation)
    sought = canaries()
    found = set()
    with psycopg.connect(lived.layout.database_url(service)) as connection:
        tables = tables_of(connection)
        for table in tables:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
            text = "\n".join(text_of(value) for row in rows for value in row)
            for name in businesses():
                text = text.replace(name, "")
            found |= {(table, kind, value) for value, kind in sought.items() if value in text}
    assert {"outbox", "audit", "idempotency_keys", "parked_events"} <= set(tables)
    assert found == set()


def test_no_log_holds_a_personal_number_in_clear(lived: Lived) -> None:
    """V66."""
    sought = canaries()
    logs = {file.name: file.read_text("utf-8", "replace") for file in lived.layout.logs.glob("*.log")}
    assert len(logs) >= 2 * len(SERVICES)
    assert {(name, kind) for name, text in logs.items() for value, kind in sought.items() if value in text} == set()


def test_no_event_names_an_account_and_one_account_has_one_id_in_all_services(lived: Lived) -> None:
    """The audit trail of the service that said an event holds who it was, at the event's trace."""
    accounts: dict[str, set[str]] = {}
    told: dict[str, str] = {}
    payloads = ""
    for service in SERVICES:
        with psycopg.connect(lived.layout.database_url(service)) as connection:
            for account, trace in connection.execute("SELECT actor, traceparent FROM audit").fetchall():
                accounts.setdefault(trace, set()).add(account)
            for actor, trace, payload in connection.execute(
                "SELECT actor, traceparent, payload FROM outbox"
            ).fetchall():
                assert told_actor(actor) == actor != UNTOLD
                assert told.setdefault(trace, actor) == actor
                payloads += payload.decode()
    ids: dict[str, set[str]] = {}
    for trace, actor in told.items():
        (account,) = accounts[trace]
        ids.setdefault(account, set()).add(actor)
    assert len(ids) > 10
    assert {account: found for account, found in ids.items() if len(found) > 1} == {}
    assert len({next(iter(found)) for found in ids.values()}) == len(ids)
    # The name of a role alone is a word of the language.
    assert [account for account in ids if ":" in account and account in payloads] == []
