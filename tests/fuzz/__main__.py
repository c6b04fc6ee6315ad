"""`make fuzz`: generated requests to every operation of the four services, by callers who may, upon what is there."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from living import living_market, server_in
from runner import run_cases
from tally import Tally


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
    with server_in(folder) as server:
        async with living_market(server, folder, wanted.seed) as market:
            return await run_cases(market, wanted.cases, wanted.seed, wanted.only)


if __name__ == "__main__":
    sys.exit(main())
