"""Signing keys of the services that tests know, the same in every process."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.events.catalogue import PUBLISHERS
from shared.messaging.audit_heads import HeadPublisher
from shared.messaging.bus import Bus, Outgoing, Record
from shared.messaging.envelope import owner_of
from shared.messaging.outbox import Sender
from shared.messaging.published_keys import PublishedKeys
from shared.messaging.relay import Relay
from shared.messaging.signing import KEY_ID, SIGNATURE, Signer, Trust

R = TypeVar("R", Outgoing, Record)


def signing_key(service: str) -> str:
    """A service's private key, as PEM."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"of the tests: {service}".encode()).digest())
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


SIGNERS = {service: Signer(service, signing_key(service)) for service in PUBLISHERS}
KEYS = PublishedKeys(keys=tuple(signer.key for signer in SIGNERS.values()))
TRUST = Trust(KEYS)


def signed(record: R) -> R:
    """The record as the owner of its topic signs it, whatever it carried before."""
    plain = [each for each in record.headers if each[0] not in (KEY_ID, SIGNATURE)]
    return replace(record, headers=SIGNERS[owner_of(record.topic)].signed(plain, record.value))


def event_keys_file(folder: Path) -> Path:
    """A file of the public keys, in the folder."""
    file = folder / "event-keys.json"
    KEYS.save(file)
    return file


def relay_of(service: str, dsn: str, bus: Bus, public_url: str = "", heads: HeadPublisher | None = None) -> Relay:
    """A service's relay with the key of the tests."""
    return Relay(service, dsn, bus, Sender(SIGNERS[service], public_url), TRUST, heads)
