"""`python tests/scans`: what each statement of the services reads once the tables are large."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "fuzz"))

import psycopg
from allowed import Allowed
from asked import ask_all
from grown import Growing
from living import living_market, server_in
from recorded import LOGGING, Sample, Statement, recorded
from replayed import Replay
from runner import run_cases
from workers import work

from marketctl.layout import SERVICES
from shared.walls import GROUPS
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE, as_process

# Nothing of it outlives the run.
_LARGE = {
    **dict.fromkeys(("autovacuum", "full_page_writes", "synchronous_commit"), "off"),
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "256MB",
    "shared_buffers": "512MB",
}
_FEWEST_STATEMENTS = 80
_AT_ONCE = 2
_NEARLY = 0.7
# An index without which a table is scanned: each run takes it away at the end, and must notice.
_GONE = "ix_role_filings_filed_by"
_GONE_OF, _SCANNED = "registry", "role_filings"
Recorded = dict[Statement, list[Sample]]


def main() -> int:
    """Print what reads too much; 1 where anything does, or where too little was looked at."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=300)
    asked.add_argument("--seed", type=int, default=1039)
    asked.add_argument("--rows", type=int, default=50_000)
    wanted = asked.parse_args()
    began = time.monotonic()
    shm = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    allowed, problems = Allowed(), []
    with tempfile.TemporaryDirectory(prefix="market-scans-", dir=shm if os.access(shm, os.W_OK) else None) as name:
        folder = Path(name)
        with server_in(folder, LOGGING) as server:
            lists = asyncio.run(_live(server, folder, wanted.cases, wanted.seed))
        statements = recorded(folder / "pg")
        with server_in(folder, _LARGE) as server, ThreadPoolExecutor(_AT_ONCE) as threads:
            names = [service.replace("-", "_") for service in SERVICES]
            for found in threads.map(lambda name: _scans(server, name, statements, wanted.rows, allowed), names):
                problems += found
    # Chance decides what the requests meet: what they left out is told, and is no scan.
    for each in allowed.unused():
        print(f"NOTE {each}")
    for each in problems:
        print(f"WRONG {each}")
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{len(statements)} statements, {lists} lists, {len(problems)} wrong, {took}")
    return 1 if problems else 0


async def _live(server: PostgresServer, folder: Path, cases: int, seed: int) -> int:
    async with living_market(server, folder, seed) as market:
        await run_cases(market, cases, seed)
        # Chance may leave it out.
        await market.fresh("registry", "set_credit_grade")
        lists = await ask_all(market)
        await work(server, market.doors)
        return lists


def _scans(server: PostgresServer, database: str, statements: Recorded, rows: int, allowed: Allowed) -> list[str]:
    """What is wrong with one service; its database is dropped, since it is large."""
    own = {statement: samples for statement, samples in statements.items() if statement.service == database}
    dsn = server.dsn(database, APP_ROLE, APP_PASSWORD)
    with Growing(server.dsn(database), rows) as growing:
        known = growing.grow(allowed.small)
    allowed.saw(known)
    for table, count in known.items():
        if table not in allowed.small | allowed.empty and count < rows * _NEARLY:
            print(f"NOTE {database}: {table} has {count} rows: nothing is known of what reads it")
    problems = []
    if len(own) < _FEWEST_STATEMENTS:
        problems.append(f"{database}: only {len(own)} statements were sent")
    large = {table for table in known if table not in allowed.small}
    problems += _told(dsn, own, large, allowed)
    if database == _GONE_OF:
        with psycopg.connect(server.dsn(database), autocommit=True) as owner:
            owner.execute(f"DROP INDEX {_GONE}".encode())
        if not any(f": {_SCANNED}: " in each for each in _told(dsn, own, large, Allowed())):
            problems.append(f"blind: nothing was said of {_SCANNED} without {_GONE}")
    server.drop_database(database)
    return problems


def _told(dsn: str, statements: Recorded, large: set[str], allowed: Allowed) -> list[str]:
    """What the statements of a service read too much of, each as the process that sent it."""
    problems = []
    for process in GROUPS:
        with Replay(as_process(dsn, process), large) as replay:
            for statement, samples in statements.items():
                if statement.role.endswith(process):
                    problems += _judged(replay, statement, samples, allowed)
    return problems


def _judged(replay: Replay, statement: Statement, samples: list[Sample], allowed: Allowed) -> list[str]:
    # A worker goes on from where it stands: only what it asked last is asked of the grown tables.
    asked = samples[-1:] if statement.role.endswith("_worker") else samples
    readings = [replay.read(statement, each) for each in asked]
    failures = Counter(each.failure for each in readings if each.failure)
    found = {table: why for each in readings for table, why in each.too_many.items()}
    text = " ".join(statement.text.split())
    problems = [
        f"{statement.service} {statement.role}: {table}: {why}: {text[:200]} … {text[-300:]}"
        for table, why in found.items()
        if not allowed.may(statement.service, table, text)
    ]
    if failures.total() == len(readings):
        problems.append(f"{statement.service}: can't be sent again: {failures.most_common(1)[0][0]}: {text[:200]}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
