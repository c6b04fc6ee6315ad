"""Connections of a process for statements that it keeps prepared, beside those of its sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg


@asynccontextmanager
async def prepared_pool(
    dsn: str, name: str, *, most: int, connection_class: type[Any] = asyncpg.Connection, **settings: str
) -> AsyncIterator[Any]:
    """A pool of at most so many connections for as long as the block runs; `settings` are the server's for them."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=most,
        connection_class=connection_class,
        reset=_keep_as_it_is,
        server_settings={
            "application_name": name,
            "timezone": "UTC",
            "statement_timeout": "60000",
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
            **settings,
        },
    )
    try:
        yield pool
    finally:
        await pool.close()


async def _keep_as_it_is(connection: Any) -> None:
    """What is set on a connection is for all who take it, so nothing is reset: that would be a round trip per batch."""
