"""A declaration of many packed lines: its submission, customs' receipts on it, the return of its portions."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from marketctl.bench.figure import Figure, ratios
from marketctl.bench.market import Market
from marketctl.bench.plan import Plan
from marketctl.bench.trades import bodies_of
from marketctl.sample.callers import Callers, Unexpected
from marketctl.verify.questions import ask
from shared.clock import Clock
from shared.workshop.processes.problem import ProcessProblem

_EXPORTED = datetime.fromisoformat("2026-05-13T09:00:00+08:00")
_FILED = datetime.fromisoformat("2026-06-08T09:00:00+08:00")
_DAY, _MONTH = "2026-05-13", "2026-05"
_RECEIPTS = (("accepted", "10:00"), ("inspected", "11:00"), ("released", "13:00"), ("departed", "17:00"))
_LINES = 5
_FILER = "SELECT state ->> 'exemption_filer_id' FROM trades WHERE state ->> 'export_agency_id' = '{}' LIMIT 1"
_CHOICE = "SELECT choice FROM rate_choices WHERE stall_holder_id = '{}' LIMIT 1"
_SITE = "SELECT place_id FROM place_copies WHERE kind = 'site' AND content ->> 'kind' = 'supervised_site' LIMIT 1"
T = TypeVar("T")
_MOST = {"bulk": 500, "handover": 200, "pack": 1000}


@dataclass(frozen=True, slots=True)
class Declared:
    """Seconds that submission took, and each receipt."""

    submission: float
    receipts: tuple[float, ...]
    cpu_ms: float


def declaring(market: Market, plan: Plan) -> list[Figure]:
    """The small one and the large one in turn; then one return of all that left."""
    small, large = plan.portions
    found: dict[int, list[Declared]] = {small: [], large: []}
    clock = Clock("sandbox", market.layout.clock_file)
    callers = Callers(market.layout)
    try:
        clock.move_to(_EXPORTED)
        for _ in range(plan.parcels):
            for portions, some in found.items():
                some.append(_Exporter(market, callers).export(portions))
        market.drain()
        clock.move_to(_FILED)
        seconds, items = _file_return(market, callers)
    except Unexpected as unexpected:
        raise ProcessProblem(f"the large declaration of the bench went wrong: {unexpected}") from unexpected
    finally:
        clock.move_to(_FILED)
        callers.close()
    times = [[each.submission for each in found[portions]] for portions in (large, small)]
    told = f"{large} ÷ {small} lines: {min(times[0]):.2f} s ÷ {min(times[1]):.2f} s"
    receipts = tuple(seconds for each in found[large] for seconds in each.receipts)
    slowest = ", ".join(
        f"{kind} {took:.2f}" for (kind, _), took in zip(_RECEIPTS, found[large][-1].receipts, strict=True)
    )
    return [
        Figure("declaration", ratios(*times), told, min(each.cpu_ms for each in found[large])),
        Figure("receipt", receipts, f"{large} portions: {slowest} s"),
        Figure("return", (seconds,), f"{items} portions"),
    ]


class _Exporter:
    """Takes goods from their trades to their departure as the operator of the bench."""

    _serial = itertools.count(1)

    def __init__(self, market: Market, callers: Callers) -> None:
        self._market = market
        self._callers = callers
        self._name = f"bench-{uuid4().hex[:12]}"
        self._who = {"role": "operator", "actor": "bench", "subject_id": str(market.parties.operator)}
        (self._site,) = ask(market.layout.installation, "trade-ledger", _SITE)[0]

    def _done(self, path: str, body: Any = None, key: str = "", **how: Any) -> dict[str, Any]:
        how = {**self._who, **how}
        return self._callers.done("POST", "trade-ledger", path, body, key=f"{self._name}:{key or path}", **how)

    def export(self, portions: int) -> Declared:
        """Declare so many packed lines of one trade line each, and have them leave."""
        packed = self._packed(self._registered(portions // _LINES))
        body = {"packing_list_ids": packed, "customs_office": "8012", "port": "8011", "price_term": "FOB"}
        draft = self._done("/v1/declarations", body | {"currency": "USD", "simplified": False})
        used = self._market.cpu_seconds("trade-ledger")
        took, _ = self._timed(f"/v1/declarations/{draft['id']}/submissions", version=draft["version"])
        cpu_ms = (self._market.cpu_seconds("trade-ledger") - used) * 1000
        return Declared(took, tuple(self._receipts(draft["id"])), cpu_ms)

    def _timed(self, path: str, body: Any = None, **how: Any) -> tuple[float, dict[str, Any]]:
        began = time.monotonic()
        answer = self._done(path, body, **how)
        return time.monotonic() - began, answer

    def _registered(self, trades: int) -> list[dict[str, Any]]:
        """Trades of five lines, handed over to the operator."""
        form = bodies_of(self._market.parties)[0] | {"trade_date": _DAY}
        forms = [form | {"document_hashes": [uuid4().hex + uuid4().hex]} for _ in range(trades)]
        ids: list[str] = []
        for number, some in enumerate(_batches(forms, _MOST["bulk"])):
            content = "\n".join(json.dumps(each, ensure_ascii=False) for each in some).encode()
            report = self._done("/v1/trades/bulk", content=content, key=f"trades:{number}")
            ids += [result["id"] for result in report["results"]]
        for number, some_ids in enumerate(_batches(ids, _MOST["handover"])):
            self._done("/v1/handovers", {"trade_ids": some_ids}, key=f"handover:{number}")
        how: dict[str, Any] = self._who
        return [self._callers.done("GET", "trade-ledger", f"/v1/trades/{each}", **how) for each in ids]

    def _packed(self, trades: list[dict[str, Any]]) -> list[str]:
        """Sealed packing lists that hold a part of each line, on a sealed load that has arrived."""
        load = self._done("/v1/loads", {"vehicle": f"渝A{next(self._serial):05}"})
        lines = [
            {"trade_line_id": line["line_id"], "quantity": "10", "packages": 1, "gross_weight_kg": "4.6"}
            | {"net_weight_kg": "4.2", "volume_m3": "0.02"}
            for trade in trades
            for line in trade["trade"]["lines"]
        ]
        found: list[str] = []
        for number, some in enumerate(_batches(lines, _MOST["pack"])):
            begun = {"load_id": load["id"], "destination": "RU"}
            held = self._done("/v1/packing-lists", begun, key=f"packing list:{number}")
            path = f"/v1/packing-lists/{held['id']}"
            held = self._done(f"{path}/lines", {"lines": some}, version=held["version"])
            self._done(f"{path}/seals", version=held["version"])
            found.append(held["id"])
        seal = {"seal_number": f"SL-{self._name}"}
        load = self._done(f"/v1/loads/{load['id']}/seals", seal, version=load["version"])
        arrival, site = {"arrived_at": f"{_DAY}T08:30:00+08:00"}, {"role": "site_operator", "site_id": str(self._site)}
        self._callers.done(
            "POST", "trade-ledger", f"/v1/loads/{load['id']}/arrivals", arrival, version=load["version"], **site
        )
        return found

    def _receipts(self, declaration_id: str) -> list[float]:
        number = f"80122026{9_000_000_000 + next(self._serial)}"
        took = []
        for kind, at in _RECEIPTS:
            receipt = {"receipt_id": f"R-{self._name}-{kind}", "kind": kind, "issued_at": f"{_DAY}T{at}:00+08:00"}
            receipt |= {"customs_number": number, **({"export_date": _DAY} if kind == "departed" else {})}
            path, customs = f"/v1/declarations/{declaration_id}/receipts", {"role": "customs", "actor": "customs"}
            began = time.monotonic()
            self._callers.done("POST", "trade-ledger", path, receipt, key=f"{self._name}:receipt:{kind}", **customs)
            took.append(time.monotonic() - began)
        return took


def _batches(some: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (some[at : at + most] for at in range(0, len(some), most))


def _file_return(market: Market, callers: Callers) -> tuple[float, int]:
    """Seconds, and how many portions the return holds."""
    seller = str(market.parties.seller)
    kept = ask(market.layout.installation, "tax-exemption", _CHOICE.format(seller))
    body = {"stall_holder_id": seller, "month": _MONTH, "rate_choice": kept[0][0] if kept else "sale_day"}
    agency = _FILER.format(market.parties.agency)
    (filer,) = ask(market.layout.installation, "trade-ledger", agency)[0]
    role = "operator" if filer == str(market.parties.operator) else "stall_holder"
    who = {"role": role, "actor": "bench", "subject_id": filer}
    began = time.monotonic()
    filed = callers.done("POST", "tax-exemption", "/v1/returns", body, key=f"bench:{uuid4()}", **who)
    took = time.monotonic() - began
    query = f"SELECT count(*) FROM return_lines WHERE return_id = '{filed['id']}'"
    (items,) = ask(market.layout.installation, "tax-exemption", query)[0]
    return took, items
