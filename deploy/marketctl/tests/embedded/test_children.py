"""A run ends when it is told to, even where Python drops the interrupt, and prints no stack trace."""

from __future__ import annotations

import subprocess
import sys

import pytest

from marketctl.embedded.children import Revivals, how_it_ended, last_error

_PROGRAM = """
import os, signal, weakref
from marketctl.embedded.children import end_if_told, end_when_told
end_when_told(at_once=True)
class Thing: pass
thing = Thing()
kept = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
del thing
try:
    end_if_told()
except KeyboardInterrupt:
    print("told")
"""


def test_an_interrupt_that_python_drops_is_remembered_and_not_printed() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("told\n", "", 0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "stopped with status 0"),
        (2, "stopped with status 2"),
        (-9, "was killed by SIGKILL"),
        (-15, "was killed by SIGTERM"),
        (-99, "was killed by signal 99"),
    ],
)
def test_a_process_that_ended_is_told_by_its_signal_or_status(status: int, words: str) -> None:
    assert how_it_ended(status) == words


def _said(level: str, second: int) -> str:
    return f'{{"level": "{level}", "timestamp": "2026-05-13T01:00:{second:02}.000000Z"}}'


@pytest.mark.parametrize(
    ("log", "error"),
    [
        ("", None),
        ('{"level": "info", "event": "request"}', None),
        ('{"level": "error", "event": "stopped"}\n{"level": "info", "event": "request"}\n',
         '{"level": "error", "event": "stopped"}'),
        ('{"level": "info"}\nValueError: no such port\n', "ValueError: no such port"),
        ("[1]\n", None),
        ("the setting PORT is missing\n", "the setting PORT is missing"),
        # The process went on after these.
        ('site.py:1: UserWarning: old\n  warn()\n{"level": "info"}\n', None),
        ('ValueError: of the start\n{"level": "info"}\n', None),
        ('{"level": "info"}\nsys:1: RuntimeWarning: never awaited\n', None),
        (f'{_said("error", 10)}\n{_said("info", 16)}\n', None),
        (f'{_said("error", 10)}\n{_said("info", 15)}\n', _said("error", 10)),
        # A stack trace at the end is the cause, whatever was logged before it.
        (f'{_said("error", 10)}\nTraceback (most recent call last):\n  File "a"\nOSError: gone\n', "OSError: gone"),
        (f'{_said("critical", 10)}\na.py:1: DeprecationWarning: old\n  old()\n', _said("critical", 10)),
    ],
)  # fmt: skip
def test_an_ordinary_line_of_a_log_is_never_given_as_a_cause(log: str, error: str | None) -> None:
    assert last_error(log) == error


def test_a_process_is_started_again_later_each_time_and_not_for_ever() -> None:
    revivals = Revivals()
    assert [revivals.pause_before("registry", now) for now in (0, 10, 20, 30, 40, 50)] == [1, 2, 4, 8, 16, None]
    assert revivals.pause_before("issuer", 50) == 1
    later = Revivals()
    assert [later.pause_before("registry", now) for now in (0, 60, 120.1)] == [1, 2, 1]
