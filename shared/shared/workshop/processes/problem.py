"""The error of a process that can't start, in one sentence with the remedy."""

from __future__ import annotations

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
