"""One installation of the whole, as the commands see it: where its parts are, and how to be let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

from shared.messaging.adapters import BusAddress
from shared.sealing import Sealer
from shared.workshop.processes.problem import ProcessProblem

_PATIENCE_SECONDS = 30
TokenSource = Callable[[str, Mapping[str, str]], str]


class NoAnswer(ProcessProblem):
    """A part of the installation that doesn't answer where it should be."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Addresses, databases, bus and tokens of an installation, whoever runs it.

    `addresses` has the base URL of each service, and of its worker as `<service>-worker` and of the `start-page` where
    these are known.
    `token` gives a bearer token for a role and, where it can choose, a party. `hint` completes "… does not answer:".
    """

    addresses: Mapping[str, str]
    databases: Mapping[str, str] = field(repr=False)
    bus: BusAddress
    token: TokenSource = field(repr=False)
    hint: str
    sealer: Callable[[], Sealer] = field(repr=False)
    """What its services seal with; SetupProblem where the keys weren't told."""
    is_local: bool = False
    """Whether it is all on this machine, where a proxy set for the outside would not find it."""
    event_keys: Path | None = None
    """The public keys of events; without it nobody can tell who published an end of an audit trail."""
    audit_heads: Path | None = None
    """Where `verify` keeps how the audit trails ended; without it nobody can tell that an end was cut off."""

    def url(self, process: str) -> str:
        """The address of a service's process, without a slash at its end."""
        return self.addresses[process].rstrip("/")

    def database_url(self, service: str) -> str:
        """The connection string of a service's database as postgresql://…, in whichever form it was given."""
        return plain_url(self.databases[service]).render_as_string(hide_password=False)

    def connect(self, service: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to a service's database; NoAnswer where it can't be had."""
        try:
            return psycopg.connect(self.database_url(service), connect_timeout=_PATIENCE_SECONDS)
        except psycopg.OperationalError as error:
            raise self.silent(f"{service}'s database", error) from error

    def silent(self, part: str, error: Exception | None = None) -> NoAnswer:
        """The sentence for a part that doesn't answer, with what the attempt said."""
        said = next(iter(str(error).splitlines()), type(error).__name__) if error else ""
        return NoAnswer(f"{part} does not answer: {self.hint}" + (f" ({said})" if said else ""))


def plain_url(url: str) -> URL:
    """A PostgreSQL URL without the driver's name; ValueError (ArgumentError) for what is none."""
    read = make_url(url)
    if read.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError(f"{read.drivername} is not postgresql")
    return read.set(drivername="postgresql")
