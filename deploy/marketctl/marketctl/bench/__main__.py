"""`make bench`: what the market does a second and what that costs, as ratios of plain tools on the same machine."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from marketctl.bench.bulk import bulk
from marketctl.bench.carrying import carrying
from marketctl.bench.declaring import declaring
from marketctl.bench.figure import Figure
from marketctl.bench.growth import costs, growing
from marketctl.bench.latency import latency
from marketctl.bench.lists import listing
from marketctl.bench.market import Market
from marketctl.bench.plan import QUICK, WHOLE, Plan
from marketctl.bench.plot import write_plot
from marketctl.bench.registering import registering
from marketctl.bench.report import write_report
from marketctl.bench.standing import idling, remembering, starting
from marketctl.layout import ROOT, BusKind
from shared.workshop.processes.kafka import VERSION as KAFKA_VERSION
from shared.workshop.processes.problem import ProcessProblem

Measure = Callable[[Market, Plan], list[Figure]]
# In the order in which they are taken: what makes the market unlike itself comes last.
MEASURES: dict[str, Measure] = {
    "starting": starting,
    "idling": idling,
    "registering": registering,
    "listing": listing,
    "bulk": bulk,
    "latency": latency,
    "carrying": carrying,
    "declaring": declaring,
    "remembering": remembering,
}


def measured(plan: Plan, only: list[str], versions: dict[str, str]) -> Iterator[Figure]:
    """Each figure as it is taken; `versions` is told which servers ran."""
    chosen = {name: measure for name, measure in MEASURES.items() if not only or name in only}
    with _market("kafka", versions) as market:
        market.grow(plan.small)
        grows = plan.large > plan.small and (not only or "growing" in only)
        small = costs(market, plan) if grows else None
        market.grow(plan.large)
        if small is not None:
            yield from growing(market, plan, small)
        for measure in chosen.values():
            yield from measure(market, plan)
    if plan.embedded and "latency" in chosen:
        with _market("embedded", {}) as market:
            market.grow(plan.small)
            yield from latency(market, plan)


@contextmanager
def _market(bus: BusKind, versions: dict[str, str]) -> Iterator[Market]:
    folder = Path(tempfile.mkdtemp(prefix="market-bench-"))
    try:
        market = Market(folder, bus)
        with market.running():
            versions |= {"PostgreSQL": market.platform.postgres.version()}
            if market.platform.kafka is not None:
                versions |= {"Apache Kafka": KAFKA_VERSION}
            yield market
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Measure; write table and plot; the last line is the ratio of registering."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small market, and few and short rounds")
    parser.add_argument("--size", type=int, help="how many trades the market has")
    parser.add_argument("--only", nargs="*", default=[], choices=(*MEASURES, "growing"), help="these measures")
    parser.add_argument("--to", type=Path, help="the folder for table and plot")
    parser.add_argument("--title", default="", help="their name")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else WHOLE
    if asked.size:
        plan = replace(plan, small=min(plan.small, asked.size), large=asked.size)
    # Only what was measured whole is worth keeping.
    folder = asked.to or ROOT / (".cache/bench" if asked.quick or asked.only else "docs/benchmarks")
    began, versions, figures = time.monotonic(), dict[str, str](), list[Figure]()
    for figure in measured(plan, asked.only, versions):
        print(figure.line(), flush=True)
        figures.append(figure)
    title = asked.title or ("latest" if plan in (QUICK, WHOLE) else f"{plan.large}-trades")
    write_report(folder, title, figures, plan, versions)
    write_plot(folder / f"{title}.svg", f"make bench: {title}", figures)
    print(f"{folder / title}.md and .svg, {(time.monotonic() - began) / 60:.1f} min")
    for figure in figures:
        if figure.key == "register":
            print(f"ratio {figure.median:.2f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ProcessProblem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
