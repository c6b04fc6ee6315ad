"""`make fuzz`: generated requests to every operation of the four services, by callers who may, upon what is there."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from hearing import Hearing
from market import Market
from operations import all_operations
from runner import run_cases
from tally import Tally

from marketctl.layout import ROOT, SERVICES
from marketctl.services import described
from shared.migrations import upgrade
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import open_door
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE
from shared.workshop.testing.tokens import served_mint

_DAYS = {"tax-exemption": "2026-06-08T09:00:00+08:00"}
_DAY = "2026-05-13T19:00:00+08:00"


def main() -> int:
    """Send the cases and print what came of them; 1 where something must not be."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=6000)
    asked.add_argument("--seed", type=int, default=1039)
    asked.add_argument("--only", default="", help="operations whose service and name contain this")
    asked.add_argument("--explain", action="store_true", help="show refusals of requests that should be accepted")
    wanted = asked.parse_args()
    began = time.monotonic()
    shm = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    with tempfile.TemporaryDirectory(prefix="market-fuzz-", dir=shm if os.access(shm, os.W_OK) else None) as folder:
        tally = asyncio.run(_run(Path(folder), wanted))
    problems = tally.problems()
    print(tally.table())
    if wanted.explain:
        for key, texts in sorted(tally.sound_refused.items()):
            print(f"  {key[0]} {key[1]}", *texts, sep="\n    ")
    for each in problems[:50]:
        print(f"WRONG {each}")
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{tally.totals()} {len(problems)} wrong, {tally.made} made, seed {wanted.seed}, {took}")
    return 1 if problems else 0


async def _run(folder: Path, wanted: argparse.Namespace) -> Tally:
    settings = {"fsync": "off", "max_connections": "300", "scram_iterations": "1"}
    server = PostgresServer(folder / "pg", free_port(), settings=settings)
    server.start()
    try:
        server.create_role(APP_ROLE, APP_PASSWORD)
        async with AsyncExitStack() as stack:
            mint = stack.enter_context(served_mint())
            doors = {}
            for service in SERVICES:
                name = service.replace("-", "_")
                server.create_database(name, owner=APP_ROLE)
                dsn = server.dsn(name, APP_ROLE, APP_PASSWORD)
                await asyncio.to_thread(upgrade, ROOT / "services" / service, dsn)
                known = described(service).load_service()
                doors[service] = await stack.enter_async_context(open_door(known, dsn, mint, folder))
                doors[service].at(datetime.fromisoformat(_DAYS.get(service, _DAY)))
            log_into(folder / "log")
            operations = {each.key: each for each in all_operations(wanted.seed)}
            market = Market(doors, operations, mint, Hearing(doors))
            return await run_cases(market, wanted.cases, wanted.seed, wanted.only)
    finally:
        server.stop()


def log_into(file: Path) -> None:
    """What the services log goes there, and is read where one of them fails."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(file.open("w", encoding="utf-8"))
    logging.getLogger("httpx").setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
