"""Generated requests to every operation: a run of 6,000; and a run that finds something fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TOOL = Path(__file__).parent


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_generated_request_breaks_a_service() -> None:
    done = subprocess.run([sys.executable, str(_TOOL), "--cases", "6000"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " 0 wrong" in done.stdout


def test_too_few_accepted_fail_and_so_does_an_exception_that_is_not_needed() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", _JUDGE], cwd=_TOOL, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert printed == [
        "registry approve_filing: only 29 % accepted",
        "registry settle_lost_act: 30 % accepted, and listed in exceptions.toml",
    ]


_JUDGE = """
from tally import Tally
tally = Tally()
for name, accepted in (("approve_filing", 29), ("file_subject", 30), ("settle_lost_act", 30), ("file_bank", 100)):
    for number in range(100):
        tally.note(("registry", name), 200 if number < accepted else 422, "")
for number in range(100):
    tally.note(("registry", "approve_reconciliation"), 422, "")
print(*tally.problems(), sep="\\n")
"""
