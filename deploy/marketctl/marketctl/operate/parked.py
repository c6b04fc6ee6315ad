"""`marketctl parked`: events that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.operate.calling import call
from marketctl.operate.chosen import chosen, is_deployed
from marketctl.operate.terminal import Json, show
from shared.vocabulary.errors import SetupProblem

parked = typer.Typer(no_args_is_help=True, help="Events that wait for a person.")
EventId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="its id in the list")]
Person = Annotated[str | None, typer.Argument(help="who decides, where `make run` gives the token")]


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
    page = call(market, service, "GET", "/v1/parked?limit=200", "admin")
    yield from page["items"]
    while cursor := page.get("next_cursor"):
        page = call(market, service, "GET", f"/v1/parked?limit=200&cursor={cursor}", "admin")
        yield from page["items"]


@parked.command("retry")
def parked_retry(service: str, event: EventId, as_json: Json = False) -> None:
    """Apply a parked event's aggregate again, in order."""
    done = call(chosen(), service, "POST", f"/v1/parked/{event}/retries", "admin")
    show(done, as_json, f"{done['applied']} applied")


@parked.command("release")
def parked_release(service: str, event: EventId, reason: str, person: Person = None, as_json: Json = False) -> None:
    """Propose to skip a parked event for good, or as a second person confirm it."""
    market = chosen()
    if person is None and not is_deployed():
        raise SetupProblem("who are you? give the name of the person after the reason")
    as_whom = {"actor": person} if person else {}
    done = call(market, service, "POST", f"/v1/parked/{event}/releases", "admin", {"reason": reason}, **as_whom)
    show(done, as_json, done["state"])
