"""Concurrent work of a process shares a transaction: what waits when one batch returns is the next batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Turns(Generic[Item, Outcome]):
    """Joins items into batches, one batch at a time; an item alone is a batch of one.

    `flush` writes a batch whole or raises. When it raises, each item of the batch is tried by itself, so that one bad
    item never fails its neighbours. Items of equal `key` never meet in one batch: the later one finds the earlier's
    effect.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]],
        *,
        key: Callable[[Item], Hashable],
        most: int = 64,
    ) -> None:
        self._flush = flush
        self._key = key
        self._most = most
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def join(self, item: Item) -> Outcome:
        """The item's own outcome, or its own failure; only after its batch has committed."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
        return await future

    async def close(self) -> None:
        """Wait for what has joined."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        while batch := self._next():
            try:
                outcomes = await self._flush([item for item, _ in batch])
            except Exception:  # noqa: BLE001 - whose fault it is shows when each is tried by itself
                for item, future in batch:
                    await self._alone(item, future)
            else:
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():
                        future.set_result(outcome)

    def _next(self) -> list[tuple[Item, asyncio.Future[Outcome]]]:
        batch: dict[Hashable, tuple[Item, asyncio.Future[Outcome]]] = {}
        later: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        while self._waiting and len(batch) < self._most:
            joined = self._waiting.popleft()
            if joined[1].done():
                continue
            if batch.setdefault(self._key(joined[0]), joined) is not joined:
                later.append(joined)
        self._waiting.extendleft(reversed(later))
        return list(batch.values())

    async def _alone(self, item: Item, future: asyncio.Future[Outcome]) -> None:
        try:
            outcome = (await self._flush([item]))[0]
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(outcome)
