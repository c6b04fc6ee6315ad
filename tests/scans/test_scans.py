"""No statement of any service reads a large table for a few rows, nor does the tool overlook an index that is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TOOL = Path(__file__).parent


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_statement_of_any_service_scans_a_growing_table() -> None:
    done = subprocess.run([sys.executable, str(_TOOL)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " 0 wrong" in done.stdout
