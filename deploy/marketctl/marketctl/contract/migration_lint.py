"""What a migration would do to a service that is running: each new one's SQL is read by squawk (`.squawk.toml`)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from marketctl.layout import ROOT, SERVICES
from shared.migrations import statements_of
from shared.vocabulary.errors import SetupProblem

RULES = ROOT / ".squawk.toml"


def migrations() -> list[Path]:
    """The files of every service's migrations."""
    return sorted(
        file for service in SERVICES for file in (ROOT / "services" / service / "migrations/versions").glob("*.py")
    )


def unsafe_statements(files: Iterable[Path]) -> list[str]:
    """What squawk finds in the SQL of these migrations, a line each; empty when it is content."""
    squawk = Path(sys.executable).parent / "squawk"
    if not squawk.exists():
        raise SetupProblem("squawk, which reads migrations, is not installed: run `make install`")
    with tempfile.TemporaryDirectory(prefix="market-squawk-") as folder:
        for file in files:
            service = file.parents[2]
            sql = Path(folder, service.name, f"{file.stem}.sql")
            sql.parent.mkdir(exist_ok=True)
            sql.write_text(statements_of(service, file.stem.partition("_")[0]), "utf-8")
        done = subprocess.run(
            [squawk, "--config", RULES, "--reporter", "gcc", f"{folder}/**/*.sql"], capture_output=True, text=True
        )
        said = [line.removeprefix(f"{folder}/") for line in done.stdout.splitlines() if line.startswith(folder)]
        # A squawk that can't read its rules reports that elsewhere: empty output doesn't mean approval.
        return said if done.returncode == 0 or said else [f"squawk: {done.stderr.strip() or done.stdout.strip()}"]
