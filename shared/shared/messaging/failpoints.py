"""Named places where a fault test may kill or fail the process; nothing unless FAILPOINTS is set."""

from __future__ import annotations

import os
import signal
from collections import Counter

_ARMED: dict[str, tuple[str, int]] = {}
for _entry in filter(None, os.environ.get("FAILPOINTS", "").split(",")):
    _name, _, _action = _entry.partition("=")
    _kind, _, _nth = _action.partition("@")
    _ARMED[_name] = (_kind, int(_nth or 1))
_PASSED: Counter[str] = Counter()


class FailpointReached(Exception):
    """Raised at a place armed with `raise`."""


def failpoint(name: str) -> None:
    """Do what FAILPOINTS says for this place: `name=kill@3` kills the process at the third passing."""
    if not _ARMED or name not in _ARMED:
        return
    kind, nth = _ARMED[name]
    _PASSED[name] += 1
    if _PASSED[name] == nth:
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise FailpointReached(name)
