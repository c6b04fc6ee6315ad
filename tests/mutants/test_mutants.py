"""The tests of the rules notice a changed one: a sample here, all of them by `make mutants`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TOOL = Path(__file__).parent


def test_a_comparison_has_its_neighbours_a_number_its_next_and_python_itself_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text(
        '@dataclass(frozen=True)\nclass A:\n    most: int = 5\n\n\ndef f(x: Literal["1"]) -> bool:\n'
        '    """Up to 7."""\n    return x <= Decimal("0.10") and zip(x, x, strict=True) != "3"\n',
        "utf-8",
    )
    mutants = subprocess.run(
        [sys.executable, "-c", _PRINT, str(file)], cwd=_TOOL, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert mutants == [
        "m:A: 5 → 6",
        "m:f: x <= Decimal('0.10') → x < Decimal('0.10')",
        "m:f: x <= Decimal('0.10') → x > Decimal('0.10')",
        "m:f: '0.10' → '0.11'",
        "m:f: zip(x, x, strict=True) != '3' → zip(x, x, strict=True) == '3'",
    ]


_PRINT = (
    "import sys; from pathlib import Path; from sites import mutants_of\n"
    "for each in mutants_of('m', Path(sys.argv[1])): print(each.name)"
)


def test_the_rules_of_the_vocabulary_are_tried_as_changed_though_they_are_loaded_already() -> None:
    done = subprocess.run(
        [sys.executable, str(_TOOL), "--only", "shared.vocabulary.legal_time"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("7 of 7 mutants noticed"), done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_sample_of_changed_rules_is_noticed() -> None:
    done = subprocess.run([sys.executable, str(_TOOL), "--sample", "60"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
