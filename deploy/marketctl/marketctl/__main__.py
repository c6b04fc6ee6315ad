"""`python -m marketctl`."""

import sys

try:
    from marketctl.cli import main

    main()
except KeyboardInterrupt:
    # Ctrl-C while the programs are still being loaded: nothing has been started, and a stack trace says nothing.
    sys.exit(130)
