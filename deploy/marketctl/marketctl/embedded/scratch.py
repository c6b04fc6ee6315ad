"""A PostgreSQL that is gone when the block ends, for checks and benchmarks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer


@contextmanager
def scratch_postgres(settings: Mapping[str, str] | None = None) -> Iterator[Callable[[str], str]]:
    """`make(name)` gives the connection string of a new database owned by an ordinary role."""
    folder = Path(tempfile.mkdtemp(prefix="market-scratch-"))
    server = PostgresServer(folder / "pg", free_port(), settings=settings)

    def make(name: str) -> str:
        server.create_role("app", "app")
        server.create_database(name, owner="app")
        return server.dsn(name, "app", "app")

    try:
        server.start()
        yield make
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
