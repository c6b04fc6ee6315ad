"""Tells a requested cancellation from a bus client's own: it cancels its waiters when the connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Abandoned(Exception):
    """A client cancelled the awaited call although nobody asked this task to end."""


@contextmanager
def only_asked() -> Iterator[None]:
    """Turn a cancellation that nobody requested of this task into Abandoned, an ordinary error.

    Otherwise the task would end as cancelled, and its task group would continue without it in silence.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Abandoned("the client cancelled what was waited for") from error


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until asked to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
