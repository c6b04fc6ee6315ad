"""From the commit in one service until another has applied it, at little load."""

from __future__ import annotations

import statistics
import time
from uuid import uuid4

import httpx
import psycopg

from marketctl.bench.figure import Figure
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from shared.workshop.processes.problem import ProcessProblem

_A_SECOND = 10.0
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.002


def latency(market: Market, plan: Plan) -> list[Figure]:
    """Milliseconds from a trade's answer until fx-settlement has it; each round is a part of the acts."""
    market.drain()
    requests, token = market.registrations(), market.operators_token()
    url, waits = market.layout.url("trade-ledger") + "/v1/trades", []
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        psycopg.connect(market.admin("fx-settlement"), autocommit=True) as there,
    ):
        for n in range(plan.acts):
            due = time.monotonic() + 1 / _A_SECOND
            headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
            headers["content-type"] = "application/json"
            answer = client.post(url, content=requests[n % len(requests)]["body"].encode(), headers=headers)
            committed = time.perf_counter()
            trade = answer.raise_for_status().json()["id"]
            _wait_for(there, trade, committed)
            waits.append((time.perf_counter() - committed) * 1000)
            time.sleep(max(0, due - time.monotonic()))
    bus, parts = market.layout.bus, min(plan.rounds, 2)
    cuts = [statistics.quantiles(waits[n::parts], n=100) for n in range(parts)]
    told = f"{plan.acts} acts, {_A_SECOND:.0f} a second at most"
    return [
        Figure(f"{bus}_p50", tuple(each[49] for each in cuts), told),
        Figure(f"{bus}_p99", tuple(each[98] for each in cuts), told),
    ]


def _wait_for(there: psycopg.Connection[tuple[object, ...]], trade: str, committed: float) -> None:
    while not there.execute("SELECT FROM trade_copies WHERE trade_id = %s", (trade,)).fetchall():
        if time.perf_counter() > committed + _PATIENCE_SECONDS:
            raise ProcessProblem(f"fx-settlement had not applied a trade after {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_PAUSE_SECONDS)
