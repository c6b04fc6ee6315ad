"""A relay or a consumer of the test service as a real process, so that a test can kill it."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import make_engine, new_metadata
from shared.events.base import Received
from shared.events.tax_exemption import ItemDecided, ItemEvent
from shared.messaging import active
from shared.messaging.consumer import Consumer
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.outbox import Wake
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import add_messaging_tables
from shared.messaging.worker import run_worker
from shared.settings import ServiceSettings
from shared.workshop.testing.signing import TRUST, event_keys_file, relay_of, signing_key


async def _note(session: AsyncSession, received: Sequence[Received[ItemDecided]]) -> None:
    statement = text("INSERT INTO effects (key, sequence) VALUES (:key, :sequence)")
    await session.execute(statement, [{"key": each.key, "sequence": each.sequence} for each in received])


def worker(dsn: str, address: str, port: str) -> int:
    """A complete worker: relay and consumer."""
    subscriptions = Subscriptions("tax-exemption")
    subscriptions.react(ItemEvent, _note)
    bus: dict[str, Any] = {"bus": "embedded", "bus_database_url": address}
    if not address.startswith("postgresql://"):
        bootstrap, prefix = address.split("/")
        bus = {"bus": "kafka", "kafka_bootstrap": bootstrap, "kafka_prefix": prefix}
    folder = Path(tempfile.gettempdir()) / f"market-tests-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    settings = ServiceSettings(
        environment="sandbox",
        database_url=SecretStr(dsn),
        worker_port=int(port),
        issuer="none",
        jwks_url="none",
        sealing_key=SecretStr("none"),
        actor_key=SecretStr("none"),
        event_keys=event_keys_file(folder),
        event_signing_key=SecretStr(signing_key("tax-exemption")),
        **bus,
    )
    return run_worker(settings, add_messaging_tables(new_metadata()), subscriptions)


async def main(part: str, dsn: str, address: str) -> None:
    bus = EmbeddedBus(address) if address.startswith("postgresql://") else KafkaBus(*address.split("/"))
    if part == "relay":
        await relay_of("tax-exemption", dsn, bus).run(asyncio.Event())
    else:
        engine = make_engine(dsn)
        subscriptions = Subscriptions("fx-settlement")
        subscriptions.react(ItemEvent, _note)
        tables = add_messaging_tables(new_metadata())
        heard = subscriptions.believing(TRUST)
        await Consumer(engine, tables, bus, heard, Wake(engine, "fx-settlement")).run(asyncio.Event())


if __name__ == "__main__":
    active.IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS", active.IDLE_SECONDS))
    if sys.argv[1] == "worker":
        sys.exit(worker(*sys.argv[2:]))
    asyncio.run(main(*sys.argv[1:]))
