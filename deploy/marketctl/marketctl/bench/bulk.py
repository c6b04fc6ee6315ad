"""Many trades in one request, as NDJSON and as a workbook, beside pgbench with a hundred in a transaction."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from marketctl.bench.figure import Figure, ratios
from marketctl.bench.market import Load, Market
from marketctl.bench.plan import Plan
from marketctl.bench.registering import CLIENTS, first_trade
from marketctl.bench.trades import bodies_of, workbook_of
from marketctl.bench.yardsticks import pgbench
from shared.workshop.processes.problem import ProcessProblem

_EACH = 100
_ROWS = 1000
_SLIPS = 200
_OTHERS_A_SECOND = 20.0
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bulk(market: Market, plan: Plan) -> list[Figure]:
    """Rates of both over the yardstick's, and how long the callers beside them wait."""
    trade = first_trade(market)
    yardsticks: list[float] = []
    calm: list[float] = []
    sent: dict[str, list[tuple[float, float]]] = {"ndjson": [], "xlsx": []}
    waits: dict[str, list[float]] = {"ndjson": [], "xlsx": []}
    for _ in range(plan.rounds):
        market.drain()
        yardsticks.append(pgbench(market, trade, clients=CLIENTS[0], seconds=plan.seconds, trades_each=_EACH))
        calm.append(_others(market, plan.seconds).p90)
        for kind in sent:
            with _beside(market, plan.seconds) as others:
                sent[kind].append(_sent(market, kind, plan.seconds))
            waits[kind].append(others[0].p90)
    return [
        figure
        for kind in sent
        for figure in (
            Figure(
                kind,
                ratios([rate for rate, _ in sent[kind]], yardsticks),
                _told([rate for rate, _ in sent[kind]], yardsticks),
                statistics.median(cpu for _, cpu in sent[kind]),
            ),
            Figure(
                f"{kind}_others",
                ratios(waits[kind], calm),
                f"{statistics.median(calm):.0f} → {statistics.median(waits[kind]):.0f} ms",
            ),
        )
    ]


def _told(rates: list[float], yardsticks: list[float]) -> str:
    return f"{statistics.median(rates):.0f} trades/s; pgbench {statistics.median(yardsticks):.0f}/s"


def _others(market: Market, seconds: float) -> Load:
    return market.load(market.registrations(), connections=4, seconds=seconds, rate=_OTHERS_A_SECOND)


@contextmanager
def _beside(market: Market, seconds: float) -> Iterator[list[Load]]:
    """While the block runs, others register single trades; they go on for `seconds` at least."""
    found: list[Load] = []
    thread = threading.Thread(target=lambda: found.append(_others(market, seconds)))
    thread.start()
    try:
        yield found
    finally:
        thread.join()
    if not found:
        raise ProcessProblem("the callers beside the bulk of the bench were refused")


def _sent(market: Market, kind: str, seconds: float) -> tuple[float, float]:
    """Trades registered a second, one request after the other, and what each cost; making a file doesn't count."""
    path, media, content = {
        "ndjson": ("/v1/trades/bulk", "application/x-ndjson", _ndjson),
        "xlsx": ("/v1/trade-imports", _XLSX, _xlsx),
    }[kind]
    headers = {"authorization": f"Bearer {market.operators_token()}", "content-type": media}
    url = market.layout.url("trade-ledger") + path
    done, took, cpu = 0, 0.0, 0.0
    with httpx.Client(trust_env=False, timeout=300) as client:
        while took < seconds:
            body = content(market)
            used, began = market.cpu_seconds("trade-ledger"), time.monotonic()
            answer = client.post(url, content=body, headers={**headers, "idempotency-key": str(uuid4())})
            took += time.monotonic() - began
            cpu += market.cpu_seconds("trade-ledger") - used
            told: dict[str, Any] = answer.json()
            if not answer.is_success or told.get("refused"):
                raise ProcessProblem(f"{kind} of the bench was refused: {answer.text[:600]}")
            done += told["registered"]
    return done / took, cpu * 1000 / done


def _ndjson(market: Market) -> bytes:
    bodies = bodies_of(market.parties)
    return "\n".join(json.dumps(bodies[n % len(bodies)], ensure_ascii=False) for n in range(_ROWS)).encode()


def _xlsx(market: Market) -> bytes:
    """A slip is registered once: each workbook has its own numbers."""
    return workbook_of(market.parties, _SLIPS, prefix=uuid4().hex[:12])
