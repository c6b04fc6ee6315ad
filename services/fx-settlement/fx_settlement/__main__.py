"""The command `market-fx-settlement http|worker|migrate`: each process of the service."""

from __future__ import annotations

import sys
from pathlib import Path

from fx_settlement.settings import Settings
from shared.settings import read_settings
from shared.start import Processes, start


def _work() -> int:
    # What only the worker needs isn't loaded by the others.
    from fx_settlement.worker import run

    return run(read_settings(Settings))


def main() -> int:
    """Become the process that the command line names; its exit status."""
    return start(Processes("fx-settlement", Path(__file__).parent, Settings, "fx_settlement.app:app", _work))


if __name__ == "__main__":
    sys.exit(main())
