"""`marketctl keys`: the keys that seal personal data, and sealing it anew."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import typer

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.operate.chosen import chosen
from marketctl.operate.resealing import copies_naming, reindex_copies, resealing, rows_naming, stale_rows
from marketctl.operate.terminal import Json, show
from marketctl.services import described
from shared.sealing import Sealer
from shared.vocabulary.errors import SetupProblem

keys = typer.Typer(no_args_is_help=True, help="The keys that seal personal data.")
_PASSES = 30
_PAUSE_SECONDS = 0.5
Connections = Mapping[str, psycopg.Connection[Any]]


@keys.command("list")
def keys_list(as_json: Json = False) -> None:
    """The keys of the ring, how many rows name each, and how many aren't sealed by the newest yet."""
    market = chosen()
    sealer = market.sealer()
    with _connections(market) as connections:
        found = {key: sum(naming(connections, key).values()) for key in sealer.ring}
        left = sum(_left(connections, sealer).values())
    lines = [f"{key}: {count} rows" + " (newest)" * (key == sealer.ring.newest) for key, count in found.items()]
    told = {"newest": sealer.ring.newest, "suite": sealer.suite.name, "rows": found, "left": left}
    show(
        told, as_json, "\n".join([*lines, f"{left} rows to seal anew: marketctl keys rotate" if left else "all sealed"])
    )


@keys.command("rotate")
def keys_rotate() -> None:
    """Seal everything anew by the newest key and the suite that is set; repeat it after a break, services may run."""
    market = chosen()
    with _connections(market) as connections:
        closed, left = rotate(connections, market.sealer())
    for each in closed:
        typer.echo(f"can't be opened: {each}", err=True)
    for place, count in left.items():
        typer.echo(f"{place}: {count} rows are left: repeat the command", err=True)
    typer.echo("all sealed" if not closed and not left else "not finished")
    raise typer.Exit(1 if closed or left else 0)


@keys.command("retire")
def keys_retire(key: str) -> None:
    """Say whether a key may be taken out of the settings: exit 1, and where, as long as a row names it."""
    market = chosen()
    ring = market.sealer().ring
    if key not in ring:
        raise SetupProblem(f"the ring has no key {key}: it has {', '.join(ring)}")
    if key == ring.newest:
        raise SetupProblem(f"{key} is the newest key: give a newer one first (SEALING_KEYS)")
    with _connections(market) as connections:
        found = {place: count for place, count in naming(connections, key).items() if count}
    for place, count in found.items():
        typer.echo(f"{place}: {count} rows name {key}")
    typer.echo(
        f"{key} is needed: marketctl keys rotate" if found else f"no row names {key}: take it out of the settings"
    )
    raise typer.Exit(1 if found else 0)


def rotate(connections: Connections, sealer: Sealer) -> tuple[list[str], dict[str, int]]:
    """Seal all anew; what can't be opened, and how many rows of which table are still left."""
    closed: dict[str, None] = {}
    for turn in range(_PASSES):
        if turn:
            time.sleep(_PAUSE_SECONDS)
        for service, rows in _places():
            total = stale_rows(connections[service], rows, sealer)
            for done in resealing(connections[service], rows, sealer):
                typer.echo(f"{service} {rows.table}: {done.resealed} of {total}")
                closed |= dict.fromkeys(done.closed)
        for place, count in reindex_copies(connections, sealer):
            if count:
                typer.echo(f"{place}: {count}")
        left = {place: count for place, count in _left(connections, sealer).items() if count}
        if sum(left.values()) <= len(closed):
            return list(closed), {}
    return list(closed), left


def naming(connections: Connections, key: str) -> dict[str, int]:
    """How many rows of each table name a key."""
    found = {f"{service} {rows.table}": rows_naming(connections[service], rows, key) for service, rows in _places()}
    return found | copies_naming(connections, key)


def _left(connections: Connections, sealer: Sealer) -> dict[str, int]:
    return {f"{service} {rows.table}": stale_rows(connections[service], rows, sealer) for service, rows in _places()}


def _places() -> Iterator[tuple[str, Any]]:
    for service in SERVICES:
        for rows in described(service).sealed:
            yield service, rows


@contextmanager
def _connections(market: Installation) -> Iterator[Connections]:
    with ExitStack() as stack:
        yield {service: stack.enter_context(market.connect(service)) for service in SERVICES}
