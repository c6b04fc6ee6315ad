"""A service whose disk is full says so, stores nothing by halves, and goes on once there is room (F16)."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from shared.http.app import Service
from shared.workshop.testing.client import open_door
from shared.workshop.testing.small_disk import database_on_a_small_disk
from shared.workshop.testing.tokens import ServedMint


async def test_a_full_disk_is_storage_exhausted_while_reads_go_on(
    service: Service, mint: ServedMint, tmp_path: Path, make_notes_tables: Any
) -> None:
    with database_on_a_small_disk() as disk:
        make_notes_tables(disk.dsn)
        async with open_door(service, disk.dsn, mint, tmp_path) as door:
            await door.done("POST", "/v1/notes", {"label": "before"})
            disk.fill()
            large = {"label": "meanwhile", "remark": secrets.token_hex(200_000)}
            for _ in range(2):
                answer = await door.call("POST", "/v1/notes", large, key="k")
                assert (answer.status_code, answer.json()["code"]) == (503, "storage_exhausted")
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["retryable"] is True
                assert "磁盘空间已满" in answer.json()["title_zh"]
            assert len((await door.call("GET", "/v1/notes")).json()) == 1
            disk.free()
            await door.done("POST", "/v1/notes", large, key="k")
            assert len((await door.call("GET", "/v1/notes")).json()) == 2
