from __future__ import annotations

import re
import subprocess
import sys

import pytest


@pytest.mark.long
def test_the_bench_writes_the_same_rows_both_ways_and_ends_with_its_ratio() -> None:
    """The bench compares the rows of both loads. It gives a ratio only where they are the same."""
    command = [sys.executable, "-m", "marketctl.bench", "--rounds", "1", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert "'trade_lines': 5.0" in next(line for line in lines if line.startswith("rows per trade"))
    assert re.fullmatch(r"ratio \d\.\d\d", lines[-1])
