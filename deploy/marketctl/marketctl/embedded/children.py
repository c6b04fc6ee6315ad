"""Starts processes, waits until they are ready, and stops them in order. No process outlives the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from marketctl.embedded.nursery import Forked, Nursery
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

_GRACE_SECONDS = 20
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ending = threading.Event()
_held = threading.Event()


def end_when_told(*, at_once: bool) -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal set `ending`; `at_once` the first also interrupts what is done.

    Python may swallow an interrupt (in a fork's hooks, in a finaliser): long work asks `end_if_told` now and then.
    """

    def told(*_: object) -> None:
        again = ending.is_set()
        ending.set()
        if at_once and not again and not _held.is_set():
            raise KeyboardInterrupt

    # Python also prints an exception that it drops, with a stack trace. `ending` is set already, so nothing is lost.
    sys.unraisablehook = _quiet_about_interrupts
    for sign in _ENDING_SIGNALS:
        # Under nohup the run outlives the terminal.
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, told)


def _quiet_about_interrupts(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)


def end_if_told() -> None:
    """KeyboardInterrupt where the run has been told to end."""
    if ending.is_set():
        raise KeyboardInterrupt


@contextmanager
def obeyed_afterwards() -> Iterator[None]:
    """Inside the block an interrupt waits until its end: a process is being started."""
    _held.set()
    try:
        yield
    finally:
        _held.clear()
    end_if_told()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside the block a second Ctrl-C is ignored: half a stop would leave processes behind."""
    before = {sign: signal.signal(sign, signal.SIG_IGN) for sign in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@dataclass(slots=True)
class Child:
    """One process of the run."""

    name: str
    process: Forked
    log_file: Path
    log_began: int
    """How many bytes of the log earlier processes wrote."""

    def wait_ready(self, url: str, *, seconds: float = 180) -> None:
        """Return once `url` answers 200, or that it needs reconciling; otherwise say in one sentence where to look."""
        with httpx.Client(timeout=5, trust_env=False) as client:
            if not wait_until(lambda: self._answers(client, url), seconds=seconds):
                raise ProcessProblem(f"{self.name} did not become ready in {seconds:.0f} s; see {self.log_file}")

    def _answers(self, client: httpx.Client, url: str) -> bool:
        end_if_told()
        if self.process.poll() is not None:
            raise ProcessProblem(f"{self.name} {self.cause()} (whole log: {self.log_file})")
        try:
            answer = client.get(url)
            # What contradicts its bus stays up, so that `marketctl reconcile` can mend it.
            return answer.status_code == httpx.codes.OK or "needs_reconciling" in answer.text
        except httpx.TransportError:
            return False

    def cause(self) -> str:
        """How the process ended: its signal, or its status with the last error that it wrote itself."""
        status = self.process.wait()
        ended = how_it_ended(status)
        if status < 0:
            return ended
        written = self.log_file.read_bytes()[self.log_began :].decode("utf-8", "replace")
        error = last_error(written)
        return f"{ended}: {error}" if error else ended

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


def start_child(nursery: Nursery, name: str, module: list[str], told: Mapping[str, str], log_file: Path) -> Child:
    """Start `python -m module…` in a session of its own, so that Ctrl-C reaches only the supervisor."""
    began = log_file.stat().st_size if log_file.exists() else 0
    # The process calls only this machine, which a proxy of the environment can't reach.
    environment = {**os.environ, **told, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return Child(name, nursery.fork(module, environment, log_file), log_file, began)


def how_it_ended(status: int) -> str:
    """A status of a process in words; a negative one is the signal that killed it."""
    if status >= 0:
        return f"stopped with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


_LATE_SECONDS = 5
_TRACE = "Traceback (most recent call last):"


def last_error(log: str) -> str | None:
    """The error with which a log ends; None where it ends with none.

    Python's own lines count only where nothing was logged after them. A logged error counts in the log's last seconds:
    after an earlier one the process went on.
    """
    bare: list[str] = []
    logged: list[tuple[str, dict[str, Any]]] = []
    for line in filter(str.strip, log.splitlines()):
        said = _logged(line)
        if said is None:
            bare.append(line)
        else:
            bare.clear()
            logged.append((line, said))
    said_last = [line for line in bare if not line.startswith((" ", _TRACE)) and "Warning: " not in line]
    if _TRACE in bare and said_last:
        return said_last[-1]
    for line, said in reversed(logged):
        if said.get("level") in ("error", "critical") and _seconds_between(said, logged[-1][1]) <= _LATE_SECONDS:
            return line
    return said_last[-1] if said_last else None


def _logged(line: str) -> dict[str, Any] | None:
    """What a line of a log says; None for a line of Python itself."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else {}


def _seconds_between(said: dict[str, Any], last: dict[str, Any]) -> float:
    try:
        ends = [datetime.fromisoformat(each["timestamp"]) for each in (said, last)]
        return (ends[1] - ends[0]).total_seconds()
    except (KeyError, TypeError, ValueError):
        return 0


_MOST_ENDS = 5
_FORGOTTEN_SECONDS = 60


class Revivals:
    """How long to wait before a process is started again: longer each time, and not for ever."""

    def __init__(self) -> None:
        self._ends: dict[str, list[float]] = {}

    def pause_before(self, name: str, now: float) -> float | None:
        """1, 2, 4, 8, 16 seconds after ends that follow one another within a minute; None after the fifth."""
        before = self._ends.get(name, [])
        ends = [now] if not before or now - before[-1] > _FORGOTTEN_SECONDS else [*before, now]
        self._ends[name] = ends
        return None if len(ends) > _MOST_ENDS else 2.0 ** (len(ends) - 1)
