"""`marketctl signing`: the keys that events are signed with, and the file of public keys that all readers share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from asyncpg import PostgresError

from marketctl.layout import SERVICES
from marketctl.operate.chosen import chosen
from marketctl.operate.terminal import Json, show
from shared.messaging.adapters import ends_of
from shared.messaging.envelope import owner_of
from shared.messaging.published_keys import Ends, PublishedKeys, read_keys, write_secret
from shared.messaging.signing import Signer, new_signing_key
from shared.vocabulary.errors import SetupProblem

signing = typer.Typer(no_args_is_help=True, help="The keys that events are signed with.")
KeysFile = Annotated[Path, typer.Option("--keys", help="the file of public keys, EVENT_KEYS of every process")]


@signing.command("new")
def signing_new(
    service: str,
    secret: Annotated[Path, typer.Option(help="where the private key goes: a file that isn't there yet")],
    keys: KeysFile,
    as_json: Json = False,
) -> None:
    """Make a service's next private key, and list its public half."""
    if service not in SERVICES:
        raise SetupProblem(f"services: {', '.join(SERVICES)}")
    if secret.exists():
        raise SetupProblem(f"{secret} is there: a key is never written over, name another file")
    listed = read_keys(keys) if keys.exists() else PublishedKeys()
    private = new_signing_key()
    key = Signer(service, private).key
    write_secret(secret, private)
    listed.adding(key).save(keys)
    show({"service": service, "kid": key.kid}, as_json, f"key {key.kid} of {service}: {secret}, listed in {keys}")


@signing.command("begin")
def signing_begin(keys: KeysFile, as_json: Json = False) -> None:
    """Say once, while no worker runs, that all events on the topics are from before events were signed."""
    listed = read_keys(keys)
    if listed.unsigned:
        raise SetupProblem(f"{keys} says already how far events are unsigned: that is said once")
    ends = _ends()
    listed.model_copy(update={"unsigned": ends}).save(keys)
    show({"unsigned": ends}, as_json, f"{sum(map(sum, ends.values()))} offsets may hold unsigned events")


@signing.command("retire")
def signing_retire(kid: str, keys: KeysFile, as_json: Json = False) -> None:
    """From now on readers refuse what a key signs; what lies on the topics already stays."""
    listed = read_keys(keys)
    found = next((key for key in listed.keys if key.kid == kid), None)
    if found is None:
        raise SetupProblem(f"{keys} lists no key {kid}: {', '.join(key.kid for key in listed.keys)}")
    if found.until is not None:
        raise SetupProblem(f"key {kid} is retired already")
    ends = {topic: each for topic, each in _ends().items() if owner_of(topic) == found.service}
    retired = found.model_copy(update={"until": ends})
    listed.model_copy(update={"keys": tuple(retired if key is found else key for key in listed.keys)}).save(keys)
    show({"kid": kid, "until": ends}, as_json, f"key {kid} of {found.service} signs nothing more")


def _ends() -> Ends:
    market = chosen()
    try:
        return ends_of(market.bus)
    except (PostgresError, KafkaError, OSError) as error:
        raise market.silent("the bus", error) from error
