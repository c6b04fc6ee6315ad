"""The ends of the audit trails as they were published and as `verify` saw them last (V64, I10).

The file is kept outside of the databases that hold the trails. It says how far the published ends were read, too.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from asyncpg import PostgresError

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from shared.messaging.adapters import bus_answers, open_bus
from shared.messaging.audit_heads import Head, ReadHeads, read_heads
from shared.messaging.bus import BusStopped
from shared.messaging.published_keys import read_keys
from shared.messaging.signing import Trust
from shared.vocabulary.errors import SetupProblem

_PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What the file keeps of a service: the end that was seen last, and the offset up to which ends were read."""

    head: Head | None = None
    read_to: int = 0


def seen_heads(file: Path | None) -> dict[str, Seen]:
    """What was kept, by service; nothing where nothing was kept yet. SetupProblem where the file is none of ours."""
    if file is None or not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text("utf-8"))
        return {service: _seen(told) for service, told in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupProblem(f"{file} doesn't hold the ends of the audit trails: {type(error).__name__}") from error


def _seen(told: dict[str, Any]) -> Seen:
    """A file of the last release holds no row and no offset."""
    position = told.get("position")
    head = None if position is None else Head(int(position), str(told["hash"]), told.get("audit_id"))
    return Seen(head, int(told.get("read_to", 0)))


def published_heads(market: Installation, seen: dict[str, Seen]) -> dict[str, ReadHeads]:
    """What the services have published since `verify` saw it last; NoAnswer where the bus doesn't tell."""
    after = {service: seen.get(service, Seen()).read_to for service in SERVICES}
    trust = Trust(read_keys(market.event_keys)) if market.event_keys else None

    async def asked() -> dict[str, ReadHeads]:
        if not await bus_answers(market.bus, _PATIENCE_SECONDS):
            raise market.silent("the bus")
        bus = open_bus(market.bus)
        try:
            return await read_heads(bus, after, trust)
        finally:
            await bus.close()

    try:
        return asyncio.run(asked())
    except (PostgresError, KafkaError, OSError, BusStopped) as error:
        raise market.silent("the bus", error) from error


def forget_head(market: Installation, service: str) -> None:
    """Take a service's trail as it is: its database was restored, so that what came after isn't there any more."""
    if market.audit_heads is None:
        raise SetupProblem("MARKET_AUDIT_HEADS names no file: nothing keeps that a trail is taken as it is")
    seen = seen_heads(market.audit_heads)
    seen[service] = Seen(None, published_heads(market, seen)[service].end)
    keep_heads(market.audit_heads, seen)


def keep_heads(file: Path | None, seen: dict[str, Seen]) -> None:
    """Keep them for the next time, all or nothing."""
    if file is None:
        return
    content = {service: _told(each) for service, each in sorted(seen.items())}
    staged = file.with_name(file.name + ".new")
    try:
        staged.write_text(json.dumps(content, indent=1), "utf-8")
        staged.replace(file)
    except OSError as error:
        raise SetupProblem(f"the ends of the audit trails can't be kept in {file}: {error.strerror}") from error


def _told(seen: Seen) -> dict[str, Any]:
    """What `_seen` reads; without an end where the trail is taken as it is."""
    head = seen.head
    of_head = {} if head is None else {"position": head.position, "hash": head.hash, "audit_id": head.audit_id}
    return {**of_head, "read_to": seen.read_to}
