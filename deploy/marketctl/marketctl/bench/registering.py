"""Registering trades over HTTP, one by one, beside pgbench; reading them, and their traces, beside registering."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any
from uuid import uuid4

import httpx

from marketctl.bench.figure import Figure, ratios
from marketctl.bench.market import Load, Market
from marketctl.bench.plan import Plan
from marketctl.bench.saying import saying
from marketctl.bench.yardsticks import pgbench, require_same_rows, rows
from marketctl.verify.questions import ask
from shared.workshop.processes.problem import ProcessProblem

CLIENTS = (16, 64)
_EVENTS_A_SECOND = 20.0
_MINE = "SELECT id FROM trades WHERE consignor_id = '{}' ORDER BY random() LIMIT 500"
_WHOLE = (
    "SELECT t.id FROM trades t WHERE consignor_id = '{}' AND EXISTS (SELECT FROM portions p WHERE p.trade_id = t.id"
    " AND departed_quantity > 0) ORDER BY random() LIMIT 100"
)


def first_trade(market: Market) -> dict[str, Any]:
    """Register one trade over HTTP: the statement of pgbench writes the same rows."""
    request = market.registrations()[0]
    headers = {"authorization": f"Bearer {market.operators_token()}", "idempotency-key": str(uuid4())}
    headers["content-type"] = "application/json"
    url = market.layout.url("trade-ledger") + request["path"]
    answer = httpx.post(url, content=request["body"].encode(), headers=headers, trust_env=False, timeout=30)
    if answer.status_code != httpx.codes.CREATED:
        raise ProcessProblem(f"the first trade was refused: {answer.text}")
    trade: dict[str, Any] = answer.json()
    return trade


def registering(market: Market, plan: Plan) -> list[Figure]:
    """In each round all of them in turn, every worker on; half of the rounds with 16 clients and half with 64."""
    market.drain()
    before = rows(market.admin("trade-ledger"))
    trade = first_trade(market)
    written = {name: number - before[name] for name, number in rows(market.admin("trade-ledger")).items()}
    requests = market.registrations()
    market.load(requests, connections=CLIENTS[0], seconds=plan.seconds / 2)
    yardsticks: list[float] = []
    loads: dict[str, list[Load]] = defaultdict(list)
    for number in range(plan.rounds):
        clients = CLIENTS[number % len(CLIENTS)]
        market.drain()
        yardsticks.append(pgbench(market, trade, clients=clients, seconds=plan.seconds))
        for name, asked in (("read", trades(market)), ("trace", traces(market))):
            loads[name].append(market.load(asked, connections=CLIENTS[0], seconds=plan.seconds))
        loads["alone"].append(market.load(requests, connections=clients, seconds=plan.seconds))
        with saying(market, ("registry", "fx-settlement", "tax-exemption"), _EVENTS_A_SECOND):
            loads["beside"].append(market.load(requests, connections=clients, seconds=plan.seconds))
        market.drain()
        calm = loads["alone"][-1].rate / 10
        loads["calm"].append(market.load(requests, connections=CLIENTS[0], seconds=plan.seconds, rate=calm))
    require_same_rows(market, written)
    return _figures(loads, yardsticks)


def _figures(loads: dict[str, list[Load]], yardsticks: list[float]) -> list[Figure]:
    rates = {name: [each.rate for each in some] for name, some in loads.items()}
    told = {name: _middle(some).told() for name, some in loads.items()}
    cpu = {name: statistics.median(each.cpu_ms for each in some) for name, some in loads.items()}
    yardstick = f"{told['alone']}; pgbench {statistics.median(yardsticks):.0f}/s"
    tail = tuple(each.p99 / each.p50 for each in loads["calm"])
    sizes = {name: f"{told[name]}, {_middle(loads[name]).bytes_each / 1024:.1f} KiB" for name in ("read", "trace")}
    return [
        Figure("register", ratios(rates["alone"], yardsticks), yardstick, cpu["alone"]),
        Figure("register_beside", ratios(rates["beside"], rates["alone"]), told["beside"], cpu["beside"]),
        Figure("tail", tail, told["calm"], cpu["calm"]),
        Figure("read", ratios(rates["read"], rates["alone"]), sizes["read"], cpu["read"]),
        Figure("trace", ratios(rates["trace"], rates["alone"]), sizes["trace"], cpu["trace"]),
    ]


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda each: each.rate)[len(loads) // 2]


def trades(market: Market) -> list[dict[str, str]]:
    """Requests for trades of the operator."""
    return _paths(market, "/v1/trades/{}", _MINE)


def traces(market: Market) -> list[dict[str, str]]:
    """Requests for the traces of its trades that went all the way to their exemption."""
    return _paths(market, "/v1/trace/{}", _WHOLE)


def _paths(market: Market, path: str, query: str) -> list[dict[str, str]]:
    found = ask(market.layout.installation, "trade-ledger", query.format(market.parties.operator))
    return [{"method": "GET", "path": path.format(trade_id)} for (trade_id,) in found]
