"""Refused tokens are in the audit trail with their addresses, and however many come, the trail stays small (V64)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from shared.http.app import Service
from shared.http.failed_logins import MOST_ADDRESSES, FailedLogins
from shared.http.tables import NOBODYS
from shared.workshop.testing.client import open_door
from shared.workshop.testing.tokens import ServedMint

_TRAIL = "SELECT pilot, actor, operation, outcome, status, code, address, attempts FROM audit ORDER BY id"
GATEWAY = "127.0.0.1"


def trail(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(_TRAIL).fetchall()


def line(address: str | None, attempts: int, operation: str = "list_notes") -> tuple[Any, ...]:
    return (NOBODYS, "", operation, "denied", 401, "not_authenticated", address, attempts)


async def test_each_address_has_two_lines_a_minute_that_count_every_attempt(desk: Any) -> None:
    failed: FailedLogins = desk.door.app.state.runtime.failed_logins
    for _ in range(50):
        assert (await desk.door.client.get("/v1/notes", headers={"authorization": "Bearer x.y.z"})).status_code == 401
    assert (await desk.door.client.get("/v1/notes")).status_code == 401
    assert trail(desk.dsn) == [line(GATEWAY, 1)]
    await failed.end_minute()
    await failed.end_minute()
    assert trail(desk.dsn) == [line(GATEWAY, 1), line(GATEWAY, 49, "sign_in")]


async def test_of_any_number_of_addresses_so_many_are_named_and_all_are_counted(desk: Any) -> None:
    failed: FailedLogins = desk.door.app.state.runtime.failed_logins
    for nth in range(2 * MOST_ADDRESSES + 7):
        for _ in range(3):
            await failed.note(f"198.51.100.{nth}", "list_notes", "")
    await failed.end_minute()
    counted: Counter[str | None] = Counter()
    for *_, address, attempts in trail(desk.dsn):
        counted[address] += attempts
    assert len(trail(desk.dsn)) == 2 * (MOST_ADDRESSES + 1)
    assert counted.pop(None) == 3 * (MOST_ADDRESSES + 7)
    assert set(counted.values()) == {3}


async def test_what_could_not_be_written_is_written_the_next_time(desk: Any) -> None:
    failed: FailedLogins = desk.door.app.state.runtime.failed_logins
    await failed.note("198.51.100.1", "list_notes", "")
    await failed.note("198.51.100.1", "list_notes", "")
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit RENAME TO away")
        assert (await desk.door.client.get("/v1/notes", headers={"authorization": "Bearer x"})).status_code >= 500
        with pytest.raises(ProgrammingError):
            await failed.end_minute()
        connection.execute("ALTER TABLE away RENAME TO audit")
    await failed.end_minute()
    assert sorted(each[-2:] for each in trail(desk.dsn)) == [(GATEWAY, 1), ("198.51.100.1", 1), ("198.51.100.1", 1)]


async def test_what_a_gateway_says_is_the_address_and_a_stop_writes_the_last_count(
    service: Service, dsn: str, mint: ServedMint, tmp_path: Path
) -> None:
    async with open_door(service, dsn, mint, tmp_path, trusted_proxies=GATEWAY) as door:
        for told in ("2001:db8::1", "203.0.113.8, 2001:db8::2"):
            headers = {"authorization": "Bearer x", "x-forwarded-for": told}
            assert (await door.client.get("/v1/notes", headers=headers)).status_code == 401
    assert [each[-2:] for each in trail(dsn)] == [("2001:db8::/64", 1), ("2001:db8::/64", 1)]


async def test_a_try_at_what_is_not_there_and_a_change_name_the_address_that_no_client_chose(desk: Any) -> None:
    for path, body, status in ((f"/v1/notes/{uuid4()}/changes", None, 404), ("/v1/notes", {"label": "a"}, 201)):
        headers = {"x-forwarded-for": "198.51.100.9"}
        assert (await desk.door.call("POST", path, body, version=1, headers=headers)).status_code == status
    assert [(*each[3:7],) for each in trail(desk.dsn)] == [
        ("denied", 404, "not_found", GATEWAY),
        ("done", 201, None, GATEWAY),
    ]
