"""The command `market-trade-ledger http|worker|migrate`: each process of the service."""

from __future__ import annotations

import sys
from pathlib import Path

from shared.settings import read_settings
from shared.start import Processes, start
from trade_ledger.settings import Settings


def _work() -> int:
    # What only the worker needs isn't loaded by the others.
    from trade_ledger.worker import run

    return run(read_settings(Settings))


def main() -> int:
    """Become the process that the command line names; its exit status."""
    return start(Processes("trade-ledger", Path(__file__).parent, Settings, "trade_ledger.app:app", _work))


if __name__ == "__main__":
    sys.exit(main())
