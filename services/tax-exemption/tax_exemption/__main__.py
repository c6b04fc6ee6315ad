"""The command `market-tax-exemption http|worker|migrate`: each process of the service."""

from __future__ import annotations

import sys
from pathlib import Path

from shared.settings import read_settings
from shared.start import Processes, start
from tax_exemption.settings import Settings


def _work() -> int:
    # What only the worker needs isn't loaded by the others.
    from tax_exemption.worker import run

    return run(read_settings(Settings))


def main() -> int:
    """Become the process that the command line names; its exit status."""
    return start(Processes("tax-exemption", Path(__file__).parent, Settings, "tax_exemption.app:app", _work))


if __name__ == "__main__":
    sys.exit(main())
