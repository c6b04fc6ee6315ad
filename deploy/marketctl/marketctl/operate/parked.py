"""`marketctl parked`: events that wait for a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.operate.calling import call
from marketctl.operate.chosen import chosen, is_deployed
from marketctl.operate.terminal import Json, show
from shared.messaging.envelope import owner_of
from shared.vocabulary.errors import SetupProblem

parked = typer.Typer(no_args_is_help=True, help="Events that wait for a person.")
EventId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="its id in the list")]
Person = Annotated[str | None, typer.Argument(help="who decides, where `make run` gives the token")]

Digest = Annotated[str | None, typer.Option(help="the digest that the preview printed: do what it says")]


@parked.command("list")
def parked_list(as_json: Json = False) -> None:
    """Every parked event of all services."""
    market = chosen()
    found = {service: list(_parked_of(market, service)) for service in SERVICES}
    lines = [
        f"{service} {each['id']}: {each['type']} {each['key']} #{each['sequence']}  {each['reason']}  {each['error']}"
        for service, items in found.items()
        for each in items
    ]
    show(found, as_json, "\n".join(lines) or "nothing is parked")


def _parked_of(market: Installation, service: str) -> Iterator[dict[str, Any]]:
    page = call(market, service, "GET", "/v1/parked?limit=200", "system")
    yield from page["items"]
    while cursor := page.get("next_cursor"):
        page = call(market, service, "GET", f"/v1/parked?limit=200&cursor={cursor}", "system")
        yield from page["items"]


@parked.command("retry")
def parked_retry(service: str, event: EventId, as_json: Json = False) -> None:
    """Apply a parked event's aggregate again, in order."""
    done = call(chosen(), service, "POST", f"/v1/parked/{event}/retries", "system")
    show(done, as_json, f"{done['applied']} applied")


@parked.command("release")
def parked_release(service: str, event: EventId, reason: str, person: Person = None, as_json: Json = False) -> None:
    """Propose to skip a parked event for good, or as a second person confirm it."""
    market = chosen()
    if person is None and not is_deployed():
        raise SetupProblem("who are you? give the name of the person after the reason")
    as_whom = {"actor": person} if person else {}
    done = call(market, service, "POST", f"/v1/parked/{event}/releases", "system", {"reason": reason}, **as_whom)
    show(done, as_json, done["state"])


@parked.command("take")
def parked_take(
    service: str, event: EventId, person: Person = None, apply: Digest = None, as_json: Json = False
) -> None:
    """Show the owner's event behind an id_conflict; with --apply DIGEST propose or confirm to take it."""
    market = chosen()
    found = _conflict(market, service, event)
    if apply is None:
        show(found, as_json, "\n".join(_told(found, service, event)))
        raise typer.Exit(0 if found["digest"] else 1)
    if person is None and not is_deployed():
        raise SetupProblem("who are you? give the name of the person after the event's id")
    if found["digest"] != apply:
        raise SetupProblem("that isn't the owner's event: run `marketctl parked take` and look again")
    as_whom = {"actor": person} if person else {}
    done = call(market, service, "POST", f"/v1/parked/{event}/takings", "system", {"digest": apply}, **as_whom)
    show(done, as_json, done["state"])


def _conflict(market: Installation, service: str, event: int) -> dict[str, Any]:
    """The parked event, what took its sequence, and the digest of the owner's content; None where it has none."""
    if service not in SERVICES:
        raise SetupProblem(f"services: {', '.join(SERVICES)}")
    with market.connect(service) as connection:
        row = connection.execute(_PARKED, [event]).fetchone()
    if row is None:
        raise SetupProblem(f"{service} has no parked event {event} with reason id_conflict")
    topic, key, sequence, headers, content, instead = row
    event_id = dict(json.loads(bytes(headers)))["ce_id"]
    with market.connect(owner_of(topic)) as connection:
        own = connection.execute(_OWN, [event_id, topic, key, sequence]).fetchone()
    digest = hashlib.sha256(bytes(own[0])).hexdigest() if own and bytes(own[0]) == bytes(content) else None
    named = {"topic": topic, "key": key, "sequence": sequence, "event_id": event_id}
    return {**named, "in_its_place": str(instead), "owner": owner_of(topic), "digest": digest}


def _told(found: dict[str, Any], service: str, event: int) -> list[str]:
    lines = [
        f"{found['topic']} {found['key']} #{found['sequence']}: event {found['event_id']} is parked",
        f"{service} took event {found['in_its_place']} in its place",
    ]
    if found["digest"] is None:
        return [*lines, f"{found['owner']} has no such event in its outbox: this is the false one, release it"]
    return [
        *lines,
        f"{found['owner']} has it in its outbox: its state is applied, and what waits behind it",
        f"to do this, two persons run: marketctl parked take {service} {event} NAME --apply {found['digest']}",
    ]


_PARKED = """
SELECT p.topic, p.key, p.sequence, p.headers, p.value, c.event_id FROM parked_events p LEFT JOIN consumer_events c
 ON c.topic = p.topic AND c.key = p.key AND c.sequence = p.sequence
WHERE p.id = %s AND p.state = 'parked' AND p.reason = 'id_conflict'
"""
_OWN = "SELECT payload FROM outbox WHERE event_id = %s::uuid AND topic = %s AND key = %s AND sequence = %s"
