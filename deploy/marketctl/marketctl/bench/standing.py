"""What the processes cost by standing there: memory after load, CPU while idle, the time until they answer."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from marketctl.bench.figure import Figure
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from marketctl.bench.registering import CLIENTS, traces

_MIB = 1024 * 1024


def starting(market: Market, plan: Plan) -> list[Figure]:
    """Seconds until all processes are ready, and CPU seconds of `marketctl --help`."""
    helps, starts = [], []
    for _ in range(plan.rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "marketctl", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        helps.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    for _ in range(max(1, plan.rounds // 2)):
        starts.append(market.restart())
    used = sum(market.whole_cpu_seconds().values())
    return [
        Figure("start", tuple(starts), f"{used:.1f} s of CPU without Kafka"),
        Figure("help", tuple(helps)),
    ]


def idle_cpu(market: Market, seconds: float) -> dict[str, float]:
    """Per cent of a core that each process, and PostgreSQL, uses while nobody asks."""
    market.drain()
    before = market.whole_cpu_seconds()
    time.sleep(seconds)
    return {name: (used - before[name]) * 100 / seconds for name, used in market.whole_cpu_seconds().items()}


def idling(market: Market, plan: Plan) -> list[Figure]:
    """What all of them use together."""
    used = [idle_cpu(market, plan.seconds * 3) for _ in range(plan.rounds)]
    told = "; ".join(f"{name} {part:.1f}" for name, part in used[-1].items())
    return [Figure("idle", tuple(sum(each.values()) for each in used), told)]


def remembering(market: Market, plan: Plan) -> list[Figure]:
    """Resident memory of each process after load and traces over what it was when idle: the one that grew most."""
    market.restart()
    market.drain()
    idle = market.memory()
    until = time.monotonic() + plan.memory_seconds
    while time.monotonic() < until:
        market.load(market.registrations(), connections=CLIENTS[0], seconds=plan.memory_seconds / 6)
        market.load(traces(market), connections=8, seconds=plan.memory_seconds / 6)
    market.drain()
    after = market.memory()
    most = max(after, key=lambda name: after[name] / idle[name])
    told = "; ".join(f"{name} {idle[name] / _MIB:.0f} → {after[name] / _MIB:.0f} MiB" for name in after)
    return [Figure("memory", (after[most] / idle[most],), f"{most}; {told}")]
