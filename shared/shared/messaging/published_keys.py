"""The public keys that events are verified with: one file for all readers, a JWK Set with two members of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from shared.vocabulary.errors import SetupProblem

Ends = dict[str, list[int]]
"""The next offset of each partition, by topic."""


def base64url(raw: bytes) -> str:
    """As JWK writes bytes."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_of(text: str) -> bytes:
    """What `base64url` made the text of; ValueError for any other text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PublishedKey(BaseModel):
    """A service's public key as a JWK; `kid` is its thumbprint (RFC 7638), so that no id stands for two keys.

    `service`: whose events it signs. `until`: what lies at these offsets or behind them isn't believed any more.
    """

    model_config = ConfigDict(frozen=True)

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"
    x: str
    kid: str
    service: str
    until: Ends | None = None

    @classmethod
    def of(cls, key: Ed25519PublicKey, service: str) -> PublishedKey:
        """The JWK of a service's key."""
        x = base64url(key.public_bytes_raw())
        return cls(x=x, kid=_thumbprint(x), service=service)

    @model_validator(mode="after")
    def _is_a_key(self) -> PublishedKey:
        if len(raw_of(self.x)) != 32:
            raise ValueError("x is no Ed25519 key")
        if self.kid != _thumbprint(self.x):
            raise ValueError(f"kid is not the key's thumbprint {_thumbprint(self.x)}")
        return self

    def verifies(self, signature: str, content: bytes) -> bool:
        """Whether the key made the signature of this content."""
        try:
            Ed25519PublicKey.from_public_bytes(raw_of(self.x)).verify(raw_of(signature), content)
        except (InvalidSignature, ValueError):
            return False
        return True


def _thumbprint(x: str) -> str:
    told = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(told.encode()).digest())


class PublishedKeys(BaseModel):
    """The keys of all services, and how far the topics hold events from before events were signed (`unsigned`)."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[PublishedKey, ...] = ()
    unsigned: Ends = {}

    def of(self, service: str, topics: Mapping[str, str]) -> PublishedKeys:
        """The part about one service; `topics` names each topic's owner."""
        own = {topic: ends for topic, ends in self.unsigned.items() if topics.get(topic) == service}
        return PublishedKeys(keys=tuple(key for key in self.keys if key.service == service), unsigned=own)

    def adding(self, key: PublishedKey) -> PublishedKeys:
        """With the key, where it isn't there."""
        known = any(each.kid == key.kid and each.service == key.service for each in self.keys)
        return self if known else self.model_copy(update={"keys": (*self.keys, key)})

    def written(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(exclude_none=True), indent=1) + "\n"

    def save(self, file: Path) -> None:
        """Write the file; a reader finds the old content or the new one."""
        staged = file.with_name(f".{file.name}.{os.getpid()}")
        staged.write_text(self.written(), "utf-8")
        staged.replace(file)


def write_secret(file: Path, content: str) -> None:
    """Write a new file of mode 0600; FileExistsError where there is one."""
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as opened:
        opened.write(content)


def read_keys(file: Path) -> PublishedKeys:
    """The content of a file; SetupProblem says why it can't be read."""
    try:
        return PublishedKeys.model_validate_json(file.read_bytes())
    except OSError as error:
        raise SetupProblem(f"EVENT_KEYS names {file}, which can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise SetupProblem(f"EVENT_KEYS names {file}, whose content is wrong: {where} {said}") from error
