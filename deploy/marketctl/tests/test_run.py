"""`make run` in practice: busy ports, a second start, Ctrl-C, kills, a lock file of a dead server (F8)."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import PendingRollbackError

from marketctl import run
from marketctl.layout import ROOT, SERVICES
from marketctl.verify.questions import ask
from shared.workshop.processes.ports import free_port, port_owner
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.waiting import wait_until

# The fixture's type is in conftest.py, which can't be imported: pytest runs in importlib mode.
Run = Any
Below = Callable[[int], list[int]]


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def kill_listener(port: int) -> None:
    """SIGKILL for whoever listens on a port of the run, if anybody does."""
    owner = port_owner(port)
    if owner is not None and (found := re.search(r"process (\d+)", owner)):
        os.kill(int(found[1]), signal.SIGKILL)


def none_left(pids: list[int], *, seconds: float = 40) -> bool:
    return wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=seconds)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_killed_run_leaves_no_process_and_the_next_one_serves_until_ctrl_c(market: Run, below: Below) -> None:
    market.as_if_the_days_were_done()
    process = market.start()
    market.wait_ready()
    started = below(process.pid)
    market.end(signal.SIGKILL)
    assert none_left(started)

    process = market.start()
    market.wait_ready()
    assert "already done; continuing with the same data" in market.output
    assert "✘" not in market.output
    assert "Stop: Ctrl-C (data kept; make reset wipes it)" in market.output
    page = httpx.get(market.layout.url("start-page") + "/", trust_env=False).text
    assert all(f"{market.layout.url(service)}/docs" in page for service in SERVICES)

    second = market.say("run")
    assert second.returncode == 0
    assert f"already served by process {process.pid}" in second.stdout
    assert f"{market.layout.url('start-page')}/" in second.stdout
    assert "Traceback" not in second.stdout + second.stderr
    wiped = market.say("reset")
    assert wiped.returncode == 3
    assert f"already served by process {process.pid}" in wiped.stdout
    assert (market.folder / "pg").exists()

    started = below(process.pid)
    assert len(started) >= 11
    assert market.end(signal.SIGINT) == 0
    assert none_left(started, seconds=0)
    assert "stopped in order; data kept" in market.output
    assert "Traceback" not in market.output
    assert market.say("reset").returncode == 0
    assert not market.folder.exists()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_process_that_died_is_started_again_and_one_that_dies_again_and_again_ends_the_run(
    market: Run, below: Below
) -> None:
    market.as_if_the_days_were_done()
    process = market.start()
    market.wait_ready()
    started = below(process.pid)
    registry = market.layout.url("registry") + "/readyz"
    kill_listener(market.ports["registry"])
    market.wait_until(lambda: "! registry was killed by SIGKILL (see " in market.output)
    market.wait_until(lambda: is_ready(registry))
    os.kill(int((market.folder / "pg" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    market.wait_until(lambda: "! PostgreSQL stopped by itself (see " in market.output)
    market.wait_until(lambda: is_ready(registry))
    assert process.poll() is None

    def killed_again() -> bool:
        kill_listener(market.ports["issuer"])
        return process.poll() is not None

    assert wait_until(killed_again, seconds=120)
    assert process.returncode == 3
    assert "✘ issuer was killed by SIGKILL" in market.output
    assert "it ends again and again" in market.output
    assert "Traceback" not in market.output
    assert none_left(started)


def test_ctrl_c_during_the_start_leaves_no_process(market: Run, below: Below) -> None:
    market.as_if_the_days_were_done()
    process = market.start()
    market.wait_until(lambda: "migrations" in market.output)
    started = below(process.pid)
    assert market.end(signal.SIGINT) == 130
    assert none_left(started, seconds=0)
    assert "stopped; data kept" in market.output
    assert "Traceback" not in market.output


def test_ctrl_c_is_told_when_the_clean_up_after_it_fails(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    """An interrupt between two statements of a migration leaves a connection that refuses to be set back."""
    pools = logging.getLogger("sqlalchemy.pool")
    told: list[bool] = []

    def interrupted(*_: object) -> int:
        try:
            raise KeyboardInterrupt
        finally:
            told.append(pools.getChild("impl.NullPool").isEnabledFor(logging.ERROR))
            raise PendingRollbackError("Can't reconnect until invalid transaction is rolled back.")

    monkeypatch.setattr(run, "_run_and_serve", interrupted)
    monkeypatch.setattr(run, "end_when_told", lambda **_: None)
    assert run.run(bus="embedded", once=False) == 130
    pools.setLevel(logging.NOTSET)
    assert "stopped; data kept" in capfd.readouterr().out
    assert told == [False], "the pool tells with a traceback that it can't close the connection"


def test_a_busy_port_is_said_with_its_holder_and_the_variable_that_moves_it(market: Run) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", market.ports["trade-ledger"]))
        holder.listen()
        refused = market.say("run")
    assert refused.returncode == 3
    sentence = refused.stdout.strip().splitlines()[-1]
    assert f"port {market.ports['trade-ledger']} is taken by" in sentence
    assert str(os.getpid()) in sentence
    assert "PORT_TRADE_LEDGER=" in sentence
    assert not (market.folder / "pg").exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"PORT_REGISTRY": "abc"}, "PORT_REGISTRY=abc is no port"),
        ({"PORT_REGISTRY": "70000"}, "PORT_REGISTRY=70000 is no port"),
        ({"PORT_REGISTRY": "9001", "PORT_ISSUER": "9001"}, "PORT_REGISTRY and PORT_ISSUER are both 9001"),
    ],
)
def test_an_invalid_port_is_reported(market: Run, changed: dict[str, str], sentence: str) -> None:
    refused = market.say("run", **changed)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_name_of_the_environment_that_moves_no_port_is_named_with_the_nearest(market: Run) -> None:
    told = {name: value for name, value in os.environ.items() if not name.startswith(("PORT_", "RUN_"))}
    told |= {"RUN_FOLDER": str(market.folder), "PORT_TRADE_LEGER": "9002", "RUN_FOLDERS": "x"}
    told |= {"PORT_OF_SOMETHING_ELSE": "1", "PORT_ISSUER": "abc"}
    ended = subprocess.run(
        [sys.executable, "-m", "marketctl", "run"], env=told, capture_output=True, text=True, check=False
    )
    assert "PORT_TRADE_LEGER is no setting: is PORT_TRADE_LEDGER meant?" in ended.stdout
    assert "RUN_FOLDERS is no setting" not in ended.stdout  # RUN_FOLDER is given, too
    assert "PORT_OF_SOMETHING_ELSE" not in ended.stdout
    assert ended.returncode == 2


@pytest.mark.parametrize(
    ("began", "least", "most"),
    [(-100.0, 100, 160), (-86_000.0, 86_000, 86_060), (100.0, 10, 70), (-90_000.0, 10, 70), (None, 10, 70)],
)
def test_ready_counts_from_the_moment_when_the_person_began_to_wait(
    monkeypatch: pytest.MonkeyPatch, began: float | None, least: float, most: float
) -> None:
    """`make` says when it began; what it can't have said counts from the start of the program."""
    monkeypatch.setattr(run, "_STARTED", time.time() - 10)
    monkeypatch.setenv("RUN_BEGAN", "" if began is None else str(int(time.time() + began)))
    assert least <= run.waited() <= most


def test_make_says_when_it_began_before_it_installs_anything() -> None:
    assert "\nrun: export RUN_BEGAN := $(shell date +%s)\n" in (ROOT / "Makefile").read_text("utf-8")


def test_a_folder_that_cannot_be_written_to_is_reported(market: Run) -> None:
    market.folder.write_text("a file")
    for line in ("run", "reset"):
        refused = market.say(line)
        assert refused.returncode == 3
        assert f"✘ {market.folder}" in refused.stdout
        assert "Traceback" not in refused.stderr


def test_only_what_a_run_made_is_wiped(market: Run) -> None:
    market.folder.mkdir()
    (market.folder / "letters").write_text("somebody's")
    refused = market.say("reset")
    assert refused.returncode == 3
    assert "nothing was wiped" in refused.stdout
    assert (market.folder / "letters").exists()


def test_a_data_folder_belongs_to_one_bus(market: Run) -> None:
    market.folder.mkdir(mode=0o700)
    (market.folder / "bus").write_text("kafka")
    refused = market.say("run")
    assert refused.returncode == 3
    assert "belongs to the kafka bus: run `make reset` first, or `make run BUS=kafka`" in refused.stdout
    assert not (market.folder / "pg").exists()
    unknown = market.say("run", "--bus", "rabbit")
    assert unknown.returncode == 2
    assert "use embedded or kafka" in unknown.stderr


@pytest.mark.parametrize("holder", ["dead", "somebody else"])
def test_the_lock_file_of_a_dead_postgresql_is_ignored(tmp_path: Path, holder: str) -> None:
    server = PostgresServer(tmp_path / "市场 data" / "pg", free_port())
    server.start()
    server.stop()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    pid = int(gone.stdout) if holder == "dead" else os.getpid()
    lock = server.data_dir / "postmaster.pid"
    lock.write_text(f"{pid}\n{server.data_dir}\n1\n{server.port}\n\n127.0.0.1\n\nready\n")
    server.start()
    try:
        assert lock.read_text().splitlines()[0] != str(pid)
    finally:
        server.stop()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_day_that_was_killed_in_the_middle_goes_on_at_the_next_run(market: Run) -> None:
    market.start()
    market.wait_until(lambda: (market.folder / "clock.json").exists())
    booked = "SELECT count(*) FROM collections"
    market.wait_until(lambda: ask(market.layout.installation, "fx-settlement", booked)[0][0] >= 20, seconds=240)
    market.end(signal.SIGKILL)
    assert not (market.folder / "sample-days.done").exists()
    market.start()
    market.wait_ready(seconds=240)
    assert [each for each in market.output.splitlines() if "✘" in each] == []
    assert market.end(signal.SIGINT) == 0
