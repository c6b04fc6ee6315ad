"""`marketctl doctor`: what stands in the way."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from marketctl.operate.terminal import Json, show

if TYPE_CHECKING:
    from marketctl.operate.examination import Check


def doctor(as_json: Json = False) -> None:
    """What this machine and this run look like; exit 1 where something stands in the way."""
    from marketctl.operate.examination import examine

    checks = examine()
    bad = [check for check in checks if not check.ok]
    signs = {check.name: "✘" if not check.ok else "!" if check.warns else "✔" for check in checks}
    lines = [f"{signs[check.name]} {check.name:<22} {check.detail}{_remedy(check)}" for check in checks]
    show([asdict(check) for check in checks], as_json, "\n".join(lines))
    sys.stdout.flush()
    raise typer.Exit(1 if bad else 0)


def _remedy(check: Check) -> str:
    return f"\n    → {check.remedy}" if check.remedy and (check.warns or not check.ok) else ""
