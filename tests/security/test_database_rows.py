"""Which rows a process sees: two pilots lie in every table, and the HTTP process reaches those of its own alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Boolean, Column, Date, DateTime, LargeBinary, Numeric, Table, Uuid, text
from sqlalchemy import Integer as AnyInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from marketctl.layout import SERVICES, service_dir
from marketctl.services import described
from shared.database import of_pilot
from shared.migrations import upgrade, walls_of
from shared.tables import MECHANISM
from shared.vocabulary.errors import SetupProblem
from shared.walls import ALL, HTTP, policies_of
from shared.workshop.testing.client import open_door
from shared.workshop.testing.servers import Postgres, as_process, database_of
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

HERE, THERE = "here", "there"
NOBODYS = {
    # What relay and consumer stand on: topics, keys and numbers.
    "audit_chain", "outbox_positions", "outbox_placement", "consumer_positions", "consumer_sequences",
    "consumer_events", "lineage", "contradictions", "topic_identities", "reconciliations",
    # How often an account or an address asked, whatever its pilot.
    "rate_buckets",
    # No person holds two of the administrators' roles, in whichever pilots.
    "administrators",
    # The days on which nobody works are the same everywhere.
    "calendar_days",
}  # fmt: skip
_CHECKS = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 0"
PRINCIPALS = {pilot: f'["issuer", "account", "{pilot}", "operator", null, null, null]' for pilot in (HERE, THERE)}


def _leads_to_a_pilot(service: str) -> set[str]:
    """The tables with a pilot, and those that name a row of one."""
    tables = described(service).metadata.tables.values()
    own = {table for table in tables if "pilot" in table.columns}
    keys = {column.name for table in own for column in table.primary_key} - {"id", "pilot", "sequence", "name", "day"}
    named = {table.name for table in tables if set(table.columns.keys()) & keys}
    referring = {table.name for table in tables if any(key.column.table in own for key in table.foreign_keys)}
    return {table.name for table in own} | named | referring


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_that_leads_to_a_pilot_has_a_forced_row_policy(
    make_service_database: MakeServiceDatabase, service: str
) -> None:
    question = """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, array_agg(p.polname::text)
                  FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
                  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid"""
    with psycopg.connect(make_service_database(service)) as owner:
        found = {name: forced and set(policies) == {"of_pilot", "of_worker"}
                 for name, forced, policies in owner.execute(question)}  # fmt: skip
    tables = set(described(service).metadata.tables)
    assert {name for name in tables if not found[name]} == NOBODYS & tables
    assert _leads_to_a_pilot(service) - NOBODYS | {"idempotency_keys"} == tables - NOBODYS


def _plain(column: Column[Any]) -> object:
    """Something that a column takes."""
    kind = getattr(column.type, "impl_instance", column.type)
    values: list[tuple[type, object]] = [
        (JSONB, Jsonb({})), (ARRAY, []), (Uuid, uuid4()), (Boolean, False), (DateTime, datetime.now(UTC)),
        (Date, date(2026, 5, 1)), (LargeBinary, b"x"), (Numeric, Decimal(1)), (AnyInteger, 1),
    ]  # fmt: skip
    return next((value for each, value in values if isinstance(kind, each)), "1")


def _row(table: Table, pilot: str, shared: dict[str, UUID]) -> dict[str, object]:
    """A row of a pilot; what it refers to is the pilot's too."""
    row: dict[str, object] = {
        column.name: _plain(column)
        for column in table.columns
        if not column.nullable and column.identity is None and column.server_default is None
    }
    row |= {name: key for name, key in shared.items() if name in table.columns}
    if "pilot" in row or "pilot" in table.columns:
        row["pilot"] = pilot
    if table.name == "idempotency_keys":
        row["principal"] = PRINCIPALS[pilot]
    if table.name in ("subjects", "trades"):
        row["id"] = shared["subject_id" if table.name == "subjects" else "trade_id"]
    elif isinstance(row.get("id"), str):
        row["id"] = str(uuid4())
    # Unique among the rows of a test, whatever the constraint.
    row |= {name: f"{value}{pilot}" for name, value in row.items() if value == "1" and name != "currency"}
    return row


@pytest.fixture(params=SERVICES)
def two_pilots(
    request: pytest.FixtureRequest, postgres: Postgres, make_service_database: MakeServiceDatabase
) -> tuple[str, str]:
    """A service, and its database with a row of each of two pilots in every table that has walls."""
    service: str = request.param
    dsn = make_service_database(service)
    with psycopg.connect(postgres.admin_dsn(database_of(dsn)), autocommit=True) as administrator:
        # Neither triggers nor references nor checks: what a row means is no matter here.
        administrator.execute("SET session_replication_role = replica")
        for table, check in administrator.execute(_CHECKS).fetchall():
            administrator.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, check)))
            )
        for pilot in (HERE, THERE):
            shared = {name: uuid4() for name in ("subject_id", "trade_id", "list_id")}
            for table in described(service).metadata.tables.values():
                if walls_of(service_dir(service))[table.name].rows != ALL:
                    _insert(administrator, table.name, _row(table, pilot, shared))
    return service, dsn


def _insert(connection: psycopg.Connection[Any], table: str, row: dict[str, object]) -> None:
    names, values = sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Literal, row.values()))
    statement = "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})"
    connection.execute(sql.SQL(statement).format(sql.Identifier(table), names, values))


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert found is not None
    return int(found[0])


def test_the_http_process_reaches_the_rows_of_its_pilot_and_no_others(two_pilots: tuple[str, str]) -> None:
    service, dsn = two_pilots
    walls, tables = walls_of(service_dir(service)), described(service).metadata.tables
    walled = [name for name, wall in walls.items() if wall.rows != ALL]
    common = {"policy_parameters": _shipped(dsn)}
    with psycopg.connect(as_process(dsn, "worker")) as worker:
        assert {name: _count(worker, name) - common.get(name, 0) for name in walled if walls[name].worker} == {
            name: 2 for name in walled if walls[name].worker
        }
    with psycopg.connect(as_process(dsn, "http")) as http:
        # Nothing was said of a pilot: no row, and none can be written.
        assert {name: _count(http, name) - common.get(name, 0) for name in walled} == dict.fromkeys(walled, 0)
        for named, seen in ((HERE, 1), (THERE, 1), (f"{HERE},{THERE}", 2), ("*", 0), ("", 0), ("%", 0)):
            with http.transaction():
                http.execute("SELECT set_config('market.pilot', %s, true)", [named])
                found = {name: _count(http, name) - common.get(name, 0) for name in walled}
                everywhere = {"parked_events", "trade_jobs"} if named == "*" else set()
                expected = {name: 2 if name in everywhere else seen for name in walled}
                assert found == expected, named
        # The setting ended with its transaction.
        assert _count(http, "outbox") == 0
        for name in walled:
            if "pilot" in tables[name].columns:
                _reaches_over(http, name, walls[name].http)


def _shipped(dsn: str) -> int:
    """The rule parameters that are shipped for every pilot."""
    with psycopg.connect(dsn) as owner:
        found = owner.execute("SELECT count(*) FROM policy_parameters WHERE pilot = '*'").fetchone()
    assert found is not None
    return int(found[0])


def _reaches_over(http: psycopg.Connection[Any], name: str, rights: str) -> None:
    """Another pilot's row is neither changed nor taken away, and none is written or moved there."""
    table, other = sql.Identifier(name), sql.Literal(THERE)
    with http.transaction(force_rollback=True):
        http.execute("SELECT set_config('market.pilot', %s, true)", [HERE])
        forms = {
            "UPDATE": "UPDATE {table} SET pilot = {other} WHERE pilot = {other}",
            "DELETE": "DELETE FROM {table} WHERE pilot = {other}",
        }
        for form in (form for right, form in forms.items() if right in rights.split(", ")):
            assert http.execute(sql.SQL(form).format(table=table, other=other)).rowcount == 0, (name, form)
        refused = ["INSERT INTO {table} (pilot) VALUES ({other})"] if "INSERT" in rights else []
        refused += ["UPDATE {table} SET pilot = {other}"] if "UPDATE" in rights.split(", ") else []
        for form in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), http.transaction():
                http.execute(sql.SQL(form).format(table=table, other=other))


async def test_a_session_of_a_request_says_its_pilot_in_every_transaction(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Any
) -> None:
    service, dsn = described("registry").load_service(), make_service_database("registry")
    named, counted = (
        text("SELECT current_setting('market.pilot', true)"),
        text("SELECT count(*) FROM policy_parameters"),
    )
    async with open_door(service, dsn, mint, tmp_path) as door:
        sessions = door.app.state.runtime.sessions
        async with sessions(info=of_pilot(HERE)) as session:
            for _ in range(2):
                assert await session.scalar(named) == HERE
                async with session.begin_nested():
                    assert await session.scalar(named) == HERE
                await session.commit()
        async with sessions() as session:
            assert not await session.scalar(named)
            assert await session.scalar(counted) > 0
            assert await session.scalar(text("SELECT count(*) FROM subjects")) == 0


def test_a_policy_that_was_changed_by_hand_is_as_decided_after_the_next_upgrade(
    make_service_database: MakeServiceDatabase,
) -> None:
    dsn = make_service_database("registry")
    policies = "SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'subjects'::regclass"
    with psycopg.connect(dsn, autocommit=True) as owner:
        before = sorted(owner.execute(policies).fetchall())
        for damage in (
            "DROP POLICY of_pilot ON subjects",
            "ALTER POLICY of_pilot ON subjects USING (true)",
            "ALTER TABLE subjects NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE subjects DISABLE ROW LEVEL SECURITY",
            f"CREATE POLICY by_hand ON subjects TO {HTTP} USING (true)",
        ):  # fmt: skip
            owner.execute(sql.SQL(damage))
            upgrade(service_dir("registry"), dsn)
            assert sorted(owner.execute(policies).fetchall()) == before
            forced = owner.execute(
                "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'subjects'"
            )
            assert forced.fetchone() == (True, True)


def test_an_owner_that_would_not_see_its_rows_is_refused(
    postgres: Postgres, make_service_database: MakeServiceDatabase
) -> None:
    postgres.server.create_role("blind", "secret")
    postgres.server.create_database("blind", owner="blind")
    with psycopg.connect(postgres.admin_dsn(), autocommit=True) as administrator:
        administrator.execute("ALTER ROLE blind NOBYPASSRLS")
    with pytest.raises(SetupProblem, match=r"blind, which migrates, has no BYPASSRLS: .*marketctl db roles"):
        upgrade(service_dir("registry"), postgres.server.dsn("blind", "blind", "secret"))
    postgres.drop_some_time(["blind"])


def test_no_decision_leaves_rows_open_by_mistake() -> None:
    decided = [walls_of(service_dir(service)) for service in SERVICES]
    open_to_all = {name for walls in decided for name, wall in walls.items() if not policies_of(wall)}
    assert open_to_all == NOBODYS
    assert {name for name, wall in MECHANISM.items() if wall.rows == ALL} == NOBODYS - {"calendar_days"}
