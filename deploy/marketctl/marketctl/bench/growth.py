"""What an act costs in a small market and in a large one."""

from __future__ import annotations

import statistics

from marketctl.bench.carrying import relay_rate
from marketctl.bench.figure import GROWING, Figure, ratios
from marketctl.bench.lists import first_page
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from marketctl.bench.registering import CLIENTS, traces, trades
from marketctl.bench.standing import idle_cpu

Costs = dict[str, list[float]]


def costs(market: Market, plan: Plan) -> Costs:
    """Milliseconds of CPU for each act, and per cent of a core while nobody asks, in each round."""
    found: Costs = {name: [] for name in GROWING}
    auditor = market.token("auditor")
    for _ in range(plan.rounds):
        found["idle"].append(sum(idle_cpu(market, plan.seconds * 2).values()))
        for name, asked, token in (
            ("read", trades(market), ""),
            ("trace", traces(market), ""),
            ("list", first_page(market), auditor),
            ("register", market.registrations(), ""),
        ):
            # Reads by one client: what waits for others isn't counted.
            clients = CLIENTS[0] if name == "register" else 1
            load = market.load(asked, connections=clients, seconds=plan.seconds, token=token)
            found[name].append(load.cpu_ms)
        market.drain()
        found["relay"].append(relay_rate(market, plan.copies).cpu_ms)
        market.drain()
    return found


def growing(market: Market, plan: Plan, small: Costs) -> list[Figure]:
    """The same again, over what it was before the market grew."""
    large = costs(market, plan)
    return [
        Figure(
            f"growth_{name}",
            ratios(large[name], small[name]),
            f"{statistics.median(small[name]):.3g} → {statistics.median(large[name]):.3g}"
            + (" % of a core" if name == "idle" else " ms"),
        )
        for name in GROWING
    ]
