"""Starts processes, waits until they are ready, stops them in order; nothing it started outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.processes.problem import ProcessProblem

_GRACE_SECONDS = 20


@dataclass(slots=True)
class Child:
    """One process of the run."""

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def wait_ready(self, url: str, *, seconds: float = 60) -> None:
        """Return once `url` answers 200; otherwise say in one sentence where to look."""
        deadline = time.monotonic() + seconds
        with httpx.Client(timeout=5, trust_env=False) as client:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise ProcessProblem(
                        f"{self.name} stopped with status {self.process.returncode}: {self.last_line()} "
                        f"(whole log: {self.log_file})"
                    )
                try:
                    if client.get(url).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise ProcessProblem(f"{self.name} did not become ready in {seconds:.0f} s; see {self.log_file}")

    def last_line(self) -> str:
        """The last line of its log."""
        lines = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        """SIGTERM and wait; SIGKILL after the grace period."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_child(name: str, module: list[str], told: Mapping[str, str], log_file: Path) -> Child:
    """Start `python -m module…` in a session of its own, so that Ctrl-C reaches only the supervisor."""
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**os.environ, **told, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Child(name, process, log_file)
