"""`marketctl events`: what is on the topics."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from aiokafka.errors import KafkaError
from asyncpg import PostgresError

from marketctl.installation import Installation
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import bus_answers, open_bus
from shared.messaging.bus import Positions
from shared.messaging.envelope import UnreadableEnvelope, read_envelope
from shared.vocabulary.errors import SetupProblem

_PATIENCE_SECONDS = 3
events = typer.Typer(no_args_is_help=True, help="What is on the topics.")


@events.command("tail")
def events_tail(
    count: Annotated[int, typer.Option(help="how many of the newest", min=1)] = 20,
    topic: Annotated[str | None, typer.Option(help="one topic only")] = None,
    as_json: Json = False,
) -> None:
    """The newest events on the topics."""
    if topic is not None and topic not in TOPICS:
        raise SetupProblem(f"topics: {', '.join(TOPICS)}")
    for line in asyncio.run(_newest(chosen(), [topic] if topic else list(TOPICS), count)):
        show(line, as_json, f"{line['time']}  {line['type']:<46} {line['key']} #{line['sequence']}")


async def _newest(market: Installation, topics: list[str], count: int) -> list[dict[str, Any]]:
    async def from_zero() -> Positions:
        return {}

    if not await bus_answers(market.bus, _PATIENCE_SECONDS):
        raise market.silent("the bus")
    bus = open_bus(market.bus)
    reader = bus.reader("", topics, from_zero)
    found: list[dict[str, Any]] = []
    try:
        await reader.start()
        while batches := await reader.fetch(most=2000, wait_seconds=1):
            for record in (each for batch in batches.values() for each in batch):
                try:
                    read = read_envelope(record.headers)
                except UnreadableEnvelope:
                    continue
                line = {"time": read.occurred_at.isoformat(), "type": read.type, "key": read.key}
                found.append({**line, "sequence": read.sequence, "topic": record.topic, "offset": record.offset})
    except (PostgresError, KafkaError, OSError) as error:
        raise market.silent("the bus", error) from error
    finally:
        await reader.close()
        await bus.close()
    return sorted(found, key=lambda line: line["time"])[-count:]
