"""A process's settings from its environment; read by `app.py`, `worker.py` and `__main__.py` only."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.keyring import FIRST, ring_of
from shared.network import networks_of
from shared.production import LEAST_PASSWORD, faults_of_address, faults_of_database, faults_of_kafka, faults_of_secret

LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)]


def _public_address(value: str) -> str:
    """Every event tells it, so that it holds no password and is followed by a path."""
    if value and not re.fullmatch(r"https?://[^/\s@?#]+(/[^\s?#]+)?/?", value, re.ASCII):
        raise ValueError("it is no address such as https://registry.example.org")
    return value.rstrip("/")


def _networks(value: str) -> str:
    networks_of(value)
    return value


class ServiceSettings(BaseSettings):
    """One service's settings, from the environment or files in `SECRETS_DIR`."""

    # A traceback that showed what was given would show secrets.
    model_config = SettingsConfigDict(
        extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"), hide_input_in_errors=True
    )

    environment: Literal["sandbox", "production"] = "production"
    database_url: SecretStr
    bus: Literal["embedded", "kafka"] = "embedded"
    bus_database_url: SecretStr | None = None
    kafka_bootstrap: str | None = None
    kafka_prefix: str = ""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = "SCRAM-SHA-512"
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca: FilePath | None = None
    kafka_replication_factor: int = Field(1, ge=1)
    kafka_min_insync_replicas: int = Field(1, ge=1)
    issuer: str
    audience: str = "market-1039"
    jwks_url: str
    token_minutes: int = Field(default=60, ge=1, le=1440)
    two_factor_acr: str = ""
    national_pilot: str = Field(default="", pattern=r"^([a-z][a-z0-9_-]{1,39})?$")
    sealing_key: SecretStr = SecretStr("")
    sealing_keys: SecretStr = SecretStr("")
    sealing_with: str = ""
    sealing_suite: Literal["aes", "gm"] = "aes"
    actor_key: SecretStr
    event_keys: FilePath
    event_signing_key: SecretStr | None = None
    clock_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    public_url: Annotated[str, AfterValidator(_public_address)] = ""
    worker_port: int = Field(0, ge=0, le=65_535)
    pool_size: int = Field(10, ge=1)
    key_days: int = Field(30, ge=1, le=3650)
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    rate_per_second: int = Field(200, ge=1)
    rate_burst: int = Field(4000, ge=1)
    anonymous_per_second: int = Field(5, ge=1)
    max_connections: int = Field(800, ge=1)
    max_requests: int = Field(400, ge=1)
    log_level: LogLevel = "INFO"

    @model_validator(mode="after")
    def _fit_to_start(self) -> ServiceSettings:
        """ValueError with every reason why a process, in production above all, doesn't start with these."""
        in_production = self.environment == "production"
        if faults := [*self._faults_of_ring(in_production), *(self._faults() if in_production else ())]:
            raise ValueError("\n".join(faults))
        return self

    def _faults_of_ring(self, in_production: bool) -> Iterator[str]:
        try:
            ring = ring_of(self)
        except ValueError as error:
            yield str(error)
            return
        for key in ring if in_production else ():
            told = "SEALING_KEY" if key == FIRST else f"the key {key} of SEALING_KEYS"
            yield from faults_of_secret(told, ring.secret(key).decode())

    def _faults(self) -> Iterator[str]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and name not in ("sealing_key", "sealing_keys"):
                yield from _judge(name)(name.upper(), value.get_secret_value())
        if self.bus == "kafka":
            yield from faults_of_kafka("KAFKA_SECURITY_PROTOCOL", self.kafka_security_protocol)
        yield from faults_of_address("ISSUER", self.issuer)
        yield from faults_of_address("JWKS_URL", self.jwks_url)
        if "audience" not in self.model_fields_set or not self.audience.strip():
            yield "AUDIENCE is missing: name the one that your identity provider writes into tokens for this service"


class MigrationSettings(BaseSettings):
    """What a service's migration is told: its database as the role that owns it, and nothing else of the service."""

    model_config = SettingsConfigDict(
        extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"), hide_input_in_errors=True
    )

    environment: Literal["sandbox", "production"] = "production"
    database_url: SecretStr
    log_level: LogLevel = "INFO"

    @model_validator(mode="after")
    def _fit_to_start(self) -> MigrationSettings:
        """ValueError where production refuses the password of the database."""
        if self.environment == "production":
            url = self.database_url.get_secret_value()
            if faults := list(faults_of_database("DATABASE_URL", url)):
                raise ValueError("\n".join(faults))
        return self


def _judge(name: str) -> Callable[[str, str], Iterator[str]]:
    """Passwords are chosen where others keep them too; our own secrets are longer."""
    if name.endswith("_url"):
        return faults_of_database
    return partial(faults_of_secret, least=LEAST_PASSWORD) if name.endswith("_password") else faults_of_secret


S = TypeVar("S", bound=BaseSettings)
# Names of the environment are anybody's: only one that looks like a setting is named.
_ALIKE = 0.8


def read_settings(kind: type[S]) -> S:
    """The settings; a missing or wrong one ends the process with status 2 and a sentence on standard error."""
    folder = os.environ.get("SECRETS_DIR")
    files = {each.name for each in Path(folder).iterdir()} if folder and Path(folder).is_dir() else set[str]()
    for sentence in mistaken(kind.model_fields, os.environ, files):
        sys.stderr.write(f"{sentence}\n")
    try:
        return kind()
    except ValidationError as refused:
        for error in refused.errors():
            if not error["loc"]:
                sys.stderr.writelines(f"{each}\n" for each in error["msg"].removeprefix("Value error, ").split("\n"))
                continue
            name = ".".join(map(str, error["loc"])).upper()
            said = "is missing" if error["type"] == "missing" else f"can't be read: {error['msg']}"
            sys.stderr.write(f"the setting {name} {said} (docs/operations.md lists all settings)\n")
        raise SystemExit(2) from None


def mistaken(known: Collection[str], environment: Mapping[str, str], files: Collection[str]) -> list[str]:
    """A sentence for each name that is no setting: of the environment those that look like one, and all files."""
    told = {name.lower() for name in environment}
    names = {name: name for name in environment if name.lower() not in known} | {
        f"{name} in SECRETS_DIR": name for name in files if name not in known
    }
    sentences = []
    for shown, name in sorted(names.items()):
        near = [each for each in get_close_matches(name.lower(), known, n=1, cutoff=_ALIKE) if each not in told]
        if near:
            sentences.append(f"{shown} is no setting: is {near[0].upper()} meant?")
        elif shown != name:
            sentences.append(f"{shown} is no setting")
    return sentences
