"""Which process of a parallel run gets which test."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_LIVED_DAY = ("tests/workflow/", "tests/security/test_mass_assignment.py", "tests/security/matrix/")
_WHOLE_RUNS = (
    "tests/workflow/test_restarts.py",
    "deploy/marketctl/tests/operate/",
    "deploy/marketctl/tests/test_run.py",
)


class LongestFirst(LoadScopeScheduling):
    """Tests that look at one lived day share a process, those that start whole runs another; they come first.

    pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer reads, so marks can't say it.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_WHOLE_RUNS):
            return "whole runs"
        return "lived day" if nodeid.startswith(_LIVED_DAY) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst:
    return LongestFirst(config, log)
