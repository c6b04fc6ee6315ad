"""`make mutants`: how many changes of a rule its tests notice, and which they don't.

At least nine of ten must be noticed, and each that isn't stands in `survivors.toml` with its reason.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tomllib
from pathlib import Path

from sites import Mutant
from trial import Outcome, Suite, all_mutants, try_all

_LEAST_PERCENT = 90
_LISTED = Path(__file__).with_name("survivors.toml")


def main() -> int:
    """Try all mutants or a sample, print what survives; 1 where that is too much or not listed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sample", type=int, default=0, help="try so many, chosen by the text of the rules")
    asked.add_argument("--only", default="", help="try the mutants of modules whose name contains this")
    asked.add_argument("--at-once", type=int, default=os.cpu_count() or 2)
    wanted = asked.parse_args()
    chosen = [each for each in all_mutants() if wanted.only in each[1].module]
    if wanted.sample:
        chosen = sample(chosen, wanted.sample)
    outcomes = []
    for outcome in try_all(chosen, at_once=wanted.at_once):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            print(f"\r{len(outcomes)} of {len(chosen)} ", end="", file=sys.stderr, flush=True)
    return report(outcomes, whole=not wanted.sample and not wanted.only)


def sample(mutants: list[tuple[Suite, Mutant]], size: int) -> list[tuple[Suite, Mutant]]:
    """So many of them, the same ones for the same code."""
    seed = hashlib.sha256("\n".join(each.name for _, each in mutants).encode()).hexdigest()
    return random.Random(seed).sample(mutants, min(size, len(mutants)))


def report(outcomes: list[Outcome], *, whole: bool) -> int:
    """Print the survivors and the count."""
    listed: dict[str, str] = tomllib.loads(_LISTED.read_text("utf-8"))
    survivors = sorted((each.mutant for each in outcomes if not each.killed), key=lambda each: each.name)
    unlisted = [each for each in survivors if each.name not in listed]
    for each in unlisted:
        print(f"survives: {each.name} (line {each.line})")
    gone = sorted(set(listed) - {each.name for each in survivors}) if whole else []
    for name in gone:
        print(f"listed in {_LISTED.name}, but it is noticed or no longer there: {name}")
    killed = len(outcomes) - len(survivors)
    percent = 100 * killed / len(outcomes) if outcomes else 100.0
    print(f"{killed} of {len(outcomes)} mutants noticed ({percent:.1f} %), {len(survivors)} survive")
    return 1 if percent < _LEAST_PERCENT or unlisted or gone else 0


if __name__ == "__main__":
    sys.exit(main())
