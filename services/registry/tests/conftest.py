from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from registry.app import service
from shared.testing.client import Door, open_door
from shared.testing.services import MakeServiceDatabase
from shared.testing.tokens import ServedMint

PILOT = {
    "name": "Longshui",
    "name_zh": "龙水",
    "bounds": [["105.730", "29.520"], ["105.770", "29.520"], ["105.770", "29.553"], ["105.730", "29.553"]],
    "bounds_source": "sample",
    "customs_offices": ["8012"],
}


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("registry")


@pytest.fixture
async def door(dsn: str, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(service, dsn, mint, tmp_path) as opened:
        opened.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        await opened.done("POST", "/v1/pilots", PILOT, actor="commerce:clerk")
        yield opened


@pytest.fixture
def stall_holder() -> dict[str, Any]:
    return {
        "identity": {"kind": "credit_code", "number": "929900000000000015", "country": "CN"},
        "name": "龙水样例五金经营部",
        "role": "stall_holder",
        "stalls": [
            {
                "stall_number": "02-000018",
                "longitude": "105.744",
                "latitude": "29.541",
                "valid_from": "2026-01-01",
            }
        ],
        "qualifications": [{"kind": "taxpayer_kind", "value": "small_scale", "valid_from": "2026-01-01"}],
    }
