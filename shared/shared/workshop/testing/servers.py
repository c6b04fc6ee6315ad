"""One PostgreSQL and one Kafka for the whole run, whichever worker comes first starts them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from psycopg import sql

from shared.workshop.processes.kafka import KafkaServer
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.waiting import wait_until

# A worker that crashed may stay a zombie, and look alive.
_DROPPED_TOGETHER = 40
_PATIENCE_SECONDS = 1200
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


class Server(Protocol):
    """A process that a run shares."""

    def stop(self) -> None: ...


@contextmanager
def _shared(folder: Path, name: str, start: Callable[[], tuple[Server, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The server's coordinates. Who started it ends it, once no worker of the run uses it any more."""
    server: Server | None = None
    with locked(folder, name) as file:
        if file.exists():
            known: dict[str, Any] = json.loads(file.read_text())
        else:
            server, known = start()
            known["users"] = []
        known["users"].append(os.getpid())
        file.write_text(json.dumps(known))
    try:
        yield known
    finally:
        if server is None:
            _forget(folder, name)
        else:
            wait_until(lambda: _ended_alone(folder, name), seconds=_PATIENCE_SECONDS, pause=0.1)
            server.stop()
            shutil.rmtree(known["folder"], ignore_errors=True)


def _forget(folder: Path, name: str) -> None:
    with locked(folder, name) as file:
        known = json.loads(file.read_text())
        known["users"].remove(os.getpid())
        file.write_text(json.dumps(known))


def _ended_alone(folder: Path, name: str) -> bool:
    """Whether no other live process uses the server; a later user then starts another."""
    with locked(folder, name) as file:
        others = [pid for pid in json.loads(file.read_text())["users"] if pid != os.getpid() and _lives(pid)]
        if not others:
            file.unlink()
        return not others


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Postgres:
    """The run's PostgreSQL as tests see it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.server = PostgresServer(folder / "pg", port)
        self.numbers = count()
        self._done_with: list[str] = []

    def admin_dsn(self, database: str = "postgres") -> str:
        return self.server.dsn(database)

    def dsn(self, database: str) -> str:
        """The connection string of the database's owner: no superuser, as in production."""
        return self.server.dsn(database, APP_ROLE, APP_PASSWORD)

    def drop_some_time(self, databases: list[str]) -> None:
        """Drop databases once there are many: they lie in memory, and each drop alone waits for a checkpoint."""
        self._done_with += databases
        if len(self._done_with) < _DROPPED_TOGETHER:
            return
        with psycopg.connect(self.admin_dsn(), autocommit=True) as connection:
            for name in self._done_with:
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)
        self._done_with.clear()


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[Postgres]:
    """The run's PostgreSQL server."""

    def start() -> tuple[Server, dict[str, Any]]:
        # In memory where there is some: what tests promise is order and atomicity, not the disk's patience.
        shm = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
        folder = Path(tempfile.mkdtemp(prefix="market-pg-", dir=shm if os.access(shm, os.W_OK) else None))
        # Tests connect thousands of times: a password hashed once is as good as one hashed 4096 times.
        settings = {"fsync": "off", "max_connections": "300", "scram_iterations": "1"}
        server = PostgresServer(folder / "pg", free_port(), settings=settings)
        server.start()
        server.create_role(APP_ROLE, APP_PASSWORD)
        with psycopg.connect(server.dsn(), autocommit=True) as administrator:
            # Tests look at what the processes' sessions wait for, and end some.
            administrator.execute(sql.SQL(f"GRANT pg_read_all_stats, pg_signal_backend TO {APP_ROLE}"))
        return server, {"folder": str(folder), "port": server.port}

    with _shared(run_folder, "postgres", start) as known:
        yield Postgres(Path(known["folder"]), known["port"])


@pytest.fixture(scope="session")
def kafka(run_folder: Path) -> Iterator[str]:
    """The bootstrap address of the run's real Kafka broker; without one the tests fail."""

    def start() -> tuple[Server, dict[str, Any]]:
        folder = Path(tempfile.mkdtemp(prefix="market-kafka-"))
        server = KafkaServer(folder / "kafka", free_port(), free_port())
        server.start()
        return server, {"folder": str(folder), "bootstrap": server.bootstrap}

    with _shared(run_folder, "kafka", start) as known:
        yield known["bootstrap"]


MakeDatabase = Callable[..., str]


@pytest.fixture
def make_database(postgres: Postgres) -> Iterator[MakeDatabase]:
    """`make_database(template=None)` gives the app role's DSN of a new database, which ends after its test."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(f"t_{os.getpid()}_{next(postgres.numbers)}")
        postgres.server.create_database(made[-1], owner=APP_ROLE, template=template)
        return postgres.dsn(made[-1])

    yield make
    postgres.drop_some_time(made)


def as_process(dsn: str, process: str) -> str:
    """An owner's DSN as the service's HTTP process (`http`) or `worker` would log in."""
    scheme, at = dsn.split("//", 1)
    owner, rest = at.split(":", 1)
    return f"{scheme}//{owner}_{process}:{rest}"


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
