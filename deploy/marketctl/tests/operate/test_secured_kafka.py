"""A Kafka with SCRAM, TLS and access rules: who is let in, and who may do what."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from pydantic import SecretStr
from typer.testing import CliRunner

from marketctl.cli import app
from marketctl.layout import ROOT, SERVICES
from marketctl.operate.kafka import acls_of_reader, acls_of_service
from marketctl.services import described
from shared.events.catalogue import TOPICS
from shared.messaging.audit_heads import HEADS_TOPICS, heads_topic
from shared.messaging.bus import BusRefused, cursor_topic
from shared.messaging.comparing import topics_of
from shared.messaging.kafka import KafkaBus
from shared.messaging.kafka_access import KafkaAccess
from shared.messaging.kafka_acls import KafkaAcls
from shared.messaging.published_keys import PublishedKeys
from shared.messaging.worker import run_worker
from shared.settings import ServiceSettings
from shared.vocabulary.errors import SetupProblem
from shared.workshop.processes.kafka_secured import ADMIN, SecuredKafkaServer
from shared.workshop.processes.ports import free_port
from shared.workshop.testing.programs import lines_of
from shared.workshop.testing.running import logging_kept
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.signing import SIGNERS, event_keys_file, signing_key

READER, READS = "bank-1", ("fx-settlement.collections", "registry.subjects", "registry.audit-heads")
PREFIX = "site."


@dataclass(frozen=True)
class Secured:
    """A secured broker on which the rules are in force and the topics are made."""

    bootstrap: str
    ca_file: Path
    passwords: dict[str, str]

    def access(self, user: str, /, **other: Any) -> KafkaAccess:
        told = KafkaAccess("SASL_SSL", "SCRAM-SHA-512", user, self.passwords.get(user, "?"), self.ca_file)
        return replace(told, **other)

    def bus(self, user: str, /, **other: Any) -> KafkaBus:
        return KafkaBus(self.bootstrap, PREFIX, self.access(user, **other))

    def settings(self) -> dict[str, str]:
        told = {
            "MARKET_ENVIRONMENT": "sandbox", "MARKET_BUS": "kafka", "MARKET_KAFKA_BOOTSTRAP": self.bootstrap,
            "MARKET_KAFKA_PREFIX": PREFIX, "MARKET_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "MARKET_KAFKA_USER": ADMIN,
            "MARKET_KAFKA_PASSWORD": self.passwords[ADMIN], "MARKET_KAFKA_CA": str(self.ca_file),
        }  # fmt: skip
        for service in SERVICES:
            name = service.upper().replace("-", "_")
            told |= {f"MARKET_{name}_URL": "http://127.0.0.1:9", f"MARKET_{name}_DATABASE_URL": "postgresql://u@h/d"}
        return told


def acls(secured: Secured, words: str, status: int) -> str:
    done = CliRunner().invoke(app, ["kafka", "acls", "--reader", f"{READER}={','.join(READS)}", *words.split()],
                              env=secured.settings())  # fmt: skip
    assert done.exit_code == status, (done.output, done.exception)
    return done.output


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    passwords = {name: f"password of {name}" for name in (ADMIN, READER, *SERVICES)}
    server = SecuredKafkaServer(tmp_path_factory.mktemp("secured") / "kafka", free_port(), free_port(), passwords)
    try:
        server.start()
        made = Secured(server.bootstrap, server.ca_file, passwords)
        first = acls(made, "", 1)
        assert f"{len(wanted())} rules, {len(wanted())} missing, 0 too much" in first
        assert json.loads(acls(made, "--apply --json", 0))["changed"]
        assert "0 missing, 0 too much" in acls(made, "", 0)
        asyncio.run(make_topics(made))
        yield made
    finally:
        server.stop()


def wanted() -> set[Any]:
    found = {acl for service in SERVICES for acl in acls_of_service(service, service, PREFIX)}
    return found | acls_of_reader(READER, READS, PREFIX)


async def make_topics(secured: Secured) -> None:
    """Each owner makes its own."""
    for service in SERVICES:
        bus = secured.bus(service)
        await bus.ensure_topics([*topics_of(service), heads_topic(service)], cursor_of=service)
        await bus.close()


MAY_READ = {
    **{
        service: {*topics_of(service), heads_topic(service), *described(service).subscriptions.topics()}
        for service in SERVICES
    },
    READER: set(READS),
}
MAY_WRITE = {**{service: {*topics_of(service), heads_topic(service)} for service in SERVICES}, READER: set()}


@pytest.mark.parametrize("user", [*SERVICES, READER])
async def test_a_user_reads_and_writes_what_it_needs_and_nothing_else(secured: Secured, user: str) -> None:
    topics = [*TOPICS, *HEADS_TOPICS, *(cursor_topic(service) for service in SERVICES)]
    cursor = {cursor_topic(user)} if user in SERVICES else set()
    assert await readable(secured, user, topics) == MAY_READ[user] | cursor
    assert await writable(secured, user, topics) == MAY_WRITE[user] | cursor


async def readable(secured: Secured, user: str, topics: list[str]) -> set[str]:
    bus = secured.bus(user)
    admin = AIOKafkaAdminClient(**bus.options)
    await admin.start()
    described_topics = await admin.describe_topics([PREFIX + topic for topic in topics])
    await admin.close()
    # A topic that was just made may have another error for a moment.
    refused = TopicAuthorizationFailedError.errno
    shown = {each["topic"].removeprefix(PREFIX) for each in described_topics if each["error_code"] != refused}

    async def from_zero() -> dict[Any, int]:
        return {}

    # Reading fails if only one of them may be described and not read.
    reader = bus.reader("", sorted(shown & {*TOPICS, *HEADS_TOPICS}), from_zero)
    await reader.start()
    await reader.fetch(most=100, wait_seconds=0.5)
    await reader.close()
    for hidden in sorted(set(topics) - shown)[:1]:
        with pytest.raises(BusRefused, match=f"doesn't let the user {user} read site.{hidden}: see"):
            await bus.partitions([hidden])
    await bus.close()
    return shown


async def writable(secured: Secured, user: str, topics: list[str]) -> set[str]:
    found = set()
    producer = AIOKafkaProducer(**secured.bus(user).options, enable_idempotence=False, acks="all")
    await producer.start()
    try:
        for topic in topics:
            try:
                async with asyncio.timeout(20):
                    await producer.send_and_wait(PREFIX + topic, b"0", key=b"k", partition=0)
            except TopicAuthorizationFailedError:
                continue
            found.add(topic)
    finally:
        await producer.stop()
    return found


async def test_a_services_transactional_id_and_group_are_its_own(secured: Secured) -> None:
    registry = secured.bus("registry")
    publisher = registry.publisher("registry")
    assert not await publisher.fence()
    await publisher.close()
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await registry.publisher("trade-ledger").fence()

    async def from_zero() -> dict[Any, int]:
        return {}

    reader = registry.reader("registry", ["trade-ledger.trades"], from_zero)
    await reader.start()
    await reader.mirror({("trade-ledger.trades", 0): 0})
    await reader.close()
    for user, group, allowed in ((READER, "bank-1.days", True), (READER, PREFIX + "registry", False)):
        consumer = AIOKafkaConsumer(PREFIX + READS[0], **secured.bus(user).options, group_id=group)
        if allowed:
            await consumer.start()
        else:
            with pytest.raises(GroupAuthorizationFailedError):
                await consumer.start()
        await consumer.stop()
    await registry.close()


async def test_a_topic_is_made_by_its_owner_alone_with_the_safety_that_the_settings_say(secured: Secured) -> None:
    stranger = secured.bus("tax-exemption")
    await stranger.ensure_topics(["registry.places", "registry.none"])
    with pytest.raises(TopicAuthorizationFailedError):
        await stranger.identities(["registry.none"])
    with pytest.raises(SetupProblem, match="KAFKA_MIN_INSYNC_REPLICAS=2 is more than KAFKA_REPLICATION_FACTOR=1"):
        await secured.bus(ADMIN, in_sync=2).ensure_topics(["registry.places"])
    # One broker can't keep two replicas: the broker says so.
    with pytest.raises(KafkaError, match="InvalidReplicationFactor"):
        await secured.bus(ADMIN, replicas=2, in_sync=2).ensure_topics(["registry.copies"])
    await stranger.close()
    admin = AIOKafkaAdminClient(**secured.bus(ADMIN).options)
    await admin.start()
    asked = ConfigResource(ConfigResourceType.TOPIC, PREFIX + "registry.places")
    (answer,) = await admin.describe_configs([asked])
    await admin.close()
    assert {each[0]: each[1] for each in answer.resources[0][4]}["min.insync.replicas"] == "1"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"password": "another"}, "the user registry: the name or the password is wrong (KAFKA_USER, KAFKA_PASSWORD)"),
        ({"user": "nobody"}, "refuses the user nobody"),
        ({"ca_file": None}, "isn't believed: "),
        ({"mechanism": "PLAIN"}, "doesn't take PLAIN (KAFKA_SASL_MECHANISM)"),
        ({"security": "PLAINTEXT"}, "does KAFKA_SECURITY_PROTOCOL=PLAINTEXT fit its listener?"),
        ({"security": "SASL_PLAINTEXT"}, "does KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT fit its listener?"),
    ],
)
async def test_what_is_wrong_with_credentials_is_said_in_one_sentence(secured: Secured, other: Any, said: str) -> None:
    bus = secured.bus("registry", **other)
    with pytest.raises(BusRefused) as refused:
        await bus.knock()
    assert said in str(refused.value)
    assert "password of" not in str(refused.value)
    with pytest.raises(BusRefused):
        await bus.identities(["registry.subjects"])
    await bus.close()
    right = secured.bus("registry")
    await right.knock()
    await right.close()
    # Nobody there is no refusal: it is waited for.
    away = KafkaBus(f"127.0.0.1:{free_port()}", PREFIX, secured.access("registry"))
    await away.knock()
    await away.close()


def test_a_worker_with_a_wrong_password_ends_with_the_sentence(
    secured: Secured, make_database: MakeDatabase, tmp_path: Path, capfd: Any
) -> None:
    heard = described("registry")
    settings = ServiceSettings(
        environment="sandbox", database_url=SecretStr(make_database()), bus="kafka", kafka_bootstrap=secured.bootstrap,
        kafka_security_protocol="SASL_SSL", kafka_user="registry", kafka_password=SecretStr("another"),
        kafka_ca=secured.ca_file, issuer="i", jwks_url="j", sealing_key=SecretStr("k"), actor_key=SecretStr("a"),
        event_keys=event_keys_file(tmp_path), event_signing_key=SecretStr(signing_key("registry")),
    )  # fmt: skip
    with logging_kept():
        assert run_worker(settings, heard.messaging, heard.subscriptions) == 2
    said = capfd.readouterr().err
    assert "refuses the user registry" in said
    assert "another" not in said


async def test_an_outside_reader_reads_and_checks_as_its_page_says(secured: Secured, tmp_path: Path) -> None:
    """The two programs of docs/integrators.md put together: the owner's event, and one that another wrote."""
    producer, topic = AIOKafkaProducer(**secured.bus("registry").options, acks="all"), f"{PREFIX}registry.subjects"
    headers = [(f"ce_{name}", b"1") for name in ("id", "source", "type", "subject", "sequence", "time")]
    async with producer:
        for signed in (SIGNERS[writer].signed(headers, b"{}") for writer in ("registry", "trade-ledger")):
            await producer.send_and_wait(topic, b"{}", key=b"k", partition=0, headers=signed)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/integrators.md").read_text("utf-8"), re.DOTALL)
    program = "\n".join(each for word in ("SECURED = ", "is_the_owners") for each in blocks if word in each)
    (tmp_path / "kafka-password").write_text(secured.passwords[READER] + "\n")
    PublishedKeys(keys=(SIGNERS["registry"].key,)).save(tmp_path / "keys.json")
    for told, of_this_run in (
        ("kafka-1.example:9093,kafka-2.example:9093,kafka-3.example:9093", secured.bootstrap),
        ("kafka-ca.pem", str(secured.ca_file)),
        ('bootstrap_servers="127.0.0.1:8016"', "**SECURED"),
        ('"trade-ledger.declarations"', f'"{topic}"'),
        ("http://127.0.0.1:8002/.well-known/event-keys.json", (tmp_path / "keys.json").as_uri()),
    ):
        assert told in program
        program = program.replace(told, of_this_run)
    read = await lines_of(program, tmp_path, until=lambda found: any("the owner's" in each for each in found[:-1]))
    assert [each.split(" ", 2)[2] for each in read[-2:]] == ["the owner's", "refused"]


def test_what_is_too_much_is_named_and_taken_away(secured: Secured) -> None:
    too_much = acls_of_reader(READER, ["trade-ledger.trades"], PREFIX) - wanted()
    everything = KafkaAcls(secured.bus(ADMIN).options)
    asyncio.run(everything.change(too_much, ()))
    (line,) = [each for each in acls(secured, "", 1).splitlines() if each.startswith("too much")]
    assert line.split()[2:] == ["User:bank-1", "read", "topic", "site.trade-ledger.trades"]
    acls(secured, "--apply", 0)
    assert "0 missing, 0 too much" in acls(secured, "", 0)
    for words in ("--user nobody=x", "--reader x", "--user registry=trade-ledger", "--reader a=registry.none"):
        acls(secured, words, 2)
