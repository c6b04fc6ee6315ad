"""`make bench`: registering a trade over HTTP as a ratio of pgbench's one-statement rate, on the same PostgreSQL."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from marketctl.bench.statement import STATEMENT, TABLES
from marketctl.bench.trades import STALL, Parties, bodies_of
from marketctl.embedded.children import start_child
from marketctl.embedded.issuer_key import kept_mint
from marketctl.layout import ROOT
from shared.clock import Clock
from shared.database import make_engine, make_sessions
from shared.migrations import upgrade
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.testing.registry_events import commodity_list, export_agency, hear, places, subject
from shared.workshop.testing.signing import event_keys_file
from shared.workshop.tokens import AUDIENCE, ISSUER
from trade_ledger.consumers.subscriptions import subscriptions

_CLIENTS = 16
_WORKERS = 2
_EVENTS_A_SECOND = 20


class Bench:
    """One PostgreSQL with trade-ledger's database, one service on it, and the two loads."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder = folder
        self.seconds = seconds
        self.port = free_port()
        self.parties = Parties(uuid4(), uuid4(), uuid4(), uuid4())
        self.postgres = PostgresServer(folder / "pg", free_port())
        self.dsn = ""
        self.token = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything; stop it at the end."""
        self.postgres.start()
        try:
            self.postgres.create_role("trade_ledger", "bench")
            self.postgres.create_database("trade_ledger", owner="trade_ledger")
            self.dsn = self.postgres.dsn("trade_ledger", "trade_ledger", "bench")
            upgrade(ROOT / "services" / "trade-ledger", self.dsn)
            asyncio.run(self._seed())
            with self._service():
                yield
        finally:
            self.postgres.stop()

    async def _seed(self) -> None:
        """The copies as registry's events make them, through the service's own projections."""
        who = self.parties
        engine = make_engine(self.dsn)
        async with make_sessions(engine).begin() as session:
            await hear(
                session,
                subscriptions,
                *places(uuid4()),
                subject("stall_holder", subject_id=who.seller, stall=STALL),
                subject("operator", subject_id=who.operator),
                subject("buyer", subject_id=who.buyer, status="effective"),
                export_agency(who.seller, who.operator, agreement_id=who.agency),
                *commodity_list("positive", [{"hs_prefix": "82"}, {"hs_prefix": "83"}]),
                *commodity_list("negative", [{"hs_prefix": "9304"}]),
            )
        await engine.dispose()

    @contextmanager
    def _service(self) -> Iterator[None]:
        issuer_port = free_port()
        key_file = self.folder / "issuer.pem"
        clock_file = self.folder / "clock.json"
        Clock("sandbox", clock_file).move_to(datetime(2026, 5, 13, 1, tzinfo=UTC))
        self.token = kept_mint(key_file).token("operator", subject_id=self.parties.operator, actor="bench", minutes=60)
        told = {
            "ENVIRONMENT": "sandbox",
            "DATABASE_URL": self.postgres.dsn("trade_ledger", "trade_ledger_http", "bench"),
            "ISSUER": ISSUER,
            "AUDIENCE": AUDIENCE,
            "JWKS_URL": f"http://127.0.0.1:{issuer_port}/jwks.json",
            "SEALING_KEY": "bench",
            "ACTOR_KEY": "bench",
            "EVENT_KEYS": str(event_keys_file(self.folder)),
            "CLOCK_FILE": str(clock_file),
            "LOG_LEVEL": "WARNING",
            # One account sends all of it.
            "RATE_PER_SECOND": "100000",
            "RATE_BURST": "1000000",
        }
        issuer = start_child(
            "issuer",
            ["marketctl.embedded.issuer"],
            {"ENVIRONMENT": "sandbox", "ISSUER_KEY_FILE": str(key_file), "PORT": str(issuer_port)},
            self.folder / "issuer.log",
        )
        command = ["marketctl.bench.serving", str(self.port), str(_WORKERS)]
        service = start_child("trade-ledger", command, told, self.folder / "trade-ledger.log")
        try:
            issuer.wait_ready(f"http://127.0.0.1:{issuer_port}/livez")
            service.wait_ready(f"http://127.0.0.1:{self.port}/readyz")
            yield
        finally:
            service.stop()
            issuer.stop()

    def bodies(self) -> list[dict[str, Any]]:
        """Ready-made trades of five lines."""
        return bodies_of(self.parties)

    def register_one(self) -> dict[str, Any]:
        """Register one trade over HTTP: the statement of pgbench writes the same rows."""
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid4())}
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/v1/trades", json=self.bodies()[0], headers=headers, trust_env=False
        )
        if answer.status_code != httpx.codes.CREATED:
            raise ProcessProblem(f"the first trade was refused: {answer.text}")
        trade: dict[str, Any] = answer.json()
        return trade

    def http(self, run: int) -> tuple[int, float]:
        """Trades registered over HTTP, and their rate."""
        plan = self.folder / f"plan-{run}.json"
        content = {"port": self.port, "token": self.token, "bodies": self.bodies(), "run": f"run-{run}"}
        plan.write_text(json.dumps({**content, "seconds": self.seconds, "connections": _CLIENTS}), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "marketctl.bench.load", str(plan)], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        if found["failed"]:
            raise ProcessProblem(f"{found['failed']} trades failed over HTTP: {found['failure']}")
        return found["registered"], found["registered"] / found["seconds"]

    @contextmanager
    def events_about_others(self) -> Iterator[None]:
        """While the block runs, registry says things about strangers, applied as the worker applies them."""
        over = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._hear_of_others(over)))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    async def _hear_of_others(self, over: threading.Event) -> None:
        engine = make_engine(self.dsn)
        while not over.is_set():
            async with make_sessions(engine).begin() as session:
                await hear(session, subscriptions, subject("buyer"), export_agency(uuid4(), uuid4()))
            await asyncio.sleep(2 / _EVENTS_A_SECOND)
        await engine.dispose()

    def pgbench(self, trade: dict[str, Any]) -> tuple[int, float]:
        """Trades written by the hand-written statement, and their rate."""
        script = self.folder / "yardstick.sql"
        script.write_text(" ".join(STATEMENT.split()), "utf-8")
        variables = self._variables(trade)
        command = [str(self.postgres.tool("pgbench")), "-n", "-M", "prepared", "-c", str(_CLIENTS), "-j", "2"]
        command += ["-T", str(max(1, round(self.seconds))), "-f", str(script)]
        for name, value in variables.items():
            command += ["-D", f"{name}={value}"]
        told = {**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off"}
        done = subprocess.run([*command, self.dsn], capture_output=True, text=True, check=False, env=told)
        if done.returncode:
            raise ProcessProblem(f"pgbench failed: {done.stderr.strip()[:600]}")
        written = re.search(r"number of transactions actually processed: (\d+)", done.stdout)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if written is None or rate is None:
            raise ProcessProblem("pgbench said nothing that can be read")
        return int(written.group(1)), float(rate.group(1))

    def _variables(self, trade: dict[str, Any]) -> dict[str, str]:
        state = json.dumps(trade["trade"], ensure_ascii=False, separators=(",", ":"))
        lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in trade["trade"]["lines"]]
        quoted = ",".join('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in lines)
        return {
            "actor": "bench",
            "operator": str(self.parties.operator),
            "seller": str(self.parties.seller),
            "buyer": str(self.parties.buyer),
            "headers": json.dumps({"content-type": "application/json", "location": f"/v1/trades/{trade['id']}"}),
            "answer": json.dumps(trade, ensure_ascii=False, separators=(",", ":")),
            "state": state,
            "lines": "{" + quoted + "}",
            "payload": '{"trade":' + state + ',"reason":""}',
            "total": trade["trade"]["total"],
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }

    def rows(self) -> dict[str, int]:
        """How many rows each table has that a trade may write."""
        with psycopg.connect(self.dsn) as connection:
            return {name: self._count(connection, name) for name in TABLES}

    def _count(self, connection: psycopg.Connection[Any], table: str) -> int:
        found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        return int(found[0]) if found else 0

    def transactions(self) -> int:
        """Transactions committed in the database so far, once its statistics no longer change."""
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as connection:
            seen = -1
            while True:
                row = connection.execute(
                    "SELECT xact_commit FROM pg_stat_database WHERE datname = 'trade_ledger'"
                ).fetchone()
                now = int(row[0]) if row else 0
                if now == seen:
                    return now
                seen = now
                time.sleep(1.2)


def _per_trade(before: dict[str, int], after: dict[str, int], trades: int) -> dict[str, float]:
    return {name: round((after[name] - before[name]) / trades, 3) for name in TABLES}


def measure(bench: Bench, rounds: int) -> float:
    """Alternate the two loads, check that they write the same rows, and print both rates."""
    trade = bench.register_one()
    bench.http(0)
    rates: dict[str, list[float]] = {"http": [], "pgbench": [], "events": []}
    statements = 0.0
    for number in range(1, rounds + 1):
        start = bench.rows()
        written, rate = bench.pgbench(trade)
        rates["pgbench"].append(rate)
        middle, committed = bench.rows(), bench.transactions()
        registered, rate = bench.http(number)
        rates["http"].append(rate)
        statements = (bench.transactions() - committed) / registered
        by_hand, by_http = _per_trade(start, middle, written), _per_trade(middle, bench.rows(), registered)
        if by_hand != by_http:
            raise ProcessProblem(f"the two loads write different rows per trade: {by_hand} and {by_http}")
        with bench.events_about_others():
            rates["events"].append(bench.http(rounds + number)[1])
        print(
            f"round {number}: pgbench {rates['pgbench'][-1]:8.0f} trades/s   HTTP {rate:8.0f} trades/s"
            f"   with events {rates['events'][-1]:8.0f} trades/s",
            flush=True,
        )
    print(f"rows per trade, both: {by_http}")
    print(
        f"pgbench -M prepared -c {_CLIENTS}: {statistics.median(rates['pgbench']):.0f} trades/s, 1 statement per trade"
    )
    http_rate = statistics.median(rates["http"])
    print(
        f"HTTP, {_CLIENTS} connections:  {http_rate:.0f} trades/s, {statements:.2f} statements per trade, all included"
    )
    beside = statistics.median(rates["events"]) / statistics.median(rates["pgbench"])
    print(f"ratio {beside:.2f} while registry says {_EVENTS_A_SECOND} things a second about others")
    return http_rate / statistics.median(rates["pgbench"])


def main() -> int:
    """Run the bench; the last line is the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-bench-") as folder:
        bench = Bench(Path(folder), asked.seconds)
        with bench.running():
            ratio = measure(bench, asked.rounds)
    print(f"ratio {ratio:.2f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ProcessProblem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
