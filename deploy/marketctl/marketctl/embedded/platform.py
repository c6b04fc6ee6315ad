"""The embedded platform: PostgreSQL, bus, issuer, four services and their workers, up and down in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from marketctl.embedded.children import Child, obeyed_afterwards, start_child, undisturbed
from marketctl.embedded.heartbeat import Waiting, quietly
from marketctl.embedded.layout import Layout, variable_of
from marketctl.embedded.nursery import Nursery
from marketctl.layout import CHINESE, ROOT, SERVICES, package_of
from shared.events.base import PARTITIONS
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import ends_of
from shared.messaging.embedded_walls import bus_role, prepare_bus, statements_of_bus_roles
from shared.messaging.published_keys import PublishedKeys, read_keys
from shared.messaging.signing import Signer
from shared.migrations import upgrade
from shared.walls import GROUPS
from shared.workshop.processes.kafka import KafkaServer
from shared.workshop.processes.ports import port_owner
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

Say = Callable[[str], None]


class Platform:
    """Everything one `Layout` describes; `start` says each step, `stop` undoes them in reverse.

    `waiting_for` holds whatever may take long, and is told what that is.
    """

    def __init__(self, layout: Layout, waiting_for: Waiting = quietly) -> None:
        self.layout = layout
        self.waiting_for = waiting_for
        self.postgres = PostgresServer(layout.folder / "pg", layout.ports["postgres"])
        self.nursery = Nursery(layout.logs / "nursery.log")
        self.kafka: KafkaServer | None = None
        self.children: dict[str, Child] = {}
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}
        self._stack = ExitStack()

    def start(self, say: Say, *, patience: float = 0) -> None:
        """Bring all up; a busy port is waited for as long as `patience`, then refused in one sentence."""
        self.layout.prepare()
        self._refuse_busy_ports(patience)
        try:
            self._stack.callback(self.nursery.stop)
            with obeyed_afterwards():
                self.nursery.start()
            self._start_postgres(say)
            self._start_bus(say)
            self.publish_keys()
            self._start_processes(say)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Services first, so that their last events still reach the bus; then bus, then PostgreSQL."""
        with undisturbed(), self.waiting_for("everything to stop in order"):
            self._stack.close()

    def _refuse_busy_ports(self, patience: float) -> None:
        needed = {port: name for name, port in self.layout.ports.items() if self._uses(name)}
        with self.waiting_for("the run before to end"):
            wait_until(lambda: not any(map(port_owner, needed)), seconds=patience, pause=0.1)
        for port, name in needed.items():
            if owner := port_owner(port):
                raise ProcessProblem(f"{owner}: stop it, or choose another port with {variable_of(name)}=…")

    def _uses(self, name: str) -> bool:
        return self.layout.bus == "kafka" or not name.startswith("kafka")

    def _start_postgres(self, say: Say) -> None:
        began = time.monotonic()
        # Registered before it starts, so that an interrupted start stops it too.
        self._stack.callback(self.postgres.stop)
        with self.waiting_for("PostgreSQL to start"):
            with obeyed_afterwards():
                self.postgres.start()
            for name in (*map(package_of, SERVICES), "bus"):
                processes = {ending: self.layout.secret(f"{name}_{ending}") for ending in GROUPS}
                self.postgres.create_role(name, self.layout.secret(name), processes)
                self.postgres.create_database(name, owner=name)
            roles = {bus_role(service): self.layout.secret(bus_role(service)) for service in SERVICES}
            self.postgres.let_in(statements_of_bus_roles(SERVICES, "bus"), roles)
        say(
            f"PostgreSQL {self.postgres.version():<10} {self.layout.folder.name}/pg   "
            f"{time.monotonic() - began:.1f} s   5 databases, each with an owner and process roles"
        )
        began = time.monotonic()
        heads = []
        for service in SERVICES:
            with self.waiting_for(f"the migrations of {service}"):
                upgrade(ROOT / "services" / service, self.layout.database_url(service))
            heads.append(f"{service} {self._migrations(service)}")
        say(f"migrations            {' · '.join(heads)}   {time.monotonic() - began:.1f} s")

    def _migrations(self, service: str) -> int:
        folder: Path = ROOT / "services" / service / "migrations" / "versions"
        return len(list(folder.glob("*.py")))

    def _start_bus(self, say: Say) -> None:
        if self.layout.bus == "embedded":
            asyncio.run(prepare_bus(self.layout.database_url("bus")))
            say(f"event log             embedded (PostgreSQL), {len(TOPICS)} topics × {PARTITIONS} partitions")
            return
        self.kafka = KafkaServer(
            self.layout.folder / "kafka", self.layout.ports["kafka"], self.layout.ports["kafka-controller"]
        )
        self._stack.callback(self.kafka.stop)
        with self.waiting_for("Apache Kafka to start; the first time its jars are fetched"), obeyed_afterwards():
            self.kafka.start()
        say(f"event log             Apache Kafka (KRaft)  127.0.0.1:{self.layout.ports['kafka']}")

    def publish_keys(self) -> None:
        """List the public keys of all services. No worker runs yet: what the topics hold is from before signing."""
        file = self.layout.event_keys
        known = read_keys(file) if file.exists() else PublishedKeys(unsigned=ends_of(self.layout.installation.bus))
        listed = known
        for service in SERVICES:
            listed = listed.adding(Signer(service, self.layout.signing_key(service)).key)
        if listed != known or not file.exists():
            listed.save(file)

    def _start_processes(self, say: Say) -> None:
        layout = self.layout
        self._child(
            "issuer",
            ["marketctl.embedded.issuer"],
            {
                "ENVIRONMENT": "sandbox",
                "ISSUER_KEY_FILE": str(layout.issuer_key),
                "PORT": str(layout.ports["issuer"]),
            },
        )
        for service in SERVICES:
            self.start_service(service)
        self._child("start-page", ["marketctl.page"], layout.page_environment())
        self.wait_ready(say)

    def start_service(self, service: str) -> None:
        """Start a service's HTTP process and its worker."""
        package = package_of(service)
        self._child(service, [package, "http"], self.layout.environment(service))
        self._child(f"{service}-worker", [package, "worker"], self.layout.environment(service, "worker"))

    def ended_by_themselves(self) -> dict[str, str]:
        """By name the processes that are gone without having been stopped, with how and where to look."""
        gone = {
            name: f"stopped by itself (see {server.log_file})"
            for name, server in self._servers().items()
            if server.has_ended
        }
        ended = [child for child in self.children.values() if child.process.poll() is not None]
        return gone | {child.name: f"{child.cause()} (see {child.log_file})" for child in ended}

    def revive(self, name: str) -> None:
        """Start a process again that has ended."""
        if (server := self._servers().get(name)) is not None:
            with obeyed_afterwards():
                server.start()
        else:
            self._launch(name)

    def _servers(self) -> dict[str, PostgresServer | KafkaServer]:
        return {"PostgreSQL": self.postgres} | ({} if self.kafka is None else {"Kafka": self.kafka})

    def stop_service(self, service: str) -> None:
        """Stop both processes of a service gracefully."""
        for name in (service, f"{service}-worker"):
            self.children.pop(name).stop()

    def wait_ready(self, say: Say) -> None:
        """Return once every process answers its readiness check."""
        for name in ("issuer", *SERVICES, "start-page"):
            path = "/livez" if name == "issuer" else "/readyz"
            with self.waiting_for(f"{name} to be ready"):
                self.children[name].wait_ready(self.layout.url(name) + path)
            if name in SERVICES:
                with self.waiting_for(f"{name}'s worker to be ready"):
                    self.children[f"{name}-worker"].wait_ready(self.layout.url(f"{name}-worker") + "/readyz")
                say(f"{name:<21} {self.layout.url(name)}/docs     {CHINESE[name]}")
        say(f"token issuer          {self.layout.url('issuer')}   (development only)")
        say(f"start page and trace  {self.layout.url('start-page')}/         中文 | English")

    def _child(self, name: str, module: list[str], told: dict[str, str]) -> None:
        self._commands[name] = (module, told)
        self._stack.callback(self._stop_child, name)
        self._launch(name)

    def _launch(self, name: str) -> None:
        module, told = self._commands[name]
        with obeyed_afterwards():
            self.children[name] = start_child(self.nursery, name, module, told, self.layout.logs / f"{name}.log")

    def _stop_child(self, name: str) -> None:
        if (child := self.children.get(name)) is not None:
            child.stop()

    def connect(self, service: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection to a service's database under the service's own database role."""
        return psycopg.connect(self.layout.database_url(service), autocommit=True)
