"""A process that is forked is what it would be if it had been started by itself, and none is lost from sight."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketctl.embedded.nursery import Forked, Nursery

_TELLS = (
    "import os, sys, random, signal; from uuid_utils.compat import uuid7;"
    " print(os.environ.get('SAID'), 'PATH' in os.environ, os.getsid(0) == os.getpid(), sys.argv[0],"
    " signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, len(os.listdir('/proc/self/fd')) <= 4);"
    " print(random.random(), str(uuid7())[19:], os.urandom(8).hex(), sep='\\n')"
)
_WAITS = "import time; time.sleep(60)"


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    started = Nursery(tmp_path / "nursery.log")
    started.start()
    try:
        yield started
    finally:
        started.stop()


def run(nursery: Nursery, statement: str, log_file: Path, **environment: str) -> Forked:
    return nursery.fork(["timeit", "-n1", "-r1", "-s", statement, "pass"], environment, log_file)


def test_a_fork_has_its_own_environment_session_output_and_luck(nursery: Nursery, tmp_path: Path) -> None:
    told = []
    for n in range(2):
        log = tmp_path / f"{n}.log"
        log.write_text("kept\n")
        assert run(nursery, _TELLS, log, SAID=f"市场 {n}").wait(60) == 0
        kept, said, *drawn, _ = log.read_text("utf-8").splitlines()
        module = Path(said.split()[4])
        assert (kept, module.name) == ("kept", "timeit.py")
        assert said.split()[:4] + said.split()[5:] == ["市场", str(n), "False", "True", "True", "True"]
        told.append(drawn)
    assert len(told[0]) == 3
    assert not set(told[0]) & set(told[1])


def test_how_each_ended_is_known(nursery: Nursery, tmp_path: Path) -> None:
    log = tmp_path / "log"
    waits, fails = run(nursery, _WAITS, log), run(nursery, "raise KeyError('gone')", log)
    assert fails.wait(60) == 1
    assert "KeyError: 'gone'" in log.read_text()
    assert waits.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        waits.wait(0.1)
    waits.send_signal(signal.SIGTERM)
    assert waits.wait(60) == -signal.SIGTERM
    waits.kill()
    assert waits.poll() == -signal.SIGTERM


def test_what_a_killed_nursery_forked_ends_too_and_the_next_fork_has_a_new_one(
    nursery: Nursery, tmp_path: Path
) -> None:
    waits, unseen = (run(nursery, _WAITS, tmp_path / "log") for _ in range(2))
    os.kill(int(Path(f"/proc/{waits.pid}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGKILL)
    assert waits.wait(60) == -signal.SIGTERM
    assert run(nursery, "pass", tmp_path / "log").wait(60) == 0
    assert [waits.poll(), unseen.poll()] == [-signal.SIGTERM] * 2
