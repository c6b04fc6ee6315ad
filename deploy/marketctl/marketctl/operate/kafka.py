"""`marketctl kafka`: who may do what on the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from marketctl.layout import SERVICES
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from marketctl.services import described
from shared.events.catalogue import TOPICS
from shared.messaging.audit_heads import HEADS_TOPICS, heads_topic
from shared.messaging.bus import cursor_topic
from shared.messaging.kafka_acls import Acl, KafkaAcls
from shared.vocabulary.errors import SetupProblem

kafka = typer.Typer(no_args_is_help=True, help="Who may do what on the Kafka cluster.")


@kafka.callback()
def _group() -> None:
    """Keeps `acls` a command of its own."""


def acls_of_service(service: str, user: str, prefix: str = "") -> set[Acl]:
    """What a service's worker needs: to write its own topics and cursor, and to read what it hears."""
    principal = f"User:{user}"
    own = {topic.name for topic in TOPICS.values() if topic.owner == service}
    cursor, heads = prefix + cursor_topic(service), prefix + heads_topic(service)
    relay = f"{prefix}relay.{service}"
    return {
        # Reconciling reads and makes anew what the service wrote.
        *(
            Acl(principal, "topic", prefix + topic, may)
            for topic in own
            for may in ("create", "delete", "read", "write")
        ),
        *(Acl(principal, "topic", each, may) for each in (cursor, heads) for may in ("create", "read", "write")),
        *(Acl(principal, "topic", prefix + topic, "read") for topic in described(service).subscriptions.topics()),
        Acl(principal, "transactional-id", relay, "write"),
        Acl(principal, "group", prefix + service, "read"),
    }


def acls_of_reader(user: str, topics: Iterable[str], prefix: str = "") -> set[Acl]:
    """What somebody outside needs: to read some topics, in groups whose names begin with its own."""
    principal = f"User:{user}"
    return {
        *(Acl(principal, "topic", prefix + topic, "read") for topic in topics),
        Acl(principal, "group", f"{user}.", "read", "prefixed"),
    }


@kafka.command("acls")
def kafka_acls(
    user: Annotated[list[str] | None, typer.Option(help="SERVICE=NAME; else a service's user has its name")] = None,
    reader: Annotated[list[str] | None, typer.Option(help="NAME=TOPIC,TOPIC: a user who only reads these")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="give what is missing, take away what is too much")] = False,
    as_json: Json = False,
) -> None:
    """Compare what services and readers may do with what they need; status 1 where it differs. `--apply` changes it."""
    market = chosen()
    if market.bus.kind != "kafka" or market.bus.kafka_bootstrap is None:
        raise SetupProblem("this installation has no Kafka: it uses the embedded bus")
    wanted = _wanted(user or [], reader or [], market.bus.kafka_prefix)
    acls = KafkaAcls({"bootstrap_servers": market.bus.kafka_bootstrap, **market.bus.kafka_access.options()})
    try:
        missing, extra = asyncio.run(_compared(acls, wanted, apply=apply))
    except (KafkaError, OSError) as error:
        raise market.silent("Kafka", error) from error
    found = {"missing": sorted(missing), "too_much": sorted(extra)}
    lines = [f"{word.replace('_', ' '):<9} {acl}" for word, acls_found in found.items() for acl in acls_found]
    lines.append(f"{len(wanted)} rules, {len(missing)} missing, {len(extra)} too much{': changed' * apply}")
    content = {"rules": sorted(wanted), **found}
    told = {word: [acl._asdict() for acl in each] for word, each in content.items()}
    show({**told, "changed": apply}, as_json, "\n".join(lines))
    raise typer.Exit(1 if (missing or extra) and not apply else 0)


def _wanted(user: list[str], reader: list[str], prefix: str) -> set[Acl]:
    users = {service: service for service in SERVICES} | _pairs(user, SERVICES)
    readers = {name: _known(topics.split(",")) for name, topics in _pairs(reader, None).items()}
    everybody = [*users.values(), *readers]
    if twice := sorted({name for name in everybody if everybody.count(name) > 1}):
        raise SetupProblem(f"each service and each reader has a user of its own, and {', '.join(twice)} is there twice")
    rules = [acls_of_service(service, name, prefix) for service, name in users.items()]
    rules += [acls_of_reader(name, topics, prefix) for name, topics in readers.items()]
    return set().union(*rules)


async def _compared(acls: KafkaAcls, wanted: set[Acl], *, apply: bool) -> tuple[set[Acl], set[Acl]]:
    there = await acls.of({acl.principal for acl in wanted})
    missing, extra = wanted - there, there - wanted
    if apply:
        await acls.change(missing, extra)
    return missing, extra


def _pairs(said: list[str], known: Iterable[str] | None) -> dict[str, str]:
    found = {}
    for each in said:
        name, _, value = each.partition("=")
        if not name or not value or (known is not None and name not in known):
            raise SetupProblem(f"{each} is no NAME=VALUE" + (f" of {', '.join(known)}" if known is not None else ""))
        found[name] = value
    return found


def _known(topics: list[str]) -> list[str]:
    known = [*TOPICS, *HEADS_TOPICS]
    if unknown := sorted(set(topics) - set(known)):
        raise SetupProblem(f"no topic {', '.join(unknown)}; topics: {', '.join(known)}")
    return topics
