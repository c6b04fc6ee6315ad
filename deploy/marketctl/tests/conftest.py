"""Starts `make run` as a separate process, on a folder and on ports that nothing else uses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from marketctl.embedded.layout import Layout, free_ports, variable_of
from shared.workshop.waiting import wait_until

_PATIENCE_SECONDS = 240


@dataclass
class Run:
    """A data folder with the processes that were started on it."""

    folder: Path
    ports: dict[str, int] = field(default_factory=free_ports)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(self.folder, "embedded", self.ports)

    @property
    def output(self) -> str:
        return self._output_file.read_text("utf-8")

    @property
    def _output_file(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.out")

    def environment(self) -> dict[str, str]:
        ports = {variable_of(name): str(port) for name, port in self.ports.items()}
        # Nothing answers at this proxy address: a request that went through the proxy would fail.
        return {**os.environ, **ports, **self.found_by, "http_proxy": "http://127.0.0.1:9"}

    @property
    def found_by(self) -> dict[str, str]:
        """The environment by which another terminal finds this run."""
        return {"RUN_FOLDER": str(self.folder)}

    def as_if_the_days_were_done(self) -> None:
        self.folder.mkdir(mode=0o700)
        (self.folder / "sample-days.done").touch()

    def start(self) -> subprocess.Popen[bytes]:
        with self._output_file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "marketctl", "run"], env=self.environment(), stdout=output, stderr=output
            )
        self.started.append(process)
        return process

    def say(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same folder, and wait until it ends."""
        command = [sys.executable, "-m", "marketctl", *arguments]
        told = {**(self.environment() if arguments[0] == "run" else os.environ), **self.found_by, **changed}
        return subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=300)

    def wait_until(self, reached: Callable[[], bool], *, seconds: float = _PATIENCE_SECONDS) -> None:
        def reached_while_it_runs() -> bool:
            if reached():
                return True
            assert self.started[-1].poll() is None, self.output
            return False

        assert wait_until(reached_while_it_runs, seconds=seconds), self.output

    def wait_ready(self, *, seconds: float = _PATIENCE_SECONDS) -> None:
        self.wait_until(lambda: "Ready in" in self.output, seconds=seconds)

    def end(self, sign: signal.Signals) -> int:
        self.started[-1].send_signal(sign)
        return self.started[-1].wait(60)


def processes_below(pid: int) -> list[int]:
    """All living processes that a process started, directly or not."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = parents.get(pid, [])
    return [*found, *(below for each in found for below in processes_below(each))]


@pytest.fixture
def below() -> Callable[[int], list[int]]:
    return processes_below


@contextmanager
def run_in(folder: Path) -> Iterator[Run]:
    """A run whose processes end with the block."""
    run = Run(folder)
    try:
        yield run
    finally:
        for process in run.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Run]:
    with run_in(tmp_path / "市场 data") as run:
        yield run


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that is ready and skips the sample days. All tests of a file share it."""
    with run_in(tmp_path_factory.mktemp("serving") / "市场 data") as run:
        run.as_if_the_days_were_done()
        run.start()
        run.wait_ready()
        yield run
