"""What a process may send to its database: each statement on each table is sent, and what isn't decided is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Table

from marketctl.contract.releases import migrated, releases
from marketctl.layout import SERVICES, package_of, service_dir
from marketctl.services import described
from shared.migrations import upgrade, walls_of
from shared.vocabulary.errors import SetupProblem
from shared.walls import GROUPS, KEPT, undecided
from shared.workshop.testing.servers import MakeDatabase, Postgres, as_process
from shared.workshop.testing.services import MakeServiceDatabase

STATEMENTS = {
    "SELECT": "SELECT {column} FROM {table} LIMIT 0",
    "INSERT": "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE": "UPDATE {table} SET {column} = DEFAULT WHERE false",
    "DELETE": "DELETE FROM {table} WHERE false",
    "TRUNCATE": "TRUNCATE {table}",
}
NEVER_CHANGED = {
    "registry": {"subject_versions", "credit_grades", "commodity_lists", "commodity_decisions"},
    "trade-ledger": {"trade_versions", "movements", "receipts", "handovers", "trade_documents"},
    "fx-settlement": {"journal", "room_moves", "refunds", "pass_ons", "conversions", "rates"},
    "tax-exemption": {"item_decisions"},
}
FORBIDDEN = (
    "CREATE TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE audit ADD COLUMN more int",
    "ALTER TABLE audit DISABLE TRIGGER audit_append_only",
    "ALTER TABLE audit DISABLE TRIGGER ALL",
    "ALTER TABLE audit OWNER TO CURRENT_USER",
    "ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE audit NO FORCE ROW LEVEL SECURITY",
    "CREATE TRIGGER more BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE OR REPLACE FUNCTION standing() RETURNS text LANGUAGE sql AS $$ SELECT '' $$",
    "DROP TRIGGER audit_append_only ON audit",
    "DROP TABLE audit",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE INDEX ON audit (actor)",
    "SELECT * FROM alembic_version",
    "SET session_replication_role = replica",
    "SET ROLE app",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION app",
    "CREATE ROLE more",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "GRANT app TO CURRENT_USER",
    "COPY audit TO PROGRAM 'cat'",
    "COPY audit FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
)


@contextmanager
def _undone(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        yield


def _refusal(connection: psycopg.Connection[tuple[object, ...]], statement: str | sql.Composed) -> str:
    """What PostgreSQL says of lacking rights; empty where it has none to miss, whatever else it says."""
    try:
        with _undone(connection):
            connection.execute(sql.SQL(statement) if isinstance(statement, str) else statement)
    except psycopg.errors.InsufficientPrivilege as error:
        said = str(error)
        # A row that isn't one's own is another matter: the statement itself was let through.
        return "" if "row-level security policy" in said else said
    except psycopg.Error:
        return ""
    return ""


def _column_of(rights: str, statement: str, table: Table) -> str:
    """A column that the statement may touch if it may touch any."""
    named = re.search(rf"{statement} \((\w+)", rights)
    return named[1] if named else next(iter(table.columns.keys()))


@pytest.mark.parametrize("process", GROUPS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_process_sends_what_is_decided_for_each_table_and_nothing_else(
    make_service_database: MakeServiceDatabase, service: str, process: str
) -> None:
    walls, tables = walls_of(service_dir(service)), described(service).metadata.tables
    tried = {True: 0, False: 0}
    with psycopg.connect(as_process(make_service_database(service), process)) as connection:
        for name, table in tables.items():
            rights = getattr(walls[name], process)
            for statement, form in STATEMENTS.items():
                column = _column_of(rights, statement, table)
                sent = sql.SQL(form).format(table=sql.Identifier(name), column=sql.Identifier(column))
                allowed, refused = statement in rights, _refusal(connection, sent)
                assert bool(refused) != allowed, (name, statement, rights, refused)
                tried[allowed] += 1
    assert min(tried.values()) > 40


@pytest.mark.parametrize("service", SERVICES)
def test_audit_outbox_journals_and_versions_are_only_added_to(service: str) -> None:
    walls = walls_of(service_dir(service))
    kept = (KEPT.http, KEPT.worker)
    assert all((walls[name].http, walls[name].worker) == kept for name in {"audit", "outbox"} | NEVER_CHANGED[service])
    for wall in walls.values():
        assert "TRUNCATE" not in wall.http + wall.worker
    assert walls["audit_chain"].http == ""
    assert walls["audit_chain"].worker == KEPT.worker


@pytest.mark.parametrize("process", GROUPS)
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_process_changes_no_schema_and_takes_no_other_role(
    make_service_database: MakeServiceDatabase, process: str, statement: str
) -> None:
    with psycopg.connect(as_process(make_service_database("registry"), process)) as connection:
        try:
            with _undone(connection):
                connection.execute(sql.SQL(statement))
        except psycopg.errors.InsufficientPrivilege:
            return
        except psycopg.Error as error:
            pytest.fail(f"{statement} was refused for another reason: {error}")
    pytest.fail(f"{statement} was taken")


def test_only_the_worker_makes_temporary_tables(make_service_database: MakeServiceDatabase) -> None:
    dsn = make_service_database("registry")
    with psycopg.connect(as_process(dsn, "worker")) as worker, psycopg.connect(as_process(dsn, "http")) as http:
        assert not _refusal(worker, "CREATE TEMP TABLE seen (id int)")
        assert "permission denied" in _refusal(http, "CREATE TEMP TABLE seen (id int)")


def test_a_process_enters_no_database_but_its_own(postgres: Postgres) -> None:
    for name in ("walled_here", "walled_there"):
        postgres.server.create_role(name, "secret")
        postgres.server.create_database(name, owner=name)
    for process in ("", *(f"_{ending}" for ending in GROUPS)):
        role = f"walled_here{process}"
        psycopg.connect(postgres.server.dsn("walled_here", role, "secret")).close()
        for other in ("walled_there", "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(postgres.server.dsn(other, role, "secret"))
    postgres.drop_some_time(["walled_here", "walled_there"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_that_nobody_has_decided_about_stops_the_upgrade(service: str) -> None:
    walls, metadata = walls_of(service_dir(service)), described(service).metadata
    assert undecided(metadata, walls) == []
    assert undecided(metadata, {name: wall for name, wall in walls.items() if name != "audit"}) == ["audit"]
    assert undecided(metadata, {**walls, "gone": KEPT}) == ["gone"]


def test_a_right_that_was_given_by_hand_is_gone_after_the_next_upgrade(
    make_service_database: MakeServiceDatabase,
) -> None:
    dsn = make_service_database("registry")
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("GRANT DELETE, TRUNCATE ON audit TO market_http, PUBLIC")
        owner.execute("CREATE TABLE by_hand (id int)")
        owner.execute("GRANT SELECT ON by_hand TO market_http")
    upgrade(service_dir("registry"), dsn)
    with psycopg.connect(as_process(dsn, "http")) as http:
        for statement in ("DELETE FROM audit WHERE false", "TRUNCATE audit", "SELECT * FROM by_hand"):
            assert "permission denied" in _refusal(http, statement)


@pytest.mark.parametrize("service", SERVICES)
def test_a_database_of_the_last_release_gets_its_walls(make_database: MakeDatabase, service: str) -> None:
    dsn = migrated(service, releases()[-1].heads[service], make_database())
    with psycopg.connect(as_process(dsn, "http")) as http:
        assert "permission denied" in _refusal(http, "SELECT * FROM audit")
    upgrade(service_dir(service), dsn)
    with psycopg.connect(as_process(dsn, "http")) as http:
        assert not _refusal(http, "SELECT * FROM audit")
        assert "permission denied" in _refusal(http, "DELETE FROM audit WHERE false")


def test_a_server_without_the_roles_is_said_before_anything_is_migrated(
    postgres: Postgres, make_service_database: MakeServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.walls.GROUPS", {"http": "market_nobody", "worker": "market_worker"})
    with pytest.raises(SetupProblem, match=r"no role market_nobody: .*marketctl db roles"):
        upgrade(service_dir("registry"), make_service_database("registry"))


def test_every_service_says_its_walls_in_the_same_place() -> None:
    for service in SERVICES:
        assert (service_dir(service) / package_of(service) / "store" / "walls.py").is_file()
        assert Path(service_dir(service) / "migrations" / "env.py").read_text().count("WALLS") == 2
