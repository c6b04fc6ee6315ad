"""The commands that look at and keep a running system: token, trace, parked, events, clock, database, doctor."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import typer

from marketctl.embedded.layout import Layout, kept_layout, run_folder
from marketctl.layout import ROOT, SERVICES
from marketctl.verify.findings import verify_settled
from marketctl.verify.flow import resisted
from shared.clock import Clock
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import open_bus
from shared.messaging.bus import Positions
from shared.messaging.envelope import UnreadableEnvelope, read_envelope
from shared.migrations import head_of, revision_in, upgrade

parked = typer.Typer(no_args_is_help=True, help="Events that wait for a person.")
events = typer.Typer(no_args_is_help=True, help="What is on the topics.")
clock = typer.Typer(no_args_is_help=True, help="The business clock of a sandbox.")
database = typer.Typer(no_args_is_help=True, help="Migrations.")
Json = Annotated[bool, typer.Option("--json", help="one JSON object instead of text")]
EventId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="its id in the list")]
_MOST_DAYS = 3650
_YEARS = range(2000, 2100)


def running_layout() -> Layout:
    """The layout of `make run`'s folder, on the bus that it belongs to and the ports that it was started with."""
    kept = kept_layout(run_folder())
    if kept is None:
        typer.echo("nothing has run here yet: start it with `make run`", err=True)
        raise typer.Exit(3)
    return kept


def show(content: Any, as_json: bool, text: str) -> None:
    """Print one JSON object, or the text."""
    typer.echo(json.dumps(content, ensure_ascii=False, default=str) if as_json else text)


def ask_token(layout: Layout, role: str, **party: str | None) -> str:
    """A token of the running development issuer."""
    asked = {"role": role, **{name: value for name, value in party.items() if value}}
    try:
        answer = httpx.post(layout.url("issuer") + "/token", json=asked, trust_env=False, timeout=10)
    except httpx.TransportError as error:
        typer.echo("the token issuer does not answer: is `make run` running?", err=True)
        raise typer.Exit(3) from error
    if answer.is_error:
        # The issuer's validation lists the roles; a person wants that one sentence, not its JSON.
        reasons = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in answer.json()["detail"])
        typer.echo(f"no such token: {reasons}", err=True)
        raise typer.Exit(2)
    found: str = answer.json()["access_token"]
    return found


def call(layout: Layout, service: str, method: str, path: str, role: str, body: Any = None, **party: str) -> Any:
    """One call of a running service, its JSON answer; exit 1 with the problem where it refuses."""
    if service not in SERVICES:
        typer.echo(f"services: {', '.join(SERVICES)}", err=True)
        raise typer.Exit(2)
    headers = {"authorization": "Bearer " + ask_token(layout, role, **party), "idempotency-key": str(uuid4())}
    url = layout.url(service) + path
    try:
        answer = httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=30)
    except httpx.TransportError as error:
        typer.echo(f"{service} does not answer: is `make run` running?", err=True)
        raise typer.Exit(3) from error
    if answer.is_error:
        for breach in answer.json()["errors"]:
            where = f" ({breach['pointer']})" if breach["pointer"] else ""
            typer.echo(f"{breach['code']}{where}: {breach['message']} · {breach['message_zh']}", err=True)
        raise typer.Exit(1)
    return answer.json()


def token(
    role: str,
    subject: Annotated[str | None, typer.Option(help="the party's subject id")] = None,
    bank: Annotated[str | None, typer.Option(help="the bank's id")] = None,
    site: Annotated[str | None, typer.Option(help="the site's id")] = None,
    actor: Annotated[str | None, typer.Option(help="the account")] = None,
    as_json: Json = False,
) -> None:
    """Print a development token of a role."""
    given = ask_token(running_layout(), role, subject_id=subject, bank_id=bank, site_id=site, actor=actor)
    show({"access_token": given, "token_type": "Bearer"}, as_json, given)


def verify(as_json: Json = False) -> None:
    """Check what must hold over the four databases; exit 1 where something doesn't."""
    layout = running_layout()
    findings = [str(finding) for finding in verify_settled(layout)]
    waiting = resisted(layout)
    told = [f"{waiting['parked']} parked, {waiting['released']} released"] if any(waiting.values()) else []
    content = {"ok": not findings, "findings": findings, **waiting}
    show(content, as_json, "\n".join([*(findings or ["ok"]), *told]))
    raise typer.Exit(1 if findings else 0)


def trace(asked: str, as_json: Json = False) -> None:
    """The whole flow of an id or number as one timeline."""
    found = call(running_layout(), "trade-ledger", "GET", f"/v1/trace/{quote(asked, safe='')}", "auditor")
    lines = [
        f"{step['at']}  {step['type']:<46} {step['key']}  "
        + " ".join(f"{name}={value}" for name, value in step["shown"].items())
        for step in found["timeline"]
    ]
    show(found, as_json, "\n".join(lines))


@parked.command("list")
def parked_list(as_json: Json = False) -> None:
    """Every parked event of all services."""
    layout = running_layout()
    found = {service: list(_parked_of(layout, service)) for service in SERVICES}
    lines = [
        f"{service} {each['id']}: {each['type']} {each['key']} #{each['sequence']}  {each['reason']}  {each['error']}"
        for service, items in found.items()
        for each in items
    ]
    show(found, as_json, "\n".join(lines) or "nothing is parked")


def _parked_of(layout: Layout, service: str) -> Iterator[dict[str, Any]]:
    page = call(layout, service, "GET", "/v1/parked?limit=200", "admin")
    yield from page["items"]
    while cursor := page.get("next_cursor"):
        page = call(layout, service, "GET", f"/v1/parked?limit=200&cursor={cursor}", "admin")
        yield from page["items"]


@parked.command("retry")
def parked_retry(service: str, event: EventId, as_json: Json = False) -> None:
    """Apply a parked event's aggregate again, in order."""
    done = call(running_layout(), service, "POST", f"/v1/parked/{event}/retries", "admin")
    show(done, as_json, f"{done['applied']} applied")


@parked.command("release")
def parked_release(service: str, event: EventId, reason: str, person: str, as_json: Json = False) -> None:
    """Propose to skip a parked event for good, or as a second person confirm it."""
    body = {"reason": reason}
    done = call(running_layout(), service, "POST", f"/v1/parked/{event}/releases", "admin", body, actor=person)
    show(done, as_json, done["state"])


@events.command("tail")
def events_tail(
    count: Annotated[int, typer.Option(help="how many of the newest", min=1)] = 20,
    topic: Annotated[str | None, typer.Option(help="one topic only")] = None,
    as_json: Json = False,
) -> None:
    """The newest events on the topics."""
    if topic is not None and topic not in TOPICS:
        typer.echo(f"topics: {', '.join(TOPICS)}", err=True)
        raise typer.Exit(2)
    for line in asyncio.run(_newest(running_layout(), [topic] if topic else list(TOPICS), count)):
        show(line, as_json, f"{line['time']}  {line['type']:<46} {line['key']} #{line['sequence']}")


async def _newest(layout: Layout, topics: list[str], count: int) -> list[dict[str, Any]]:
    async def from_zero() -> Positions:
        return {}

    bus = open_bus(layout.settings("registry"))
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
    finally:
        await reader.close()
        await bus.close()
    return sorted(found, key=lambda line: line["time"])[-count:]


def _kept_clock() -> Clock:
    return Clock("sandbox", running_layout().clock_file)


def _show_clock(shown: Clock, as_json: bool) -> None:
    content = {"now": shown.now().isoformat(), "offset_seconds": shown.offset().total_seconds()}
    show(content, as_json, str(content["now"]))


@clock.command("show")
def clock_show(as_json: Json = False) -> None:
    """The business time."""
    _show_clock(_kept_clock(), as_json)


@clock.command("set")
def clock_set(instant: str, as_json: Json = False) -> None:
    """Move the business clock: marketctl clock set 2026-06-08T09:00:00+08:00."""
    try:
        wanted = datetime.fromisoformat(instant)
    except ValueError:
        wanted = None
    if wanted is None or wanted.tzinfo is None or wanted.year not in _YEARS:
        typer.echo("give an instant of this century with its offset, such as 2026-06-08T09:00:00+08:00", err=True)
        raise typer.Exit(2)
    kept = _kept_clock()
    kept.move_to(wanted)
    _show_clock(kept, as_json)


@clock.command("advance")
def clock_advance(
    days: Annotated[int, typer.Option(help="whole days", min=0, max=_MOST_DAYS)] = 0,
    hours: Annotated[int, typer.Option(help="whole hours", min=0, max=_MOST_DAYS)] = 0,
    as_json: Json = False,
) -> None:
    """Move the business clock forward: marketctl clock advance --days 3."""
    kept = _kept_clock()
    kept.move_to(kept.now() + timedelta(days=days, hours=hours))
    _show_clock(kept, as_json)


@database.command("status")
def db_status(as_json: Json = False) -> None:
    """Each database's revision and the newest one."""
    _show_schemas(running_layout(), as_json)


def _show_schemas(layout: Layout, as_json: bool) -> None:
    content = {}
    for service in SERVICES:
        head, revision = head_of(ROOT / "services" / service), revision_in(layout.database_url(service))
        content[service] = {"revision": revision, "head": head}
    text = "\n".join(f"{name:<15} {each['revision']} (head {each['head']})" for name, each in content.items())
    show(content, as_json, text)


@database.command("upgrade")
def db_upgrade(as_json: Json = False) -> None:
    """Bring all four databases to the newest schema."""
    layout = running_layout()
    for service in SERVICES:
        upgrade(ROOT / "services" / service, layout.database_url(service))
    _show_schemas(layout, as_json)


@database.command("check")
def db_check() -> None:
    """Read each migration's SQL, migrate from empty and from each release, compare with the tables in code."""
    from marketctl.contract.migration_lint import migrations, unsafe_statements
    from marketctl.contract.releases import unlike_the_code

    found = [*unsafe_statements(migrations()), *unlike_the_code()]
    for line in found:
        typer.echo(line, err=True)
    raise typer.Exit(1 if found else 0)


def doctor(as_json: Json = False) -> None:
    """What this machine and this run look like; exit 1 where something stands in the way."""
    from marketctl.operate.examination import examine

    checks = examine()
    bad = [check for check in checks if not check.ok]
    signs = {check.name: "✘" if not check.ok else "!" if check.warns else "✔" for check in checks}
    lines = [f"{signs[check.name]} {check.name:<22} {check.detail}" for check in checks]
    show([asdict(check) for check in checks], as_json, "\n".join(lines))
    sys.stdout.flush()
    raise typer.Exit(1 if bad else 0)
