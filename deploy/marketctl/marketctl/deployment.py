"""An installation run elsewhere, described by settings: environment variables, or a file of the same names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, SecretStr, ValidationError
from sqlalchemy.exc import ArgumentError

from marketctl.installation import Installation, plain_url
from marketctl.layout import SERVICES, package_of
from shared.keyring import ring_of
from shared.messaging.adapters import BusAddress
from shared.messaging.kafka_access import KafkaAccess, Mechanism, Security
from shared.production import faults_of_database, faults_of_kafka
from shared.sealing import Sealer
from shared.suites import suite_named
from shared.vocabulary.errors import SetupProblem

PREFIX = "MARKET_"
_FILE = "_FILE"
_BUS_NEEDS = {"kafka": "kafka_bootstrap", "embedded": "bus_database_url"}
_DATABASES = {"bus_database_url", *(f"{package_of(service)}_database_url" for service in SERVICES)}
_SECRETS = {"token", "kafka_password", "sealing_key", "sealing_keys", *_DATABASES}


def _database(value: SecretStr) -> SecretStr:
    try:
        plain_url(value.get_secret_value())
    except (ArgumentError, ValueError) as error:
        # The text itself may hold a password.
        raise ValueError("not a PostgreSQL URL such as postgresql://user:password@host:5432/name") from error
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValueError("not an address such as https://registry.example.org")
    return value


def _brokers(value: str) -> str:
    for each in value.split(","):
        host, _, port = each.strip().rpartition(":")
        if not (host and port.isascii() and port.isdigit()):
            raise ValueError("not a list of brokers such as kafka-1:9092,kafka-2:9092")
    return value


Address = Annotated[str, AfterValidator(_address)]
Database = Annotated[SecretStr, AfterValidator(_database)]


class Deployment(BaseModel):
    """The names, each with MARKET_ before it; each secret also by the path of a file, as `<name>_FILE`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Literal["sandbox", "production"] = Field("production", description="sandbox or production")
    registry_url: Address = Field(description="the address of registry")
    trade_ledger_url: Address = Field(description="the address of trade-ledger")
    fx_settlement_url: Address = Field(description="the address of fx-settlement")
    tax_exemption_url: Address = Field(description="the address of tax-exemption")
    registry_worker_url: Address | None = Field(None, description="where registry's worker says how it is")
    trade_ledger_worker_url: Address | None = Field(None, description="where trade-ledger's worker says how it is")
    fx_settlement_worker_url: Address | None = Field(None, description="where fx-settlement's worker says how it is")
    tax_exemption_worker_url: Address | None = Field(None, description="where tax-exemption's worker says how it is")
    start_page_url: Address | None = Field(None, description="where the start page says how it is")
    registry_database_url: Database = Field(description="registry's database")
    trade_ledger_database_url: Database = Field(description="trade-ledger's database")
    fx_settlement_database_url: Database = Field(description="fx-settlement's database")
    tax_exemption_database_url: Database = Field(description="tax-exemption's database")
    bus: Literal["kafka", "embedded"] = Field(description="kafka or embedded")
    kafka_bootstrap: Annotated[str, AfterValidator(_brokers)] | None = Field(None, description="the Kafka brokers")
    kafka_prefix: str = Field("", description="what the topics' names begin with")
    kafka_security_protocol: Security = Field("PLAINTEXT", description="how the brokers are reached")
    kafka_sasl_mechanism: Mechanism = Field("SCRAM-SHA-512", description="how the password is shown")
    kafka_user: str | None = Field(None, description="the Kafka user of the one who asks")
    kafka_password: SecretStr | None = Field(None, description="its password")
    kafka_ca: FilePath | None = Field(None, description="whose certificates of brokers are believed")
    bus_database_url: Database | None = Field(None, description="the embedded bus's database")
    sealing_key: SecretStr = Field(SecretStr(""), description="the services' SEALING_KEY, for `marketctl keys`")
    sealing_keys: SecretStr = Field(SecretStr(""), description="the services' SEALING_KEYS, likewise")
    sealing_with: str = Field("", description="the services' SEALING_WITH, likewise")
    sealing_suite: Literal["aes", "gm"] = Field("aes", description="the services' SEALING_SUITE, likewise")
    event_keys: FilePath | None = Field(None, description="the file of public keys, EVENT_KEYS of every process")
    audit_heads: Path | None = Field(None, description="the file in which verify keeps where the audit trails ended")
    token: SecretStr | None = Field(None, description="a bearer token of the one who asks")

    def faults(self) -> dict[str, str]:
        """Why production is not reached with these, by field: weak passwords of databases, a Kafka that lets all in."""
        if self.environment != "production":
            return {}
        urls = {name: getattr(self, name) for name in sorted(_DATABASES)}
        found = {
            name: next(faults_of_database(_called(name), url.get_secret_value()), "")
            for name, url in urls.items()
            if url is not None
        }
        if self.bus == "kafka":
            security = "kafka_security_protocol"
            found[security] = next(faults_of_kafka(_called(security), self.kafka_security_protocol), "")
        return {name: said for name, said in found.items() if said}

    def installation(self) -> Installation:
        """What the commands see of it."""
        processes = [*SERVICES, *(f"{service}-worker" for service in SERVICES), "start-page"]
        urls = {name: getattr(self, f"{package_of(name)}_url") for name in processes}
        databases = {service: getattr(self, f"{package_of(service)}_database_url") for service in SERVICES}
        bus_database = self.bus_database_url
        plain = plain_url(bus_database.get_secret_value()) if bus_database else None
        return Installation(
            addresses={name: url for name, url in urls.items() if url is not None},
            databases={service: url.get_secret_value() for service, url in databases.items()},
            bus=BusAddress(
                self.bus,
                plain.render_as_string(hide_password=False) if plain else None,
                self.kafka_bootstrap,
                self.kafka_prefix,
                KafkaAccess(
                    self.kafka_security_protocol,
                    self.kafka_sasl_mechanism,
                    self.kafka_user,
                    self.kafka_password.get_secret_value() if self.kafka_password else None,
                    self.kafka_ca,
                ),
            ),
            token=self._given_token,
            sealer=self._sealer,
            event_keys=self.event_keys,
            audit_heads=self.audit_heads,
            hint=f"is it up, and is its {PREFIX}… setting right?",
        )

    def _sealer(self) -> Sealer:
        try:
            ring = ring_of(self)
        except ValueError as error:
            raise SetupProblem(
                f"{error}: marketctl is given the services' keys as {PREFIX}SEALING_KEY and so on"
            ) from error
        return Sealer(ring, suite_named(self.sealing_suite))

    def _given_token(self, role: str, party: Mapping[str, str]) -> str:
        if party:
            raise SetupProblem(f"{_called('token')} says who you are: leave the name out")
        if self.token is None:
            raise SetupProblem(f"{_called('token')} is not set: {_described('token')}, of role {role}")
        return self.token.get_secret_value()


def is_described(environment: Mapping[str, str]) -> bool:
    """Whether an environment names a deployment at all."""
    return any(value and name.startswith(PREFIX) for name, value in environment.items())


def deployed(environment: Mapping[str, str], file: Path | None = None) -> Installation:
    """The installation that an environment and a file describe, the file before it; SetupProblem names every fault."""
    told = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    if file is not None:
        if not file.is_file():
            raise SetupProblem(f"{file} is no file: give one with a line NAME=value for each setting")
        told |= {name: value or "" for name, value in dotenv_values(file, interpolate=False).items()}
    content, wrong = _with_secrets({name: value for name, value in told.items() if value})
    needed = _BUS_NEEDS.get(content.get("bus", ""))
    if needed and needed not in content:
        wrong.setdefault(needed, f"{_called(needed)} is not set: {_described(needed)}")
    try:
        found = Deployment.model_validate(content)
        wrong |= found.faults()
    except ValidationError as error:
        for each in error.errors():
            field = str(each["loc"][0])
            wrong.setdefault(field, _sentence(field, each["type"], each["msg"]))
    if wrong:
        raise SetupProblem("\n".join(wrong.values()))
    return found.installation()


def _with_secrets(told: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Settings by their fields, secrets read from the files that are named for them; and what is wrong, by field."""
    content: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, value in told.items():
        plain = name.removesuffix(_FILE)
        field = plain.removeprefix(PREFIX).lower()
        if not name.startswith(PREFIX) or (plain != name and field not in _SECRETS):
            wrong[name] = f"{name} is no setting of marketctl"
        elif plain == name:
            content[field] = value
        elif plain in told:
            wrong[field] = f"{plain} and {name} are both set: give one of them"
        else:
            try:
                content[field] = Path(value).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is no text"
                wrong[field] = f"{name} names {value}, which can't be read: {reason}"
    return content, wrong


def _sentence(field: str, kind: str, said: str) -> str:
    if kind == "extra_forbidden":
        return f"{_called(field)} is no setting of marketctl"
    if kind == "missing":
        return f"{_called(field)} is not set: {_described(field)}"
    return f"{_called(field)} is wrong: {said.removeprefix('Value error, ')}"


def _called(field: str) -> str:
    return PREFIX + field.upper()


def _described(field: str) -> str:
    return Deployment.model_fields[field].description or field
