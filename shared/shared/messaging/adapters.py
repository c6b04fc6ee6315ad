"""Choosing the bus adapter for an address, and checking that the bus is reachable."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from shared.events.base import PARTITIONS
from shared.events.catalogue import TOPICS
from shared.messaging.audit_heads import HEADS_TOPICS
from shared.messaging.bus import Bus
from shared.messaging.kafka_access import UNSECURED, KafkaAccess
from shared.messaging.published_keys import Ends
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem


@dataclass(frozen=True, slots=True)
class BusAddress:
    """Where the bus is: all that opening it needs."""

    kind: Literal["embedded", "kafka"]
    database_url: str | None = field(default=None, repr=False)
    kafka_bootstrap: str | None = None
    kafka_prefix: str = ""
    kafka_access: KafkaAccess = UNSECURED


def bus_of(settings: ServiceSettings) -> BusAddress:
    """The bus that a service's settings name."""
    url = settings.bus_database_url
    password = settings.kafka_password
    access = KafkaAccess(
        settings.kafka_security_protocol,
        settings.kafka_sasl_mechanism,
        settings.kafka_user,
        password.get_secret_value() if password else None,
        settings.kafka_ca,
        settings.kafka_replication_factor,
        settings.kafka_min_insync_replicas,
    )
    url_told = url.get_secret_value() if url else None
    return BusAddress(settings.bus, url_told, settings.kafka_bootstrap, settings.kafka_prefix, access)


async def bus_answers(address: BusAddress, seconds: float = 1.0) -> bool:
    """Whether the bus address accepts a connection; nothing more, because readiness probes run often."""
    return any(await asyncio.gather(*(_listens(host, port, seconds) for host, port in _hosts(address))))


def _hosts(address: BusAddress) -> list[tuple[str, int]]:
    if address.kind == "kafka":
        listed = (address.kafka_bootstrap or "").split(",")
        return [(host, int(port)) for host, _, port in (each.strip().rpartition(":") for each in listed) if host]
    if address.database_url is None:
        return []
    at = urlsplit(address.database_url)
    return [(at.hostname or "127.0.0.1", at.port or 5432)]


async def _listens(host: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def ends_of(address: BusAddress) -> Ends:
    """The next offset of each partition of every topic that holds something."""

    async def asked() -> Ends:
        bus = open_bus(address)
        try:
            there = sorted(await bus.identities([*TOPICS, *HEADS_TOPICS]))
            found = await bus.ends(there) if there else {}
        finally:
            await bus.close()
        count = {topic: TOPICS[topic].partitions if topic in TOPICS else PARTITIONS for topic in there}
        ends = {topic: [found[topic, n] for n in range(count[topic])] for topic in there}
        return {topic: each for topic, each in ends.items() if any(each)}

    return asyncio.run(asked())


def open_bus(address: BusAddress) -> Bus:
    """The adapter of an address; only its own client is loaded."""
    if address.kind == "kafka":
        from shared.messaging.kafka import KafkaBus

        if address.kafka_bootstrap is None:
            raise SetupProblem("BUS=kafka needs KAFKA_BOOTSTRAP")
        return KafkaBus(address.kafka_bootstrap, address.kafka_prefix, address.kafka_access)
    from shared.messaging.embedded import EmbeddedBus

    if address.database_url is None:
        raise SetupProblem("BUS=embedded needs BUS_DATABASE_URL")
    return EmbeddedBus(address.database_url)
