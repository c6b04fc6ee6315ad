"""Which bus a process talks to, by its settings, and whether it is there."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from shared.messaging.bus import Bus
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem


async def bus_answers(settings: ServiceSettings, seconds: float = 1.0) -> bool:
    """Whether anything takes connections where the bus should be; no more, because readiness is asked all the time."""
    return any(await asyncio.gather(*(_listens(host, port, seconds) for host, port in _addresses(settings))))


def _addresses(settings: ServiceSettings) -> list[tuple[str, int]]:
    if settings.bus == "kafka":
        listed = (settings.kafka_bootstrap or "").split(",")
        return [(host, int(port)) for host, _, port in (each.strip().rpartition(":") for each in listed) if host]
    if settings.bus_database_url is None:
        return []
    at = urlsplit(settings.bus_database_url.get_secret_value())
    return [(at.hostname or "127.0.0.1", at.port or 5432)]


async def _listens(host: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def open_bus(settings: ServiceSettings) -> Bus:
    """The adapter that the settings name; only its own client is loaded."""
    if settings.bus == "kafka":
        from shared.messaging.kafka import KafkaBus

        if settings.kafka_bootstrap is None:
            raise SetupProblem("BUS=kafka needs KAFKA_BOOTSTRAP")
        return KafkaBus(settings.kafka_bootstrap, settings.kafka_prefix)
    from shared.messaging.embedded import EmbeddedBus

    if settings.bus_database_url is None:
        raise SetupProblem("BUS=embedded needs BUS_DATABASE_URL")
    return EmbeddedBus(settings.bus_database_url.get_secret_value())
