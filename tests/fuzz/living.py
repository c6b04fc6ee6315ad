"""A market of four services on a PostgreSQL server of its own, with every operation that it publishes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

from hearing import Hearing
from market import Market
from operations import all_operations

from marketctl.layout import ROOT, SERVICES
from marketctl.services import described
from shared.migrations import upgrade
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import open_door
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE
from shared.workshop.testing.tokens import served_mint

_DAYS = {"tax-exemption": "2026-06-08T09:00:00+08:00"}
_DAY = "2026-05-13T19:00:00+08:00"


@contextmanager
def server_in(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A PostgreSQL server whose data lie in a folder that nobody needs afterwards; `settings` are further ones."""
    quick = {"fsync": "off", "max_connections": "300", "scram_iterations": "1"}
    server = PostgresServer(folder / "pg", free_port(), settings={**quick, **(settings or {})})
    server.start()
    try:
        server.create_role(APP_ROLE, APP_PASSWORD)
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def living_market(server: PostgresServer, folder: Path, seed: int) -> AsyncIterator[Market]:
    """The four services, migrated and empty, at their days of business time."""
    async with AsyncExitStack() as stack:
        mint = stack.enter_context(served_mint())
        doors = {}
        for service in SERVICES:
            name = service.replace("-", "_")
            server.create_database(name, owner=APP_ROLE)
            dsn = server.dsn(name, APP_ROLE, APP_PASSWORD)
            await asyncio.to_thread(upgrade, ROOT / "services" / service, dsn)
            known = described(service).load_service()
            doors[service] = await stack.enter_async_context(open_door(known, dsn, mint, folder))
            doors[service].at(datetime.fromisoformat(_DAYS.get(service, _DAY)))
        _log_into(folder / "log")
        operations = {each.key: each for each in all_operations(seed)}
        yield Market(doors, operations, mint, Hearing(doors))


def _log_into(file: Path) -> None:
    """What the services log goes there, and is read where one of them fails."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(file.open("w", encoding="utf-8"))
    logging.getLogger("httpx").setLevel(logging.WARNING)
