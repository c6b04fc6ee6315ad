"""The market that `make bench` measures: what `make run` runs, after its sample days, made as large as asked."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from marketctl.bench.enlarge import MOST_COPIES, enlarge, keep
from marketctl.bench.processes import cpu_seconds, resident_bytes, server_cpu_seconds, sessions_cpu_seconds
from marketctl.bench.trades import Parties, bodies_of
from marketctl.embedded.layout import Layout, free_ports
from marketctl.embedded.platform import Platform
from marketctl.layout import ROOT, SERVICES, BusKind, package_of
from marketctl.sample.days import run_sample_days
from marketctl.verify.questions import ask
from shared.migrations import upgrade
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

YARDSTICK = "yardstick"
PROCESSES = (*SERVICES, *(f"{service}-worker" for service in SERVICES))
LIVED = 426
"""The trades of the sample days."""

# One account sends all of a load: what it may send a second is raised, and nothing else of the services' settings.
_LOADED = {"RATE_PER_SECOND": "100000", "RATE_BURST": "1000000"}
_WAITING = ("outbox_age_seconds", "consumer_lag")
_BYTES_A_TRADE = 120_000
_PARTIES = (
    "SELECT seller_id, consignor_id, buyer_id, state ->> 'stall_number', (state ->> 'export_agency_id')::uuid"
    " FROM trades WHERE consignor_id <> owner_id AND currency = 'USD' AND buyer_id IS NOT NULL"
    " AND status = 'registered' AND state ->> 'export_agency_id' IS NOT NULL ORDER BY number LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Latencies are in milliseconds; `cpu_ms` is what each answer cost the process and its sessions in PostgreSQL.
    """

    rate: float
    p50: float
    p90: float
    p99: float
    bytes_each: float
    cpu_ms: float

    def told(self) -> str:
        """Its absolute figures."""
        return f"{self.rate:.0f}/s, p50 {self.p50:.1f} ms"


class Market:
    """A platform that has lived its days; grows, and starts and stops its processes when told."""

    def __init__(self, folder: Path, bus: BusKind) -> None:
        self.platform = Platform(Layout(folder, bus, free_ports()))
        self.layout = self.platform.layout
        self.trades = LIVED
        self._parties: Parties | None = None
        self._serial = itertools.count()
        self._copies = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start, live the days; stop it at the end."""
        os.environ |= _LOADED
        self.platform.start(lambda _: None)
        try:
            if wrong := run_sample_days(self.platform, Console(quiet=True)):
                raise ProcessProblem(f"the sample days of the bench went wrong: {wrong[0]}")
            self._parties = Parties(*ask(self.layout.installation, "trade-ledger", _PARTIES)[0])
            self.drain()
            for service in SERVICES:
                keep(self.admin(service))
            self._make_yardstick()
            yield
        finally:
            self.platform.stop()

    @property
    def parties(self) -> Parties:
        """Who trades in the bench."""
        assert self._parties is not None  # noqa: S101 - the market is running
        return self._parties

    def grow(self, trades: int) -> None:
        """Make about so many trades of those that there are, with all that hangs on them, and start all anew."""
        copies = round((trades - self.trades) / LIVED)
        if copies <= 0:
            return
        needed, free = copies * LIVED * _BYTES_A_TRADE, shutil.disk_usage(self.layout.folder).free
        if needed > free:
            raise ProcessProblem(f"{trades} trades need about {needed >> 30} GiB of disk, and {free >> 30} are free")
        if self._copies + copies > MOST_COPIES:
            raise ProcessProblem(
                f"{trades} trades are more than {MOST_COPIES * LIVED}, the most that the bench can make"
            )
        self.drain()
        for service in SERVICES:
            self.platform.stop_service(service)
        first = self.next_copies(copies)
        for service in SERVICES:
            enlarge(self.admin(service), first, copies)
        for service in SERVICES:
            self.platform.start_service(service)
        self.platform.wait_ready(lambda _: None)
        self.trades += copies * LIVED

    def restart(self) -> float:
        """Stop everything and start it as `make run` does; the seconds until all of it is ready."""
        self.platform.stop()
        began = time.monotonic()
        self.platform.start(lambda _: None)
        return time.monotonic() - began

    def next_copies(self, copies: int) -> int:
        """The number of the first of so many copies of the days' rows that nobody has used."""
        first = self._copies + 1
        self._copies += copies
        return first

    def _make_yardstick(self) -> None:
        """A database like trade-ledger's that no process looks at: what pgbench writes there is nobody's event."""
        self.platform.postgres.create_database(YARDSTICK, owner=package_of("trade-ledger"))
        owner = self.layout.database_url("trade-ledger").rpartition("/")[0]
        upgrade(ROOT / "services" / "trade-ledger", f"{owner}/{YARDSTICK}")

    def token(self, role: str, **party: str) -> str:
        """A token of the development issuer for an hour."""
        asked = {"role": role, "minutes": 60, **party}
        answer = httpx.post(self.layout.url("issuer") + "/token", json=asked, trust_env=False, timeout=10)
        answer.raise_for_status()
        found: str = answer.json()["access_token"]
        return found

    def operators_token(self) -> str:
        """Of the operator whose trades the bench registers."""
        return self.token("operator", subject_id=str(self.parties.operator), actor="bench")

    def registrations(self) -> list[dict[str, str]]:
        """Requests that register trades of five lines."""
        return [
            {"method": "POST", "path": "/v1/trades", "body": json.dumps(body, ensure_ascii=False)}
            for body in bodies_of(self.parties)
        ]

    def load(
        self,
        requests: Sequence[Mapping[str, str]],
        *,
        connections: int,
        seconds: float,
        token: str = "",
        rate: float = 0,
        service: str = "trade-ledger",
    ) -> Load:
        """Send requests from a process of its own; ProcessProblem when one isn't answered well."""
        run = f"load-{next(self._serial)}"
        plan = self.layout.folder / f"{run}.json"
        told = {
            "port": self.layout.ports[service],
            "token": token or self.operators_token(),
            "requests": list(requests),
            "connections": connections,
            "seconds": seconds,
            "rate": rate,
            "run": run,
        }
        plan.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        before = self.cpu_seconds(service)
        command = [sys.executable, "-m", "marketctl.bench.load", str(plan)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        used = self.cpu_seconds(service) - before
        plan.unlink()
        if done.returncode:
            raise ProcessProblem(f"the load of the bench ended: {done.stderr.strip()[-600:]}")
        found = json.loads(done.stdout)
        answered = found["answered"]
        if found["failed"] or not answered:
            raise ProcessProblem(f"{found['failed']} requests of the bench were refused: {found['failure'][:1200]}")
        return Load(
            rate=answered / found["seconds"],
            p50=found["p50"],
            p90=found["p90"],
            p99=found["p99"],
            bytes_each=found["received"] / answered,
            cpu_ms=used * 1000 / answered,
        )

    def cpu_seconds(self, process: str) -> float:
        """What a process of a service has used, and its sessions in PostgreSQL."""
        package = package_of(process.removesuffix("-worker"))
        role = f"{package}_{'worker' if process.endswith('-worker') else 'http'}"
        return cpu_seconds(self._pid(process)) + sessions_cpu_seconds(self._postmaster(), role)

    def whole_cpu_seconds(self) -> dict[str, float]:
        """What the eight processes have used, and PostgreSQL."""
        used = {name: cpu_seconds(self._pid(name)) for name in PROCESSES}
        return {**used, "PostgreSQL": server_cpu_seconds(self._postmaster())}

    def memory(self) -> dict[str, int]:
        """Resident bytes of the eight processes."""
        return {name: resident_bytes(self._pid(name)) for name in PROCESSES}

    def _pid(self, process: str) -> int:
        return self.platform.children[process].process.pid

    def _postmaster(self) -> int:
        return int((self.platform.postgres.data_dir / "postmaster.pid").read_text().partition("\n")[0])

    def drain(self, *, seconds: float = 1200) -> None:
        """Return once all that was said is published and applied; ProcessProblem where that takes too long."""
        if not wait_until(self._is_drained, seconds=seconds, pause=0.5):
            raise ProcessProblem(f"the events of the bench were not applied in {seconds:.0f} s")

    def _is_drained(self) -> bool:
        # Twice, since a worker looks once a second.
        for _ in range(2):
            if any(self._metric(f"{service}-worker", name) for service in SERVICES for name in _WAITING):
                return False
            time.sleep(1.1)
        return True

    def wait_published(self, *, seconds: float = 1200) -> None:
        """Return once no outbox holds what the bus doesn't."""

        def published() -> bool:
            return not any(self._metric(f"{each}-worker", "outbox_age_seconds") for each in SERVICES)

        if not wait_until(lambda: published() and published(), seconds=seconds, pause=1.1):
            raise ProcessProblem(f"the events of the bench were not published in {seconds:.0f} s")

    def _metric(self, process: str, name: str) -> float:
        said = httpx.get(self.layout.url(process) + "/metrics", trust_env=False, timeout=30).text
        return sum(float(line.rpartition(" ")[2]) for line in said.splitlines() if line.startswith(name + "{"))

    def admin(self, service: str) -> str:
        """The connection string of a service's database for its superuser."""
        return self.platform.postgres.dsn(package_of(service))
