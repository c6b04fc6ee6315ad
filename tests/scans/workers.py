"""What the services' workers do beside hearing: they carry what was said, chain the trail and purge keys."""

from __future__ import annotations

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.chaining import Chaining
from shared.http.kept_keys import KeyPurge
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.outbox import Sender
from shared.messaging.relay import Relay
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import Door
from shared.workshop.testing.running import running, sql
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE, as_process
from shared.workshop.testing.signing import SIGNERS, TRUST
from shared.workshop.waiting import until

_BUS = "bus"
_CARRIED = "SELECT (SELECT count(*) FROM outbox) = (SELECT count(*) FROM outbox_positions)"
_STARTS = 2
"""A worker that starts again knows its topics; one that starts first doesn't."""


async def work(server: PostgresServer, doors: dict[str, Door]) -> None:
    """Let each service's worker start twice, and do all that waits for it."""
    server.create_database(_BUS, owner=APP_ROLE)
    bus = EmbeddedBus(server.dsn(_BUS, APP_ROLE, APP_PASSWORD))
    try:
        for service in SERVICES:
            for _ in range(_STARTS):
                await _work(server, service, doors[service], bus)
    finally:
        await bus.close()


async def _work(server: PostgresServer, service: str, door: Door, bus: EmbeddedBus) -> None:
    owner = server.dsn(service.replace("-", "_"), APP_ROLE, APP_PASSWORD)
    chaining = Chaining(described(service).http_tables)
    while await chaining(door.worker):
        pass
    # What it chained to is known only once it has looked again.
    await chaining(door.worker)
    await KeyPurge(service, days=30)(door.worker)
    relay = Relay(service, as_process(owner, "worker"), bus, Sender(SIGNERS[service]), TRUST, HeadPublisher(service))
    async with running(relay):
        await until(lambda: sql(owner, _CARRIED))
