"""Parts of a worker that run beside a test, and one statement on a database that the test looks at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    """Run relays and consumers until the block ends; their failures surface."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@contextmanager
def logging_kept() -> Iterator[None]:
    """A worker that runs inside the test sets up logging, onto an output that ends with the test: it is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)


async def sql(dsn: str, statement: str, *values: Any) -> Any:
    """The first value that a statement gives, on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()
