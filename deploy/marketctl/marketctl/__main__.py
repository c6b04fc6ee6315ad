"""`marketctl`, and `python -m marketctl`."""

from __future__ import annotations

import sys


def start() -> None:
    """Run the command line; Ctrl-C while the programs are still being loaded ends it without a stack trace."""
    try:
        from marketctl.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
