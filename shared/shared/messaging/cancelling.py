"""Whose cancellation it is: a bus client cancels those who wait for it when its connection goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Abandoned(Exception):
    """A client gave up what was waited for; nobody asked this task to end."""


@contextmanager
def only_asked() -> Iterator[None]:
    """A cancellation that nobody asked of this task comes out as Abandoned, an error like others.

    A task that ends cancelled is nobody's failure: its group goes on without it, and nothing says so.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Abandoned("the client cancelled what was waited for") from error
