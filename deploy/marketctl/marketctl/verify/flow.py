"""Progress of events: what was published, and what every subscribed service has applied."""

from __future__ import annotations

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.services import described
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

Sequences = dict[tuple[str, str], int]
_RESISTED = ("parked", "released")


def said(market: Installation, service: str) -> Sequences:
    """The last sequence per topic and aggregate in a service's outbox."""
    query = "SELECT topic, key, max(sequence) FROM outbox GROUP BY topic, key"
    with market.connect(service) as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def applied(market: Installation, service: str) -> tuple[Sequences, set[tuple[str, str]]]:
    """The last sequence per topic and aggregate that a service applied, and which aggregates are parked."""
    with market.connect(service) as connection:
        sequences = {
            (r[0], r[1]): r[2] for r in connection.execute("SELECT topic, key, sequence FROM consumer_sequences")
        }
        parked = connection.execute("SELECT DISTINCT topic, key FROM parked_events WHERE state = 'parked'")
        return sequences, {(row[0], row[1]) for row in parked}


def in_flight(market: Installation) -> list[str]:
    """Every aggregate that some service has not caught up with, parked ones aside."""
    outboxes = {key: last for service in SERVICES for key, last in said(market, service).items()}
    behind = []
    for service in SERVICES:
        topics = set(described(service).subscriptions.topics())
        sequences, parked = applied(market, service)
        behind += [
            f"{service} has {sequences.get(key, 0)} of {last} events of {key[0]} {key[1]}"
            for key, last in outboxes.items()
            if key[0] in topics and key not in parked and sequences.get(key, 0) < last
        ]
    return behind


def resisted(market: Installation) -> dict[str, int]:
    """How many events wait for a person, and how many two persons have skipped, over all services."""
    counted = [resisted_by(market, service) for service in SERVICES]
    return {state: sum(each[state] for each in counted) for state in _RESISTED}


def resisted_by(market: Installation, service: str) -> dict[str, int]:
    """The same for one service."""
    query = "SELECT state, count(*) FROM parked_events GROUP BY state"
    with market.connect(service) as connection:
        counted = dict(connection.execute(query).fetchall())
    return {state: counted.get(state, 0) for state in _RESISTED}


def wait_until_applied(market: Installation, *, seconds: float = 120) -> None:
    """Return once every published event is applied everywhere; ProcessProblem when nothing moved for `seconds`."""
    behind = in_flight(market)

    def moved() -> bool:
        nonlocal behind
        before, behind = behind, in_flight(market)
        return behind != before

    while behind:
        if not wait_until(moved, seconds=seconds, pause=0.1):
            raise ProcessProblem(f"events are stuck: {behind[0]} ({len(behind)} aggregates); see marketctl parked")
