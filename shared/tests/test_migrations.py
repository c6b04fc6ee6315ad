"""Migrations while a service runs: one at a time, each as a whole or not at all, none blocks the service.

F25.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shared.migrations import revision_in, statements_of, upgrade
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.waiting import wait_until

_ENVIRONMENT = """
from sqlalchemy import MetaData
from shared.migrations import run_environment
run_environment(MetaData())
"""
_VERSION = """
import time
from pathlib import Path
from alembic import op

revision = "{0:04}"
down_revision = {1}
branch_labels = depends_on = None
here = Path(__file__).parents[2]


def pause():
    (here / "reached").touch()
    while (here / "pause").exists():
        time.sleep(0.01)


def upgrade() -> None:
    {2}
"""
_INDEX = """with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_one_a")
        op.execute("CREATE INDEX CONCURRENTLY ix_one_a ON one (a)")"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("op.execute(…)", …)` gives the folder of a service with these migrations."""

    def make(*bodies: str) -> Path:
        folder = tmp_path / "service" / "migrations"
        (folder / "versions").mkdir(parents=True, exist_ok=True)
        (folder / "env.py").write_text(_ENVIRONMENT)
        for number, body in enumerate(bodies, 1):
            before = repr(f"{number - 1:04}") if number > 1 else None
            (folder / "versions" / f"{number:04}_step.py").write_text(_VERSION.format(number, before, body))
        return folder.parent

    return make


def in_another_process(service: Path, dsn: str, revision: str) -> subprocess.Popen[bytes]:
    program = "import sys; from pathlib import Path; from shared.migrations import upgrade;"
    program += "upgrade(Path(sys.argv[1]), *sys.argv[2:])"
    return subprocess.Popen([sys.executable, "-c", program, str(service), dsn, revision])


def ask(dsn: str, statement: str) -> Any:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row and row[0]


def test_a_migration_that_fails_is_undone_alone_and_can_be_run_again(make_database: MakeDatabase, write: Write) -> None:
    dsn, first = make_database(), "op.execute('CREATE TABLE one (a int)')"
    service = write(first, "op.execute('CREATE TABLE two (a int)'); op.execute('SELECT 1 / 0')")
    with pytest.raises(Exception, match="division by zero"):
        upgrade(service, dsn, "0002")
    assert revision_in(dsn) == "0001"
    assert ask(dsn, "SELECT to_regclass('one')") == "one"
    assert ask(dsn, "SELECT to_regclass('two')") is None
    write(first, "op.execute('CREATE TABLE two (a int)')")
    upgrade(service, dsn, "0002")
    assert revision_in(dsn) == "0002"


def test_a_migration_that_is_killed_in_the_middle_can_be_run_again(make_database: MakeDatabase, write: Write) -> None:
    dsn = make_database()
    service = write("op.execute('CREATE TABLE one (a int)')", "op.execute('CREATE TABLE two (a int)'); pause()")
    (service / "pause").touch()
    killed = in_another_process(service, dsn, "0002")
    assert wait_until((service / "reached").exists)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (service / "pause").unlink()
    upgrade(service, dsn, "0002")
    assert revision_in(dsn) == "0002"
    assert ask(dsn, "SELECT to_regclass('two')") == "two"


def test_of_two_processes_the_second_waits_and_finds_everything_done(make_database: MakeDatabase, write: Write) -> None:
    """The first builds an index, which waits for every snapshot, also for one of the second process."""
    dsn = make_database()
    service = write("op.execute('CREATE TABLE one (a int)')", f"pause(); op.execute('SELECT 1')\n    {_INDEX}")
    (service / "pause").touch()
    first = in_another_process(service, dsn, "0002")
    assert wait_until((service / "reached").exists)
    second = in_another_process(service, dsn, "0002")
    # The second process asks for the lock and ends its snapshot in turn: its last statement is one of these two.
    waits = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND query ~ '^(ROLLBACK|SELECT pg_try_advisory_lock)'"""
    try:
        assert wait_until(lambda: ask(dsn, waits) == 1)
        assert ask(dsn, "SELECT version_num FROM alembic_version") == "0001"
    finally:
        (service / "pause").unlink()
        ended = (first.wait(), second.wait())
    assert ended == (0, 0)
    assert revision_in(dsn) == "0002"
    assert ask(dsn, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_one_a'::regclass") is True


def test_a_migration_that_gets_no_lock_stops_and_blocks_nobody(make_database: MakeDatabase, write: Write) -> None:
    dsn = make_database()
    service = write("op.execute('CREATE TABLE one (a int)')", "op.execute('ALTER TABLE one ADD b int')")
    upgrade(service, dsn, "0001")
    with psycopg.connect(dsn) as reading:
        reading.execute("SELECT * FROM one")
        with pytest.raises(SetupProblem, match=r"service's database ran out of time .* it is undone"):
            upgrade(service, dsn, "0002")
    assert revision_in(dsn) == "0001"
    upgrade(service, dsn, "0002")
    assert revision_in(dsn) == "0002"


def test_a_migrations_limits_hold_in_its_transaction_and_not_beside_it(
    make_database: MakeDatabase, write: Write
) -> None:
    dsn = make_database()
    keep = (
        "op.execute(\"INSERT INTO said SELECT current_setting('lock_timeout'), current_setting('statement_timeout')\")"
    )
    outside = f"with op.get_context().autocommit_block():\n        {keep}"
    service = write("op.execute('CREATE TABLE said (lock text, statement text)')", keep, f"{outside}\n    {keep}")
    upgrade(service, dsn, "0003")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT * FROM said").fetchall() == [("2s", "1min"), ("0", "0"), ("2s", "1min")]


def test_an_index_whose_building_was_interrupted_is_built_again(make_database: MakeDatabase, write: Write) -> None:
    dsn = make_database()
    service = write("op.execute('CREATE TABLE one (a int)')", _INDEX)
    upgrade(service, dsn, "0001")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO one VALUES (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_one_a ON one (a)")
    invalid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_one_a'::regclass"
    assert ask(dsn, invalid) is False
    upgrade(service, dsn, "0002")
    assert ask(dsn, invalid) is True


def test_a_migrations_statements_are_those_that_it_runs(write: Write) -> None:
    service = write("op.execute('CREATE TABLE one (a int)')", _INDEX)
    said = statements_of(service, "0002")
    assert "SET lock_timeout = '2s'" in said
    assert "CREATE INDEX CONCURRENTLY ix_one_a ON one (a)" in said
    assert "CREATE TABLE one" not in said
