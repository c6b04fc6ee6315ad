"""Signs events, and says whether a record carries the signature of its topic's owner (ARCHITECTURE.md#events)."""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.messaging.bus import Record
from shared.messaging.envelope import Headers, owner_of
from shared.messaging.published_keys import Ends, PublishedKey, PublishedKeys, base64url, read_keys
from shared.vocabulary.errors import SetupProblem

log = structlog.get_logger()

SIGNATURE, KEY_ID = "ce_signature", "ce_keyid"
SIGNED = (
    "ce_id", "ce_source", "ce_type", "ce_subject", "ce_sequence", "ce_time", "ce_pilot", "ce_actor", "ce_dataschema",
)  # fmt: skip
_SCHEME = b"market-1039/event/1"


def signed_bytes(headers: Headers, data: bytes) -> bytes:
    """What is signed: scheme, attributes, data, each after its length in four bytes; no two events give the same."""
    told = dict(headers)
    parts = [_SCHEME, *(told.get(name, b"") for name in SIGNED), data]
    return b"".join(part for each in parts for part in (len(each).to_bytes(4, "big"), each))


def new_signing_key() -> str:
    """A new private key as PEM."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Signer:
    """One service's private key."""

    def __init__(self, service: str, pem: str) -> None:
        try:
            private = serialization.load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError) as error:
            # The reason may hold the key.
            raise SetupProblem("EVENT_SIGNING_KEY is no private key in PEM: see `marketctl signing new`") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SetupProblem("EVENT_SIGNING_KEY is no Ed25519 key: see `marketctl signing new`")
        self._private = private
        self.key = PublishedKey.of(private.public_key(), service)

    def signed(self, headers: Headers, data: bytes) -> Headers:
        """The headers with the key's id and the signature."""
        signature = base64url(self._private.sign(signed_bytes(headers, data)))
        return [*headers, (KEY_ID, self.key.kid.encode()), (SIGNATURE, signature.encode())]


class Distrusted(Exception):
    """The record doesn't carry its topic owner's signature; `reason` is one of the kinds that park."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


class Trust:
    """Whose signature counts; nobody's without keys."""

    trouble: str | None = None

    def __init__(self, published: PublishedKeys) -> None:
        self._use(published)

    def _use(self, published: PublishedKeys) -> None:
        self._published = published
        self._keys = {(key.service, key.kid): key for key in published.keys}

    @property
    def published(self) -> PublishedKeys:
        """The keys as they are now."""
        return self._published

    def require_signed(self, record: Record) -> None:
        """Distrusted where the record doesn't carry a signature of its topic's owner that counts at its offset."""
        published, told = self.published, dict(record.headers)
        if SIGNATURE not in told:
            if not _before(published.unsigned, record):
                raise Distrusted("unsigned", "it carries no signature, and lies where every event does")
            return
        owner, key_id = owner_of(record.topic), told.get(KEY_ID, b"").decode("utf-8", "replace")
        key = self._keys.get((owner, key_id))
        if key is None:
            raise Distrusted("unknown_key", f"{key_id:.64} is no key of {owner} in EVENT_KEYS")
        if key.until is not None and not _before(key.until, record):
            raise Distrusted("unknown_key", f"key {key_id} was retired before this offset")
        if not key.verifies(told[SIGNATURE].decode("utf-8", "replace"), signed_bytes(record.headers, record.value)):
            raise Distrusted("bad_signature", f"the signature isn't that of key {key_id} for this event")

    def require_key(self, key: PublishedKey) -> None:
        """SetupProblem where readers wouldn't believe what a service's key signs now."""
        known = next((each for each in self.published.keys if each.model_copy(update={"until": None}) == key), None)
        if known is None or known.until is not None:
            fault = "doesn't list" if known is None else "says is retired"
            raise SetupProblem(
                f"EVENT_SIGNING_KEY is key {key.kid}, which EVENT_KEYS {fault} for {key.service}: "
                "readers would refuse its events; give every process the file that `marketctl signing new` wrote"
            )


def _before(ends: Ends, record: Record) -> bool:
    of_topic = ends.get(record.topic, [])
    return record.partition < len(of_topic) and record.offset < of_topic[record.partition]


NOBODY = Trust(PublishedKeys())


class TrustFile(Trust):
    """The keys of a file, read anew whenever it changes; what can't be read then is said, and the last keys stay."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._mark = self._marked()
        super().__init__(read_keys(file))

    def _marked(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._file)
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    @property
    def published(self) -> PublishedKeys:
        mark = self._marked()
        if mark != self._mark:
            self._mark = mark
            self._read()
        return self._published

    def _read(self) -> None:
        try:
            self._use(read_keys(self._file))
        except SetupProblem as problem:
            self.trouble = str(problem)
            log.error("event keys not read: the last ones stay", reason=self.trouble)
            return
        self.trouble = None
        log.info("event keys read", keys=[key.kid for key in self._published.keys])
