"""Each service is stopped, and killed, and started again in the middle of the day: the same numbers at the end.

F1, F30.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from marketctl.embedded.platform import Platform
from marketctl.layout import SERVICES
from marketctl.sample.counts import counted
from marketctl.sample.days import run_sample_days
from marketctl.verify.findings import verify_all
from marketctl.verify.questions import ask

_EXPECTED = json.loads(Path(__file__).with_name("expected_numbers.json").read_text("utf-8"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


class Day(threading.Thread):
    """The sample days, run in a separate thread."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(daemon=True)
        self._platform = platform
        self.unexpected: list[str] | None = None

    def run(self) -> None:
        self.unexpected = run_sample_days(self._platform, Console(quiet=True))


def said(platform: Platform, service: str) -> int:
    """How many events the service has announced so far."""
    rows: list[Any] = ask(platform.layout.installation, service, "SELECT count(*) FROM outbox")
    return int(rows[0][0])


def interrupt(platform: Platform, service: str, *, kill: bool) -> None:
    """Stop or kill both processes of a service, and start them again."""
    if kill:
        for name in (service, f"{service}-worker"):
            platform.children[name].process.kill()
            platform.children[name].process.wait()
    platform.stop_service(service)
    platform.start_service(service)
    platform.wait_ready(lambda line: None)


# After how many events each service is interrupted: in the middle of its work.
_POINTS = {"registry": (60, 140), "trade-ledger": (150, 600), "fx-settlement": (30, 150), "tax-exemption": (20, 60)}


def test_services_stopped_and_killed_in_the_middle_of_the_day_give_the_same_numbers(platform: Platform) -> None:
    day = Day(platform)
    day.start()
    interrupted = []
    for service in SERVICES:
        for point, kill in zip(_POINTS[service], (False, True), strict=True):
            while day.is_alive() and said(platform, service) < point:
                time.sleep(0.02)
            before = said(platform, service)
            interrupt(platform, service, kill=kill)
            interrupted.append((service, kill, day.is_alive() and before >= point))
    day.join(600)
    assert day.unexpected == []
    assert interrupted == [(service, kill, True) for service in SERVICES for kill in (False, True)]
    assert counted(platform.layout.installation) == _EXPECTED
    assert [str(finding) for finding in verify_all(platform.layout.installation)] == []
