"""Without its database a service answers 503, and works again by itself once the database is back (F7, I14)."""

from __future__ import annotations

from pathlib import Path

from shared.http.app import Service
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.client import open_door
from shared.workshop.testing.tokens import ServedMint


async def test_a_stopped_database_is_503_until_it_is_back(
    service: Service, own_server: tuple[PostgresServer, str], mint: ServedMint, tmp_path: Path
) -> None:
    server, dsn = own_server
    async with open_door(service, dsn, mint, tmp_path) as door:
        await door.done("POST", "/v1/notes", {"label": "before"})
        assert (await door.client.get("/readyz")).status_code == 200
        server.stop()
        for answer in (
            await door.call("POST", "/v1/notes", {"label": "meanwhile"}, key="k"),
            await door.call("POST", "/v1/notes", {"label": "meanwhile"}, key="k"),
            await door.call("GET", "/v1/notes"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["retryable"] is True
        assert (await door.client.get("/readyz")).status_code == 503
        assert (await door.client.get("/livez")).status_code == 200
        server.start()
        await door.done("POST", "/v1/notes", {"label": "meanwhile"}, key="k")
        assert (await door.client.get("/readyz")).status_code == 200
        assert len((await door.call("GET", "/v1/notes")).json()) == 2
