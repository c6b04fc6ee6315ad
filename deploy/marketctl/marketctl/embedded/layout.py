"""The embedded run's folders and ports, and the settings of each process."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from marketctl.embedded.issuer_key import kept_mint
from marketctl.installation import Installation
from marketctl.layout import ROOT, SERVICES, BusKind, package_of
from shared.keyring import read_ring
from shared.messaging.adapters import BusAddress
from shared.messaging.embedded_walls import bus_role
from shared.messaging.published_keys import write_secret
from shared.messaging.signing import new_signing_key
from shared.production import DEVELOPMENT_ISSUER_MARK
from shared.sealing import Sealer
from shared.settings import mistaken
from shared.suites import suite_named
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.ports import free_port
from shared.workshop.tokens import AUDIENCE, ISSUER

_DEFAULT_PORTS = {
    "start-page": 8000,
    "registry": 8001,
    "trade-ledger": 8002,
    "fx-settlement": 8003,
    "tax-exemption": 8004,
    "issuer": 8005,
    "registry-worker": 8011,
    "trade-ledger-worker": 8012,
    "fx-settlement-worker": 8013,
    "tax-exemption-worker": 8014,
    "postgres": 8015,
    "kafka": 8016,
    "kafka-controller": 8017,
}


def variable_of(name: str) -> str:
    """The environment variable that moves a port."""
    return "PORT_" + name.upper().replace("-", "_")


def default_ports() -> dict[str, int]:
    """The fixed ports, each movable by its variable; SetupProblem where that is no port or somebody else's."""
    ports: dict[str, int] = {}
    for name, port in _DEFAULT_PORTS.items():
        said = os.environ.get(variable_of(name), str(port))
        if not (said.isascii() and said.isdigit() and 0 < int(said) < 65536):
            raise SetupProblem(f"{variable_of(name)}={said} is no port: give a number from 1 to 65535")
        ports[name] = int(said)
        for other in ports:
            if other != name and ports[other] == ports[name]:
                raise SetupProblem(f"{variable_of(other)} and {variable_of(name)} are both {said}: give another one")
    return ports


def mistaken_names() -> list[str]:
    """A sentence for each name of the environment that looks like one of `make run`'s and is none."""
    return mistaken([*(variable_of(name).lower() for name in _DEFAULT_PORTS), "run_folder"], os.environ, ())


def free_ports() -> dict[str, int]:
    """A free port for everything, all different."""
    return {name: free_port() for name in _DEFAULT_PORTS}


def run_folder() -> Path:
    """Where `make run` keeps its data."""
    return ROOT / os.environ.get("RUN_FOLDER", ".run")


@dataclass(frozen=True, slots=True)
class Layout:
    """One embedded run: its folder, its bus, its ports."""

    folder: Path
    bus: BusKind
    ports: dict[str, int]

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock.json"

    @property
    def issuer_key(self) -> Path:
        return self.folder / "issuer.pem"

    def url(self, service: str) -> str:
        """The loopback address of a process."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def event_keys(self) -> Path:
        return self.folder / "event-keys.json"

    def secret(self, name: str, made: Callable[[], str] = secrets.token_urlsafe) -> str:
        """A secret of this run, made once and kept with mode 0600."""
        file = self.folder / "secrets" / name
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_secret(file, made())
        return file.read_text()

    def signing_key(self, service: str) -> str:
        """The key that a service's worker signs its events with."""
        return self.secret(f"{service}-signing-key", new_signing_key)

    def database_url(self, database: str) -> str:
        """The connection string of the role that owns a service's (or the bus's) database."""
        return self._database_url(database, package_of(database))

    def _database_url(self, database: str, role: str) -> str:
        at = f"127.0.0.1:{self.ports['postgres']}/{package_of(database)}"
        return f"postgresql://{role}:{self.secret(role)}@{at}"

    def environment(self, service: str, process: str = "http") -> dict[str, str]:
        """The environment of a service's process, which is its HTTP process or its worker."""
        told = {
            "ENVIRONMENT": "sandbox",
            "DATABASE_URL": self._database_url(service, f"{package_of(service)}_{process}"),
            "BUS": self.bus,
            "ISSUER": ISSUER,
            "AUDIENCE": AUDIENCE,
            "JWKS_URL": self.url("issuer") + "/jwks.json",
            "SEALING_KEY": self.secret("sealing"),
            "ACTOR_KEY": self.secret("actor"),
            "EVENT_KEYS": str(self.event_keys),
            "CLOCK_FILE": str(self.clock_file),
            "PORT": str(self.ports[service]),
            "PUBLIC_URL": self.url(service),
            "WORKER_PORT": str(self.ports[f"{service}-worker"]),
        }
        if self.bus == "kafka":
            told["KAFKA_BOOTSTRAP"] = f"127.0.0.1:{self.ports['kafka']}"
        else:
            told["BUS_DATABASE_URL"] = self._database_url("bus", bus_role(service))
        if process == "worker":
            told["EVENT_SIGNING_KEY"] = self.signing_key(service)
        return told

    def page_environment(self) -> dict[str, str]:
        """The environment of the start page's process."""
        processes = (*SERVICES, *(f"{service}-worker" for service in SERVICES))
        return {
            "ENVIRONMENT": "sandbox",
            "ISSUER_URL": self.url("issuer"),
            "PORT": str(self.ports["start-page"]),
            **{f"{package_of(name).upper()}_URL": self.url(name) for name in processes},
        }

    @property
    def installation(self) -> Installation:
        """What the commands see of it."""
        kafka = self.bus == "kafka"
        return Installation(
            addresses={
                name: self.url(name)
                for name in (*SERVICES, *(f"{service}-worker" for service in SERVICES), "start-page")
            },
            databases={service: self.database_url(service) for service in SERVICES},
            bus=BusAddress(
                self.bus,
                database_url=None if kafka else self.database_url("bus"),
                kafka_bootstrap=f"127.0.0.1:{self.ports['kafka']}" if kafka else None,
            ),
            token=self._development_token,
            hint="is `make run` running?",
            sealer=self._sealer,
            is_local=True,
            event_keys=self.event_keys if self.event_keys.exists() else None,
            audit_heads=self.folder / "audit-heads.json",
        )

    def _sealer(self) -> Sealer:
        # Its processes inherit these of the environment.
        more, newest, suite = (os.environ.get(f"SEALING_{name}", "") for name in ("KEYS", "WITH", "SUITE"))
        try:
            return Sealer(read_ring(self.secret("sealing"), more, newest), suite_named(suite or "aes"))
        except (ValueError, KeyError) as error:
            raise SetupProblem(f"SEALING_KEYS, SEALING_WITH or SEALING_SUITE: {error}") from error

    def _development_token(self, role: str, party: Mapping[str, str]) -> str:
        try:
            asked = {"role": role, **party}
            answer = httpx.post(self.url("issuer") + "/token", json=asked, trust_env=False, timeout=10)
        except httpx.TransportError as error:
            raise self.installation.silent("the token issuer") from error
        if answer.is_error:
            # The issuer's validation lists the roles; a person wants that one sentence, not its JSON.
            reasons = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in answer.json()["detail"])
            raise SetupProblem(f"no such token: {reasons}")
        found: str = answer.json()["access_token"]
        return found

    def prepare(self) -> None:
        """Make the folder (mode 0700), its log folder and the issuer's key, and keep the ports."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        kept_mint(self.issuer_key)
        # Another terminal finds the run where it is, without the variables that moved its ports.
        staged = self.folder / "ports.new"
        staged.write_text(json.dumps(self.ports))
        staged.replace(self.folder / "ports.json")


def kept_layout(folder: Path) -> Layout | None:
    """The layout that a folder was last started with; None where nothing has run."""
    bus, ports = folder / "bus", folder / "ports.json"
    if not bus.exists():
        return None
    kept = json.loads(ports.read_text()) if ports.exists() else default_ports()
    return Layout(folder, "kafka" if bus.read_text() == "kafka" else "embedded", kept)


def is_served(folder: Path) -> bool:
    """Whether a run holds the folder's lock."""
    lock = folder / "run.lock"
    if not lock.exists():
        return False
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


assert DEVELOPMENT_ISSUER_MARK in ISSUER  # noqa: S101 - production recognises the issuer by its name
