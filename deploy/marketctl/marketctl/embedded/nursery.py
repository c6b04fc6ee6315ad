"""One process that has loaded what all services share, and forks each of a run's processes from there.

Loading that takes longer than all else at the start. Forks are made here and not in the supervisor, whose state they
would inherit: nothing here has drawn a random number, opened a connection or made a thread.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.workshop.processes.orphans import ended_with_parent
from shared.workshop.processes.problem import ProcessProblem

_SHARED = ("shared.http.app", "shared.http.server", "shared.messaging.worker", "asyncpg", "uvloop", "httptools")
_MOST_BYTES = 1 << 20
_LOOK_SECONDS = 0.02


class Forked:
    """A process of the nursery, for its supervisor: what `subprocess.Popen` is for a child of its own."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for the signal that ended it; None while it runs."""
        return self._nursery.ended.get(self.pid)

    def poll(self) -> int | None:
        """The exit status if it has ended."""
        self._nursery.hear(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once it has ended; subprocess.TimeoutExpired after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if timeout is not None and until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self._nursery.hear(_LOOK_SECONDS)
        return status

    def send_signal(self, sign: signal.Signals) -> None:
        """Send it a signal if it hasn't ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The supervisor's side of it."""

    def __init__(self, log_file: Path) -> None:
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.ended: dict[int, int] = {}
        """By process id the exit status of those that have ended."""
        self._running: set[int] = set()

    def start(self) -> None:
        """Begin to load; what is asked of it waits until that is done."""
        self.stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "marketctl.embedded.nursery", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                preexec_fn=ended_with_parent(signal.SIGTERM),
            )
        self._socket = ours

    def fork(self, module: list[str], environment: Mapping[str, str], log_file: Path) -> Forked:
        """A new process that runs `python -m module…`; ProcessProblem where that can't be."""
        while self.hear(0):
            pass
        if self._process is None or self._process.poll() is not None:
            self.start()
        assert self._socket is not None  # noqa: S101 - it was started
        asked = {"module": module, "environment": dict(environment), "log_file": str(log_file)}
        running = set(self._running)
        with contextlib.suppress(OSError):
            self._socket.send(json.dumps(asked).encode())
            while not self._running - running and self.hear(None):
                pass
        if not (forked := self._running - running):
            raise ProcessProblem(f"what starts the processes ended; see {self._log_file}")
        return Forked(self, forked.pop())

    def hear(self, seconds: float | None) -> bool:
        """Take in what it says within so many seconds; False when it said nothing, or is gone and all it forked too."""
        if self._socket is None or not select.select([self._socket], [], [], seconds)[0]:
            return False
        said = self._socket.recv(_MOST_BYTES)
        if not said:
            # Its socket closes a moment before the process counts as ended.
            self.stop()
            return False
        told = json.loads(said)
        if "forked" in told:
            # A number that was used before is used again some day.
            self.ended.pop(told["forked"], None)
            self._running.add(told["forked"])
        else:
            self._running.discard(told["ended"])
            self.ended[told["ended"]] = told["status"]
        return True

    def stop(self) -> None:
        """End it; its processes were ended before."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._lose_all()

    def _lose_all(self) -> None:
        """What it forked ends with it, and nobody else hears how."""
        self.ended |= dict.fromkeys(self._running, -signal.SIGTERM)
        self._running.clear()


def _serve(supervisor: socket.socket) -> dict[str, Any] | None:
    """Fork for the supervisor until it is gone; in a fork, return what that one is to run."""
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ends)
    while True:
        ready, _, _ = select.select([supervisor, ended], [], [])
        if ended in ready:
            os.read(ended, _MOST_BYTES)
            for pid, status in _ended_children():
                supervisor.send(json.dumps({"ended": pid, "status": status}).encode())
        if supervisor in ready:
            said = supervisor.recv(_MOST_BYTES)
            if not said:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                asked: dict[str, Any] = json.loads(said)
                return asked
            supervisor.send(json.dumps({"forked": pid}).encode())


def _ended_children() -> list[tuple[int, int]]:
    found = []
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found.append((ended[0], os.waitstatus_to_exitcode(ended[1])))
    return found


def _become(asked: Mapping[str, Any]) -> None:
    """Make the fork what a process that was started by itself would be."""
    os.setsid()
    ended_with_parent(signal.SIGTERM)()
    for sign in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(asked["log_file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 1024)
    os.environ.clear()
    os.environ.update(asked["environment"])
    module, *arguments = asked["module"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main(descriptor: int) -> None:
    """Load, then fork until the supervisor is gone."""
    for name in _SHARED:
        import_module(name)
    gc.collect()
    gc.freeze()
    supervisor = socket.socket(fileno=descriptor)
    if (asked := _serve(supervisor)) is not None:
        supervisor.detach()
        _become(asked)


if __name__ == "__main__":
    main(int(sys.argv[1]))
