from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.events.base import Event
from shared.workshop.processes.ports import free_port
from shared.workshop.testing.client import ACTOR_KEY, SEALING_KEY, Door, open_door
from shared.workshop.testing.registry_events import commodity_list, export_agency, hear, places, subject
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.signing import event_keys_file
from shared.workshop.testing.tokens import ServedMint
from shared.workshop.tokens import AUDIENCE, ISSUER
from shared.workshop.waiting import until
from trade_ledger.app import service
from trade_ledger.consumers.subscriptions import subscriptions

STALL = "02-000018"


@dataclass(slots=True)
class Market:
    """Two operators, a stall holder entrusting the first, a buyer, lists, places, and calls over HTTP."""

    door: Door
    seller: UUID = field(default_factory=uuid4)
    operator: UUID = field(default_factory=uuid4)
    rival: UUID = field(default_factory=uuid4)
    buyer: UUID = field(default_factory=uuid4)
    agency: UUID = field(default_factory=uuid4)
    site: UUID = field(default_factory=uuid4)

    def events(self) -> list[Event]:
        """The events of registry that the service has heard when a test begins."""
        return [
            subject("stall_holder", subject_id=self.seller, stall=STALL),
            subject("operator", subject_id=self.operator),
            subject("operator", subject_id=self.rival),
            subject("buyer", subject_id=self.buyer, status="effective"),
            export_agency(self.seller, self.operator, agreement_id=self.agency),
            *commodity_list("positive", [{"hs_prefix": "82"}, {"hs_prefix": "7318"}, {"hs_prefix": "8425"}]),
            *commodity_list("negative", [{"hs_prefix": "9304"}, {"hs_prefix": "", "keywords": ["仿真枪"]}]),
            *places(self.site),
        ]

    async def hear(self, *events: Event) -> None:
        """Let the service's consumers apply events, as committed."""
        async with self.door.as_worker() as session:
            await hear(session, subscriptions, *events)

    def line(self, **changed: Any) -> dict[str, Any]:
        """Spanners of USD 306."""
        return {
            "goods_name": "活动扳手",
            "hs_code": "8204120000",
            "quantity": "120",
            "unit": "把",
            "statutory_quantity": "50.4",
            "statutory_unit": "千克",
            "unit_price": "2.55",
            "amount": "306.00",
            "packages": 6,
            "net_weight_kg": "50.4",
            "origin_place": "重庆大足",
            **changed,
        }

    def trade(self, **changed: Any) -> dict[str, Any]:
        """An agency export that may be registered."""
        return {
            "seller_id": str(self.seller),
            "consignor_id": str(self.operator),
            "buyer_id": str(self.buyer),
            "stall_number": STALL,
            "export_mode": "agency",
            "export_agency_id": str(self.agency),
            "settlement_method": "fx",
            "trade_date": "2026-05-13",
            "currency": "USD",
            "total": "306.00",
            "document_hashes": ["0" * 64],
            "lines": [self.line()],
            **changed,
        }

    def as_operator(self) -> dict[str, Any]:
        return {"role": "operator", "subject_id": self.operator}

    async def registered(self, **changed: Any) -> dict[str, Any]:
        """Register a trade; the response."""
        return await self.door.done("POST", "/v1/trades", self.trade(**changed), **self.as_operator())


@pytest.fixture
def dsn(make_service_database: MakeServiceDatabase) -> str:
    return make_service_database("trade-ledger")


@pytest.fixture
async def door(dsn: str, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(service, dsn, mint, tmp_path) as opened:
        opened.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        yield opened


class ReadBeside:
    """What a process sends over the connections that its single reads have of their own; asyncpg tells it nowhere else.

    Only connections that are open are listened to: whoever counts reads once before.
    """

    def __init__(self, door: Door, name: str) -> None:
        self.sent: list[Any] = []
        for holder in door.app.state.runtime.extras[name]._pool._holders:
            if holder._con is not None:
                holder._con.add_query_logger(self.sent.append)


@pytest.fixture
def make_read_beside() -> type[ReadBeside]:
    return ReadBeside


@pytest.fixture
def make_market() -> type[Market]:
    return Market


@pytest.fixture
async def market(door: Door) -> Market:
    market = Market(door)
    await market.hear(*market.events())
    return market


@pytest.fixture
def slip(parties: Any) -> Any:
    """A trade's body, worth so much; the seller's clerk or another operator sends it."""

    def made(amount: str, **changed: Any) -> dict[str, Any]:
        line = {
            "goods_name": "活动扳手", "hs_code": "8204120000", "quantity": "1", "unit": "把",
            "statutory_quantity": "50", "statutory_unit": "千克", "unit_price": amount, "amount": amount, "packages": 5,
            "net_weight_kg": "50", "origin_place": "大足",
        }  # fmt: skip
        return {
            "seller_id": str(parties["seller"]), "consignor_id": str(parties["operator"]),
            "buyer_id": str(parties["buyer"]), "export_mode": "agency", "export_agency_id": str(parties["agency"]),
            "settlement_method": "fx", "trade_date": "2026-05-13", "currency": "USD", "total": amount,
            "lines": [line], "document_hashes": [], **changed,
        }  # fmt: skip

    return made


@asynccontextmanager
async def _process(
    dsn: str, mint: ServedMint, clock_file: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The service as a separate process; it is killed at the end if it still runs."""
    port = free_port()
    told = {
        "ENVIRONMENT": "sandbox",
        "DATABASE_URL": dsn,
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
        "JWKS_URL": mint.jwks_url,
        "SEALING_KEY": SEALING_KEY,
        "ACTOR_KEY": ACTOR_KEY,
        "EVENT_KEYS": str(event_keys_file(clock_file.parent)),
        "CLOCK_FILE": str(clock_file),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "uvicorn", "trade_ledger.app:app", "--port", str(port), "--log-level", "warning"]
    started = await asyncio.create_subprocess_exec(*command, env={**os.environ, **told})
    try:
        url = f"http://127.0.0.1:{port}"
        await _until_ready(url)
        yield started, url
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGKILL)
        await started.wait()


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(f"{url}/readyz")).status_code == 200
            return False

        await until(ready)


@pytest.fixture
def make_process(
    market: Any, dsn: str, mint: ServedMint, tmp_path: Path
) -> Callable[[], AbstractAsyncContextManager[tuple[asyncio.subprocess.Process, str]]]:
    """Starts the service as a process of its own, with the clock of the fixture `market`."""
    return lambda: _process(dsn, mint, next(tmp_path.glob("clock-*.json")))
