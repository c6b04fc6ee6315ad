"""One PostgreSQL and one Kafka for the whole run, whichever worker comes first starts them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.processes.kafka import KafkaServer
from shared.processes.ports import free_port
from shared.processes.postgres import PostgresServer

# A started server's object outlives its fixture: another worker may still use the process.
_STARTED: list[object] = []
APP_PASSWORD = "app"  # noqa: S105 - a throw-away server on loopback
APP_ROLE = "app"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@contextmanager
def locked(folder: Path, name: str) -> Iterator[Path]:
    """Hold a lock file among the workers of this run."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / f"{name}.json"


def _shared_server(folder: Path, name: str, start: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """The server's coordinates, and whether this worker started it (and so stops it last)."""
    with locked(folder, name) as file:
        if file.exists():
            known: dict[str, Any] = json.loads(file.read_text())
            known["users"] += 1
            file.write_text(json.dumps(known))
            return known, False
        started = {**start(), "users": 1}
        file.write_text(json.dumps(started))
        return started, True


def _leave(folder: Path, name: str) -> bool:
    """Whether nobody uses the server any more."""
    with locked(folder, name) as file:
        known = json.loads(file.read_text())
        known["users"] -= 1
        file.write_text(json.dumps(known))
        return bool(known["users"] == 0)


def _end(pid: int) -> None:
    """End the session of a process that this run started, and wait until it is gone."""
    os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)


class Postgres:
    """The run's PostgreSQL as tests see it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.server = PostgresServer(folder / "pg", port)

    def admin_dsn(self, database: str = "postgres") -> str:
        return self.server.dsn(database)

    def dsn(self, database: str) -> str:
        """The app role's connection string: no superuser, as in production."""
        return self.server.dsn(database, APP_ROLE, APP_PASSWORD)


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[Postgres]:
    """The run's PostgreSQL server."""

    def start() -> dict[str, Any]:
        # In memory where there is some: what tests promise is order and atomicity, not the disk's patience.
        shm = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
        folder = Path(tempfile.mkdtemp(prefix="market-pg-", dir=shm if os.access(shm, os.W_OK) else None))
        server = PostgresServer(folder / "pg", free_port(), settings={"fsync": "off", "max_connections": "300"})
        server.start()
        server.create_role(APP_ROLE, APP_PASSWORD)
        _STARTED.append(server)
        assert server._process is not None
        return {"folder": str(folder), "port": server.port, "pid": server._process.pid}

    known, _ = _shared_server(run_folder, "postgres", start)
    yield Postgres(Path(known["folder"]), known["port"])
    if _leave(run_folder, "postgres"):
        _end(known["pid"])
        shutil.rmtree(known["folder"], ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(run_folder: Path) -> Iterator[str]:
    """The bootstrap address of the run's real Kafka broker; without one the tests fail."""

    def start() -> dict[str, Any]:
        folder = Path(tempfile.mkdtemp(prefix="market-kafka-"))
        server = KafkaServer(folder / "kafka", free_port(), free_port())
        server.start()
        _STARTED.append(server)
        assert server._process is not None
        return {"folder": str(folder), "bootstrap": server.bootstrap, "pid": server._process.pid}

    known, _ = _shared_server(run_folder, "kafka", start)
    yield known["bootstrap"]
    if _leave(run_folder, "kafka"):
        _end(known["pid"])
        shutil.rmtree(known["folder"], ignore_errors=True)


MakeDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def make_database(postgres: Postgres) -> Iterator[MakeDatabase]:
    """`make_database(template=None)` gives the app role's DSN of a new database, dropped at the end."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        name = f"t_{os.getpid()}_{len(made)}"
        postgres.server.create_database(name, owner=APP_ROLE, template=template)
        made.append(name)
        return postgres.dsn(name)

    yield make
    for name in made:
        postgres.server.drop_database(name)


def database_of(dsn: str) -> str:
    """The database name of a DSN."""
    return dsn.rsplit("/", 1)[1]


def truncate(dsn: str, tables: list[str]) -> None:
    """Empty tables, append-only triggers aside: a test's own cleaning."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in tables:
            name = sql.Identifier(table)
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(name))
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
