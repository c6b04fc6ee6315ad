from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import psycopg
import pytest

from shared.workshop.processes.kafka import KafkaServer
from shared.workshop.processes.ports import free_port, port_owner
from shared.workshop.processes.postgres import PostgresServer, unprivileged
from shared.workshop.processes.problem import ProcessProblem


def value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]  # the test's own text
        return row and row[0]


def test_postgresql_survives_a_kill_in_a_folder_with_a_space_and_chinese_characters(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "市场 data" / "pg", free_port())
    server.start()
    try:
        server.create_role("app", "secret")
        server.create_database("market", owner="app")
        dsn = server.dsn("market", "app", "secret")
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        server.kill()
        server.start()
        assert value(dsn, "SELECT one FROM kept") == 1
        assert value(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = 'app'") is False
        assert value(dsn, "SHOW fsync") == "on"
        assert value(dsn, "SHOW synchronous_commit") == "on"
        second = PostgresServer(tmp_path / "市场 data" / "pg", free_port())
        with pytest.raises(ProcessProblem, match="another PostgreSQL"):
            second.start()
        assert value(dsn, "SELECT one FROM kept") == 1
    finally:
        server.stop()
    assert port_owner(server.port) is None


def test_a_busy_port_names_who_holds_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        owner = port_owner(port)
    assert owner is not None
    assert owner.startswith(f"port {port} is taken by")
    assert "process" in owner


def test_postgresql_runs_under_an_account_that_exists_and_is_not_root() -> None:
    """`initdb` looks its user up: a uid that has no account, or root, would stop it on a fresh machine."""
    found = subprocess.run(unprivileged(["id", "-un"]), capture_output=True, text=True, check=True)
    assert found.stdout.strip() not in ("", "root")


def test_kafka_starts_whatever_its_cluster_is_called(tmp_path: Path) -> None:
    """A random id begins with a dash once in 64 times, and was read as an option."""
    server = KafkaServer(tmp_path / "市场 kafka", free_port(), free_port(), cluster_id="-4NuuknES3ONBUZ3Yw6qAw")
    server.start()
    server.stop()
    assert "cluster.id=-4NuuknES3ONBUZ3Yw6qAw" in (server.data_dir / "log" / "meta.properties").read_text()
