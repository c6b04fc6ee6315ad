"""A free port belongs to the process that asked for it, also while nothing listens on it."""

from __future__ import annotations

import subprocess
import sys

from shared.workshop.processes.ports import free_port, port_owner

_ASK = """
import sys
from shared.workshop.processes import ports
mine = int(sys.argv[1])
ports._FREE = [mine] * 10**6 + list(ports._FREE)
print(ports.free_port())
"""


def test_no_other_process_is_given_a_port_that_was_chosen_and_does_not_listen_yet() -> None:
    mine = free_port()
    asked = [sys.executable, "-c", _ASK, str(mine)]
    given = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
    assert int(given) != mine
    assert port_owner(mine) is None
