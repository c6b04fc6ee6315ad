"""Which process of a parallel run gets which test."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_DAY = "tests/workflow/"
_OWN_DAY = "tests/workflow/test_restarts.py"


class OneDayOneProcess(LoadScopeScheduling):
    """Tests that look at the same lived day share a process and come first; every other one goes where there is room.

    pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer reads, so marks can't say it.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _DAY if nodeid.startswith(_DAY) and not nodeid.startswith(_OWN_DAY) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneDayOneProcess:
    return OneDayOneProcess(config, log)
