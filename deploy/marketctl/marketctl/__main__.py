"""`python -m marketctl`."""

from marketctl.cli import main

main()
