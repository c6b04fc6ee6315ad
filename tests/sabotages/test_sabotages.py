"""A check that is taken away is missed by a test; without this, one that can't fail looks like any other."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from marketctl.layout import ROOT

_HERE = Path(__file__).parent
SABOTAGES: dict[str, dict[str, str]] = tomllib.loads((_HERE / "sabotages.toml").read_text("utf-8"))


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_check_that_is_taken_away_is_missed(name: str) -> None:
    each = SABOTAGES[name]
    arguments = [each["module"], each["was"], each["becomes"], each["test"]]
    done = subprocess.run(
        [sys.executable, str(_HERE / "sabotaged.py"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-3000:] + done.stderr[-1000:]
    assert " failed" in done.stdout


def test_what_is_taken_away_stands_in_the_code_once() -> None:
    for name, each in SABOTAGES.items():
        folder, _, rest = each["module"].partition(".")
        (file,) = ROOT.glob(f"*/**/{folder}/{rest.replace('.', '/')}.py")
        assert file.read_text("utf-8").count(each["was"]) == 1, name
    assert len(SABOTAGES) >= 10
