"""What stands in the way: Python, disk, calendar, ports, databases, parked events."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import date

import chinese_calendar
import psycopg

from marketctl.embedded.layout import Layout, default_ports, kept_layout, run_folder
from marketctl.layout import ROOT, SERVICES
from shared.migrations import head_of, revision_in
from shared.workshop.processes.kafka import JARS
from shared.workshop.processes.ports import port_owner
from shared.workshop.processes.postgres import wheel_bin

_GIB = 1024**3
_WARN_DAYS = 60


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    warns: bool = False


def examine() -> list[Check]:
    """Every check that makes sense here and now."""
    layout = kept_layout(run_folder())
    return [*_machine(), _calendar(), *_ports(layout.ports if layout else default_ports()), *_databases(layout)]


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
    # A warning, not a fault: nothing stops working, and the next year's notice can be loaded over HTTP.
    return Check("holiday calendar", True, detail, warns=left <= _WARN_DAYS)


def _ports(ports: dict[str, int]) -> list[Check]:
    busy = {name: port_owner(port) for name, port in ports.items()}
    running = [owner for owner in busy.values() if owner]
    return [Check("ports", True, f"{len(running)} of {len(busy)} in use" + (": " + running[0] if running else ""))]


def _databases(layout: Layout | None) -> list[Check]:
    if layout is None:
        return [Check("databases", True, "nothing has run here yet")]
    checks = []
    for service in SERVICES:
        url, head = layout.database_url(service), head_of(ROOT / "services" / service)
        try:
            revision = revision_in(url)
        except psycopg.OperationalError:
            checks.append(Check(service, True, "not running", warns=True))
            continue
        checks.append(Check(f"{service} schema", revision == head, f"{revision}, newest {head}"))
        if revision == head:
            with psycopg.connect(url) as connection:
                waiting = connection.execute("SELECT count(*) FROM parked_events WHERE state = 'parked'").fetchone()
            parked = waiting[0] if waiting else 0
            checks.append(Check(f"{service} parked", parked == 0, f"{parked} events"))
    return checks
