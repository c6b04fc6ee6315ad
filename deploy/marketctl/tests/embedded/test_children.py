"""A run that is told to end obeys, even where Python swallows the interrupt, and prints no stack trace."""

from __future__ import annotations

import subprocess
import sys

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


def test_an_interrupt_that_python_swallows_is_remembered_and_not_printed() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("told\n", "", 0)
