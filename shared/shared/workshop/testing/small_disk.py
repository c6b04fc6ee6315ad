"""A disk of a few megabytes, to be filled: a real PostgreSQL then meets a real lack of space (F16)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer

_BLOCK = b"\0" * 4096


class SmallDisk:
    """A mounted folder with a database on it; the server's log of changes lies elsewhere, so that it goes on."""

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self._filler = folder / "filler"
        self.server = server
        self.dsn = server.dsn("small", "app", "app")

    def fill(self) -> None:
        """Leave no room for another block."""
        with self._filler.open("ab", buffering=0) as filler:
            try:
                while filler.write(_BLOCK) == len(_BLOCK):
                    continue
            except OSError:
                return

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()


@contextmanager
def database_on_a_small_disk(megabytes: int = 24) -> Iterator[SmallDisk]:
    """A server of its own with the database `small` of the role `app` on a disk of this size; only root may mount."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    folder = Path(tempfile.mkdtemp(prefix="market-disk-"))
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", disk], check=True)
    server = PostgresServer(folder / "pg", free_port())
    try:
        server.start()
        server.create_role("app", "app")
        (disk / "space").mkdir()
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
            admin.execute("CREATE DATABASE small OWNER app TABLESPACE small STRATEGY file_copy")
        yield SmallDisk(disk, server)
    finally:
        server.stop()
        subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(folder, ignore_errors=True)
