"""Checks for obstacles to an embedded run on this machine, and to an installation anywhere."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from datetime import date
from typing import Any

import chinese_calendar
import httpx
import psycopg

from marketctl.embedded.layout import default_ports, is_served, kept_layout, run_folder
from marketctl.installation import Installation
from marketctl.layout import ROOT, SERVICES, service_dir
from marketctl.operate.chosen import chosen, is_deployed
from marketctl.services import described
from marketctl.verify.flow import resisted_by
from marketctl.verify.questions import ask
from shared.messaging.adapters import bus_answers
from shared.migrations import head_of, revision_in
from shared.workshop.processes.kafka import JARS
from shared.workshop.processes.ports import port_owner
from shared.workshop.processes.postgres import wheel_bin

_GIB = 1024**3
_WARN_DAYS = 60
_PATIENCE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` says what to do where it isn't well."""

    name: str
    ok: bool
    detail: str
    warns: bool = False
    remedy: str = ""


def examine() -> list[Check]:
    """Every check that makes sense here and now."""
    if is_deployed():
        market = chosen()
        return [_calendar(), *_processes(market), *_databases(market, stopped_is_well=False), _bus(market)]
    layout = kept_layout(run_folder())
    machine = [*_machine(), _calendar(), *_ports(layout.ports if layout else default_ports())]
    if layout is None:
        return [*machine, Check("databases", True, "nothing has run here yet")]
    market = layout.installation
    if not is_served(layout.folder):
        return [*machine, *_databases(market, stopped_is_well=True)]
    return [*machine, *_processes(market), *_databases(market, stopped_is_well=False), _bus(market)]


def _machine() -> list[Check]:
    free = shutil.disk_usage(ROOT).free
    version = ".".join(map(str, sys.version_info[:3]))
    kafka = JARS.is_dir()
    return [
        Check("Python", sys.version_info >= (3, 11), version),
        Check("disk", free > _GIB, f"{free / _GIB:.1f} GiB free"),
        Check("PostgreSQL", (wheel_bin() / "postgres").exists(), "from the wheel"),
        Check("Kafka jars", True, "fetched" if kafka else "not fetched yet: `make run BUS=kafka` fetches them"),
    ]


def _calendar() -> Check:
    last = max(chinese_calendar.holidays)
    left = (date(last.year, 12, 31) - date.today()).days  # noqa: DTZ011 - days left, on this machine's clock
    detail = f"official days known to {last.year}-12-31 ({left} days left); later windows are provisional"
    remedy = "tax publishes the next year's days with POST /v1/calendar-days, or a newer chinesecalendar is installed"
    # Until its last day it is right, so until then it is a warning.
    return Check("holiday calendar", left >= 0, detail, warns=left <= _WARN_DAYS, remedy=remedy)


def _ports(ports: dict[str, int]) -> list[Check]:
    busy = {name: port_owner(port) for name, port in ports.items()}
    running = [owner for owner in busy.values() if owner]
    return [Check("ports", True, f"{len(running)} of {len(busy)} in use" + (": " + running[0] if running else ""))]


def _processes(market: Installation) -> list[Check]:
    checks = []
    for name in market.addresses:
        try:
            answer = httpx.get(market.url(name) + "/readyz", timeout=10, trust_env=not market.is_local)
            said = f"{market.url(name)}: status {answer.status_code}{_unwell(answer)}"
            remedy = f"read the log of {name}; what it waits for is checked below"
            if (other := _parts(answer).get("service", name)) != name:
                said, remedy = f"{market.url(name)} is {other}'s address", f"correct the address of {name}"
            checks.append(Check(f"{name} ready", answer.is_success and other == name, said, remedy=remedy))
        except httpx.TransportError:
            remedy = f"start {name} again (docs/operations.md#starting-a-process)"
            checks.append(Check(f"{name} ready", False, str(market.silent(market.url(name))), remedy=remedy))
    return checks


def _unwell(answer: httpx.Response) -> str:
    """The parts of a readiness answer that aren't well."""
    parts = {name: part for name, part in _parts(answer).items() if name != "service"}
    unwell = [f"{name}: {_said(part)}" for name, part in parts.items() if not _is_well(part)]
    return f" ({', '.join(unwell)})" if unwell and not answer.is_success else ""


def _parts(answer: httpx.Response) -> dict[str, Any]:
    """What a readiness answer says; empty where it is none."""
    try:
        parts = answer.json()
    except ValueError:
        return {}
    return parts if isinstance(parts, dict) else {}


def _is_well(part: Any) -> bool:
    return bool(part["ready"]) if isinstance(part, dict) and "ready" in part else part in ("ok", "ready")


def _said(part: Any) -> Any:
    """A worker's part in a few words: its state, and what troubles it."""
    return f"{part['state']} {part['trouble'] or ''}".rstrip() if isinstance(part, dict) and "ready" in part else part


def _bus(market: Installation) -> Check:
    answers = asyncio.run(bus_answers(market.bus, _PATIENCE_SECONDS))
    detail = "takes connections" if answers else str(market.silent("the bus"))
    remedy = "start the broker, or the embedded bus's database; commands are taken meanwhile and their events wait"
    return Check("bus", answers, detail, remedy=remedy)


def _databases(market: Installation, *, stopped_is_well: bool) -> list[Check]:
    checks = []
    for service in SERVICES:
        head = head_of(service_dir(service))
        try:
            revision = revision_in(market.database_url(service))
        except psycopg.OperationalError as error:
            stopped = "not running" if stopped_is_well else str(market.silent("its database", error))
            remedy = f"start the database of {service}, or correct its address"
            checks.append(Check(service, stopped_is_well, stopped, warns=True, remedy=remedy))
            continue
        if (other := _whose(market, service)) != service:
            said, remedy = f"this is {other}'s database", f"correct the address of {service}'s database"
            checks.append(Check(f"{service} schema", False, said, remedy=remedy))
            continue
        remedy = "run `marketctl db upgrade`"
        checks.append(Check(f"{service} schema", revision == head, f"{revision}, newest {head}", remedy=remedy))
        if revision == head:
            parked = resisted_by(market, service)["parked"]
            remedy = "read them with `marketctl parked list`, mend the cause, then `marketctl parked retry`"
            checks.append(Check(f"{service} parked", parked == 0, f"{parked} events", remedy=remedy))
    return checks


def _whose(market: Installation, service: str) -> str:
    """The service whose own tables are in a service's database: another's where the address is wrong."""
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    there = {row[0] for row in ask(market, service, query)}
    tables = {each: set(described(each).metadata.tables) for each in SERVICES}
    own = {each: tables[each].difference(*(tables[one] for one in SERVICES if one != each)) for each in SERVICES}
    best = max(SERVICES, key=lambda each: len(own[each] & there))
    return best if own[best] & there and not own[service] & there else service
