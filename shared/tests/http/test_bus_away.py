"""Without its bus a service says so in its readiness, and goes on accepting commands (F5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.http.app import Service
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import open_door
from shared.workshop.testing.tokens import ServedMint


@pytest.mark.parametrize("kind", ["embedded", "kafka"])
async def test_a_service_without_its_bus_is_degraded_and_still_ready(
    service: Service,
    own_server: tuple[PostgresServer, str],
    dsn: str,
    mint: ServedMint,
    tmp_path: Path,
    kind: str,
) -> None:
    server, address = own_server
    port = address.rsplit(":", 1)[-1].split("/")[0]
    told = {"bus": kind, "bus_database_url": address, "kafka_bootstrap": f"127.0.0.1:1,127.0.0.1:{port}"}
    async with open_door(service, dsn, mint, tmp_path, **told) as door:
        for act, bus in ((None, "ok"), (server.stop, "degraded"), (server.start, "ok")):
            if act is not None:
                act()
            answer = await door.client.get("/readyz")
            assert (answer.status_code, answer.json()["bus"]) == (200, bus)
            await door.done("POST", "/v1/notes", {"label": f"{act}"})
