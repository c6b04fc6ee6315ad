"""The table of the bench as Markdown, with the machine that it was measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from marketctl.bench.figure import ROWS, Figure, Row
from marketctl.bench.plan import Plan


def write_report(folder: Path, title: str, figures: Sequence[Figure], plan: Plan, servers: dict[str, str]) -> None:
    """The table as `<title>.md` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    market = f"{plan.large:,} trades"
    if plan.large > plan.small:
        market += f"; growth is measured from {plan.small:,}"
    text = [
        f"# Benchmark: {title}",
        "",
        f"Machine: {machine(servers)}.",
        "",
        f"Market: {market}. Rounds: {plan.rounds}, each load {plan.seconds:g} s. `docs/benchmarks/README.md` says"
        " how to read it.",
        "",
        *table(figures),
        "",
    ]
    (folder / f"{title}.md").write_text("\n".join(text), "utf-8")


def table(figures: Sequence[Figure]) -> list[str]:
    """Every row that is promised, measured or not."""
    measured = {figure.key: figure for figure in figures}
    return [
        "| figure | median | lowest–highest round | goal | reached | CPU an act | absolute, on this machine |",
        "|---|---|---|---|---|---|---|",
        *(_line(row, measured.get(key)) for key, row in ROWS.items()),
    ]


def _line(row: Row, figure: Figure | None) -> str:
    if figure is None:
        return f"| {row.name} | not measured | | {row.aim} | | | |"
    low, high = figure.spread
    reached = {None: "", True: "yes", False: "**no**"}[row.reached(figure.median)]
    cpu = "" if figure.cpu_ms is None else f"{figure.cpu_ms:.3g} ms"
    cells = (row.name, f"{figure.median:.3g}", f"{low:.3g}–{high:.3g}", row.aim, reached, cpu, figure.detail)
    return f"| {' | '.join(cells)} |"


def machine(servers: dict[str, str]) -> str:
    """Processor, memory, kernel and versions; no name and no path."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    told = [
        f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()})",
        f"{gib:.0f} GiB of memory",
        f"Linux {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {number}" for name, number in servers.items()),
        f"pgbench of the same PostgreSQL, aiokafka {version('aiokafka')}",
    ]
    return ", ".join(told)
