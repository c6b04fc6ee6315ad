"""Pages of lists: the first and the last of each for an authority, and the first for a party with few rows."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from dataclasses import dataclass

import httpx

from marketctl.bench.figure import Figure, ratios
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from marketctl.verify.questions import ask
from shared.http.paging import cursor_after
from shared.workshop.processes.problem import ProcessProblem

_PAGE = 200
_ASKED = 6
# The lists that grow with the trades: service, path, and the table and column that order it.
_LISTS = (
    ("trade-ledger", "/v1/trades", "trades", "id"),
    ("trade-ledger", "/v1/declarations", "declarations", "id"),
    ("trade-ledger", "/v1/packing-lists", "packing_lists", "id"),
    ("fx-settlement", "/v1/collections", "collections", "id"),
    ("fx-settlement", "/v1/entitlements", "entitlements", "declaration_id"),
    ("fx-settlement", "/v1/conversions", "conversions", "id"),
    ("tax-exemption", "/v1/items", "exemption_items", "portion_id"),
    ("tax-exemption", "/v1/returns", "exemption_returns", "id"),
    ("tax-exemption", "/v1/certificates", "certificates", "id"),
)
_SMALL = (
    "SELECT seller_id FROM trades JOIN subject_copies ON subject_id = seller_id WHERE"
    """ roles @> '[{"role": "stall_holder", "status": "approved", "stop_order": false}]'"""
    " GROUP BY 1 ORDER BY count(*), 1 LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came, some times: milliseconds until it was there, CPU and size of each."""

    milliseconds: float
    cpu_ms: float
    kib: float


def listing(market: Market, plan: Plan) -> list[Figure]:
    """The worst list of each kind; `detail` has them all."""
    market.drain()
    (small,) = ask(market.layout.installation, "trade-ledger", _SMALL)[0]
    tokens = {"authority": market.token("auditor"), "party": market.token("stall_holder", subject_id=str(small))}
    found: dict[str, dict[str, list[Page]]] = defaultdict(lambda: defaultdict(list))
    with httpx.Client(trust_env=False, timeout=120) as client:
        for _ in range(plan.rounds):
            for service, path, table, column in _LISTS:
                first = f"{path}?limit={_PAGE}"
                last = _last_page(market, service, first, table, column)
                for kind, asked, who in (
                    ("first", first, "authority"),
                    ("last", last, "authority"),
                    ("party", first, "party"),
                ):
                    found[path][kind].append(_page(client, market, service, asked, tokens[who]))
    return _figures(found)


def _figures(found: dict[str, dict[str, list[Page]]]) -> list[Figure]:
    figures = []
    for key, kind in (("list_last", "last"), ("list_small", "party")):
        by_list = {
            path: ratios([p.milliseconds for p in pages[kind]], [p.milliseconds for p in pages["first"]])
            for path, pages in found.items()
        }
        worst = max(by_list, key=lambda path: statistics.median(by_list[path]))
        told = "; ".join(f"{path} {statistics.median(each):.2f}" for path, each in by_list.items())
        figures.append(Figure(key, by_list[worst], told))
    cpu = {path: tuple(page.cpu_ms for page in pages["first"]) for path, pages in found.items()}
    dearest = max(cpu, key=lambda path: statistics.median(cpu[path]))
    sizes = {path: max(page.kib for each in pages.values() for page in each) for path, pages in found.items()}
    figures.append(
        Figure("list_cpu", cpu[dearest], "; ".join(f"{p} {statistics.median(each):.0f}" for p, each in cpu.items()))
    )
    told = "; ".join(f"{path} {size:.0f}" for path, size in sizes.items())
    figures.append(Figure("list_bytes", (max(sizes.values()),), told))
    return figures


def first_page(market: Market) -> list[dict[str, str]]:
    """The request for the first page of trades."""
    return [{"method": "GET", "path": f"/v1/trades?limit={_PAGE}"}]


def _last_page(market: Market, service: str, first: str, table: str, column: str) -> str:
    """Lists show the newest first: the last page holds the oldest rows."""
    query = f"SELECT {column} FROM {table} ORDER BY {column} OFFSET {_PAGE} LIMIT 1"
    found = ask(market.layout.installation, service, query)
    return f"{first}&cursor={cursor_after(found[0][0])}" if found else first


def _page(client: httpx.Client, market: Market, service: str, path: str, token: str) -> Page:
    url, headers = market.layout.url(service) + path, {"authorization": f"Bearer {token}"}
    times, size = [], 0
    before = market.cpu_seconds(service)
    for _ in range(_ASKED):
        began = time.perf_counter()
        answer = client.get(url, headers=headers)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise ProcessProblem(f"{path} of the bench was refused: {answer.text[:600]}")
        size = len(answer.content)
    used = market.cpu_seconds(service) - before
    return Page(statistics.median(times), used * 1000 / _ASKED, size / 1024)
