"""What the figures are compared with: PostgreSQL by pgbench, with rows like those that the service writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import psycopg
from psycopg import sql

from marketctl.bench.market import YARDSTICK, Market
from marketctl.bench.statement import STATEMENT, TABLES
from marketctl.bench.trades import TRADE_DATE
from shared.workshop.processes.problem import ProcessProblem

# So that 64 clients are connected, and measured, on a busy machine too.
_LEAST_SECONDS = 4
_PLANS = {"PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off"}


def pgbench(market: Market, trade: dict[str, Any], *, clients: int, seconds: float, trades_each: int = 1) -> float:
    """Trades written a second, so many in a transaction, by one hand-written statement for each."""
    script = market.layout.folder / "yardstick.sql"
    statement = " ".join(STATEMENT.split())
    script.write_text(statement if trades_each == 1 else "\n".join(["BEGIN;", *[statement] * trades_each, "COMMIT;"]))
    postgres = market.platform.postgres
    command = [str(postgres.tool("pgbench")), "-n", "-M", "prepared", "-c", str(clients), "-j", "2"]
    command += ["-T", str(max(_LEAST_SECONDS, round(seconds))), "-f", str(script)]
    for name, value in _variables(market, trade).items():
        command += ["-D", f"{name}={value}"]
    command += [postgres.dsn(YARDSTICK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **_PLANS})
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None:
        raise ProcessProblem(f"pgbench failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return float(rate.group(1)) * trades_each


def _variables(market: Market, trade: dict[str, Any]) -> dict[str, str]:
    state = json.dumps(trade["trade"], ensure_ascii=False, separators=(",", ":"))
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in trade["trade"]["lines"]]
    quoted = ",".join('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in lines)
    return {
        "actor": "bench",
        "trade_date": TRADE_DATE,
        "operator": str(market.parties.operator),
        "seller": str(market.parties.seller),
        "buyer": str(market.parties.buyer),
        "headers": json.dumps({"content-type": "application/json", "location": f"/v1/trades/{trade['id']}"}),
        "answer": json.dumps(trade, ensure_ascii=False, separators=(",", ":")),
        "state": state,
        "lines": "{" + quoted + "}",
        "payload": '{"trade":' + state + ',"reason":""}',
        "total": trade["trade"]["total"],
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def rows(dsn: str) -> dict[str, int]:
    """How many rows each table has that a registered trade may write."""
    with psycopg.connect(dsn) as connection:
        return {name: _count(connection, name) for name in TABLES}


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(found[0]) if found else 0


def require_same_rows(market: Market, written: dict[str, int]) -> None:
    """ProcessProblem where the yardstick's statement writes other rows for a trade than the service wrote."""
    counted = rows(market.platform.postgres.dsn(YARDSTICK))
    by_hand = {name: number / counted["trades"] for name, number in counted.items()}
    if by_hand != written:
        raise ProcessProblem(f"the statement and the service write different rows per trade: {by_hand} and {written}")
