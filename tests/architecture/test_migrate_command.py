"""`market-registry migrate` brings a real database to the newest schema, and says what keeps it from that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from marketctl.layout import SERVICES, service_dir
from shared.migrations import head_of, revision_in
from shared.start import home_of
from shared.workshop.processes.ports import free_port
from shared.workshop.testing.servers import MakeDatabase


def migrated(service: str, **told: str) -> tuple[int, str]:
    """How the command ends with these settings, and what it says."""
    asked = [str(Path(sys.executable).with_name(f"market-{service}")), "migrate"]
    ended = subprocess.run(asked, env={"PATH": os.environ["PATH"], **told}, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_migrates_its_empty_database_and_may_do_so_again(service: str, make_database: MakeDatabase) -> None:
    dsn = make_database("template0")
    for _ in range(2):
        status, said = migrated(service, DATABASE_URL=dsn, ENVIRONMENT="sandbox", LOG_LEVEL="INFO")
        assert status == 0, said
        assert revision_in(dsn) == head_of(service_dir(service))
    assert '"message": "migrated"' in said or '"event": "migrated"' in said, said
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM policy_parameters").fetchone() == (True,)


def test_a_database_that_does_not_answer_is_another_status_than_one_that_must_not_be_migrated() -> None:
    nobody = f"postgresql://registry:Zt1XkPz0vRbYh3n8@127.0.0.1:{free_port()}/registry"
    status, said = migrated("registry", DATABASE_URL=nobody)
    assert (status, "the database doesn't answer" in said) == (3, True), said
    status, said = migrated("registry", DATABASE_URL="postgresql://registry:registry@127.0.0.1/registry")
    assert (status, "the password of DATABASE_URL" in said, "registry:registry" in said) == (2, True, False), said


def test_migrations_are_the_checkouts_where_there_is_one_and_the_wheels_elsewhere(tmp_path: Path) -> None:
    beside = tmp_path / "services" / "registry"
    (beside / "migrations").mkdir(parents=True)
    assert home_of("registry", beside / "registry") == beside
    assert home_of("registry", tmp_path / "site-packages" / "registry") == Path(sys.prefix, "share/market/registry")
