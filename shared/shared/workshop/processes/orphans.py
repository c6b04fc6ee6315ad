"""Ends child processes when their supervisor is killed."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable

_SIGNAL_AT_PARENTS_END = 1
# Loaded here: between fork and exec nothing may be imported.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def ended_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `sign` when the thread that starts the process ends, however it ends."""
    number = int(sign)

    def ask_kernel() -> None:
        if _PRCTL is not None:
            _PRCTL(_SIGNAL_AT_PARENTS_END, number)

    return ask_kernel
