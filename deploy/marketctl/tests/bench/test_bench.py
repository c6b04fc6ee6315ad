from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

_NOT_IN_SHORT = ("embedded bus",)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_short_bench_measures_every_row_and_ends_with_its_ratio(tmp_path: Path) -> None:
    """It gives a ratio only where the service and pgbench's statement wrote the same rows."""
    command = [sys.executable, "-m", "marketctl.bench", "--quick", "--to", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"ratio \d\.\d\d", done.stdout.strip().splitlines()[-1])
    (file,) = tmp_path.glob("*.md")
    table = file.read_text("utf-8")
    left_out = [line for line in table.splitlines() if "not measured" in line]
    assert [line for line in left_out if not any(name in line for name in _NOT_IN_SHORT)] == []
    assert file.with_suffix(".svg").exists()
