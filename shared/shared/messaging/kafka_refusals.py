"""Why Kafka doesn't let a process in: its clients say only that they could not connect."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from shared.messaging.bus import BusRefused

_PATIENCE_MS = 5000
_BACKOFF_SECONDS = 0.1


async def why_refused(options: Mapping[str, Any]) -> str | None:
    """A sentence, if a broker is reached and refuses what the options say; None if one lets in, or none is reached.

    Asked after a client failed, and once at the start of a worker.
    """
    said = None
    told = {name: value for name, value in options.items() if name != "bootstrap_servers"}
    for each in options["bootstrap_servers"].split(","):
        host, _, port = each.strip().rpartition(":")
        try:
            connection = await create_conn(host, int(port), request_timeout_ms=_PATIENCE_MS, **told)
        except Exception as error:  # noqa: BLE001 - whatever the client raises is translated
            said = await _sentence(error, each.strip(), told) or said
            continue
        try:
            await connection.send(MetadataRequest([]))
        except (KafkaError, TimeoutError):
            said = _unfit(each.strip(), told)
        else:
            return None
        finally:
            connection.close()
    return said


async def _sentence(error: Exception, at: str, told: Mapping[str, Any]) -> str | None:
    if isinstance(error, SaslAuthenticationFailed):
        return (
            f"Kafka at {at} refuses the user {told['sasl_plain_username']}: the name or the password is wrong "
            "(KAFKA_USER, KAFKA_PASSWORD)"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"Kafka at {at} doesn't take {told['sasl_mechanism']} (KAFKA_SASL_MECHANISM)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of Kafka at {at} isn't believed: {error.verify_message} (KAFKA_CA)"
    return _unfit(at, told) if await _listens(at) else None


def _unfit(at: str, told: Mapping[str, Any]) -> str:
    return (
        f"Kafka at {at} ends the connection: does KAFKA_SECURITY_PROTOCOL={told['security_protocol']} fit its listener?"
    )


async def _listens(at: str) -> bool:
    host, _, port = at.rpartition(":")
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


async def require_let_in(options: Mapping[str, Any]) -> None:
    """BusRefused where a broker is reached and refuses."""
    if said := await why_refused(options):
        raise BusRefused(said)


async def let_in(client: Any, options: Mapping[str, Any]) -> None:
    """Start a client of aiokafka; BusRefused, instead of a bare error of the connection, where a broker refuses it.

    A client that doesn't start is closed.
    """
    _slow_down(client)
    try:
        await (client.bootstrap() if isinstance(client, AIOKafkaClient) else client.start())
    except BaseException as error:
        with contextlib.suppress(KafkaError, OSError):
            await (client.stop() if hasattr(client, "stop") else client.close())
        if isinstance(error, KafkaConnectionError):
            await require_let_in(options)
        raise


def _slow_down(client: Any) -> None:
    """Let a client of aiokafka pause after each failed look for the brokers.

    While no broker is there, its readers and producers ask for the partitions' leaders again at once, thousands of
    times a second: a whole core, and a log of millions of lines.
    """
    looking = client if isinstance(client, AIOKafkaClient) else getattr(client, "_client", None) or client.client
    look = looking._metadata_update

    async def look_or_pause(*about: Any) -> bool:
        found: bool = await look(*about)
        if not found:
            await asyncio.sleep(_BACKOFF_SECONDS)
        return found

    looking._metadata_update = look_or_pause
