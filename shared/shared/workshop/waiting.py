"""Waits by polling for what sends no notification: another process, a database, a broker."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable


async def until(reached: Callable[[], object], *, seconds: float = 90, pause: float = 0.05) -> None:
    """Return once `reached`, a function or a coroutine function, answers something true; TimeoutError after a time."""
    async with asyncio.timeout(seconds):
        while True:
            answer = reached()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(pause)


def wait_until(reached: Callable[[], object], *, seconds: float = 90, pause: float = 0.05) -> bool:
    """Whether `reached` returned a true value in time; it is called at least once."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
