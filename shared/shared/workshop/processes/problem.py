"""The error of a process that can't start, in one sentence with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC


class ProcessProblem(Exception):
    """One sentence for the person at the terminal."""


def sentence_of(error: OSError) -> str:
    """What the system refused, and what to do."""
    where = error.filename or "the system"
    if isinstance(error, PermissionError):
        return f"{where} is not for this account: run as the account that owns it, or give it to this one"
    if error.errno == ENOSPC:
        return f"{where}: the disk is full: free some space and run again"
    return f"{where}: {error.strerror or error}"


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Inside the block an interrupt stays one, whatever its clean-up raises (a half closed connection does)."""
    try:
        yield
    except Exception as error:
        cause = error.__context__
        while cause is not None:
            if isinstance(cause, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            cause = cause.__context__
        raise
