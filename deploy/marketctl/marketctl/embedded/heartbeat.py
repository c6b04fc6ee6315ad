"""Says what a run waits for, and for how long, while a step takes more than a moment."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

EVERY_SECONDS = 3.0
Waiting = Callable[[str], AbstractContextManager[None]]


def quietly(_: str) -> AbstractContextManager[None]:
    """Waits without a word."""
    return nullcontext()


class Heartbeat:
    """Speaks by a timer signal, in the main thread: a thread of its own must not be there when processes are forked."""

    def __init__(
        self, say: Callable[[str], None], *, every: float = EVERY_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._every = every
        self._now = now
        self._said = now()

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Inside, a line every few seconds says what is waited for; nothing else is to be said meanwhile."""
        began = self._now()

        def beat(*_: object) -> None:
            self._said = self._now()
            self._say(f"waiting for {what}   {self._said - began:.0f} s")

        handler = signal.signal(signal.SIGALRM, beat)
        # Of many short steps some are named too.
        first = min(max(self._every - (began - self._said), 0.001), self._every)
        timer = signal.setitimer(signal.ITIMER_REAL, first, self._every)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, *timer)
            signal.signal(signal.SIGALRM, handler)
