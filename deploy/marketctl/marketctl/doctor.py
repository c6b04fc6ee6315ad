"""What stands in the way: Python, disk, calendar, ports, databases, parked events."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from datetime import date

import chinese_calendar
import psycopg

from marketctl.layout import ROOT, SERVICES, Layout, default_ports
from shared.migrations import head_of
from shared.processes.kafka import JARS
from shared.processes.ports import port_owner
from shared.processes.postgres import wheel_bin

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
    return [*_machine(), _calendar(), *_ports(), *_databases()]


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


def _ports() -> list[Check]:
    busy = {name: port_owner(port) for name, port in default_ports().items()}
    running = [owner for owner in busy.values() if owner]
    return [Check("ports", True, f"{len(running)} of {len(busy)} in use" + (": " + running[0] if running else ""))]


def _databases() -> list[Check]:
    folder = ROOT / os.environ.get("RUN_FOLDER", ".run")
    kept = folder / "bus"
    if not kept.exists():
        return [Check("databases", True, "nothing has run here yet")]
    layout = Layout(folder, "kafka" if kept.read_text() == "kafka" else "embedded", default_ports())
    checks = []
    for service in SERVICES:
        try:
            with psycopg.connect(layout.database_url(service), connect_timeout=3) as connection:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                waiting = connection.execute("SELECT count(*) FROM parked_events WHERE state = 'parked'").fetchone()
        except psycopg.Error:
            checks.append(Check(service, True, "not running"))
            continue
        head = head_of(ROOT / "services" / service)
        checks.append(Check(f"{service} schema", row is not None and row[0] == head, f"head {head}"))
        parked = waiting[0] if waiting else 0
        checks.append(Check(f"{service} parked", parked == 0, f"{parked} events"))
    return checks
