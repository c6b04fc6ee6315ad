"""`marketctl secrets`: the files that `deploy/compose.yaml` reads its secrets from."""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from marketctl.layout import ROOT, SERVICES, package_of
from marketctl.operate.certificates import authority, certificate, new_key
from marketctl.operate.realm import realm_of, trial_users
from marketctl.operate.terminal import Json, show
from shared.messaging.published_keys import PublishedKeys, write_secret
from shared.messaging.signing import Signer, new_signing_key
from shared.vocabulary.errors import SetupProblem
from shared.walls import GROUPS

CONTAINERS_UID = 10001
"""Whose the files are where root makes them: a container that isn't root reads what belongs to its own user."""
_EXAMPLE = ROOT / "deploy" / "env.example"
_DOMAIN = "market.internal"


def secrets(
    folder: Annotated[Path, typer.Argument(help="where the files go")] = ROOT / "deploy" / "secrets",
    env: Annotated[Path, typer.Option(help="the choices; made of env.example where it isn't there")] = (
        ROOT / "deploy" / ".env"
    ),
    as_json: Json = False,
) -> None:
    """Make what a deployment keeps secret, each in a file of mode 0600; what is there is never written over."""
    domain = _choices(env)
    made = Made(folder, domain).all()
    content = {"made": sorted(made), "folder": str(folder)}
    kept = len([each for each in folder.rglob("*") if each.is_file()]) - len(made)
    show(content, as_json, f"{len(made)} files made in {folder}, {kept} were there and stay as they are")


def _choices(env: Path) -> str:
    """The domain of the choices, which are made where there are none."""
    if not env.exists():
        uid = CONTAINERS_UID if os.getuid() == 0 else os.getuid()
        write_secret(env, _EXAMPLE.read_text("utf-8").replace("MARKET_UID=10001", f"MARKET_UID={uid}"))
    told = dotenv_values(env, interpolate=False)
    if os.getuid() != 0 and told.get("MARKET_UID") != str(os.getuid()):
        raise SetupProblem(f"MARKET_UID in {env} isn't {os.getuid()}: the containers couldn't read your files")
    return told.get("DOMAIN") or _DOMAIN


class Made:
    """The files of a folder; those that are missing are made and remembered."""

    def __init__(self, folder: Path, domain: str) -> None:
        self._folder, self._domain = folder, domain
        self._made: list[str] = []

    def all(self) -> list[str]:
        """Make what is missing; the names of what was made."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("sealing-key", "actor-key", "kafka-admin-password", "keycloak-admin-password"):
            self._secret(name, random.token_urlsafe)
        for service in SERVICES:
            self._of_service(service)
        self._certificates()
        self._event_keys()
        users = self._secret("trial-users.json", trial_users)
        self._secret("realm.json", lambda: realm_of(users, self._domain))
        return self._made

    def _of_service(self, service: str) -> None:
        self._secret(f"{service}-postgres-password", random.token_urlsafe)
        self._secret(f"{service}-kafka-password", random.token_urlsafe)
        self._secret(f"{service}-signing-key", new_signing_key)
        owner = package_of(service)
        for process, role in (("owner", owner), *((each, f"{owner}_{each}") for each in GROUPS)):
            password = self._secret(f"{service}-{process}-password", random.token_urlsafe)
            self._secret(
                f"{service}-{process}-database-url", f"postgresql://{role}:{password}@{service}-db:5432/{owner}".strip
            )

    def _certificates(self) -> None:
        ca_key = self._secret("ca-key.pem", new_key)
        ca = self._public("ca.pem", lambda: authority(ca_key))
        hosts = [f"{each}.{self._domain}" for each in (*SERVICES, "auth")]
        for server, names in {"kafka": ["kafka"], "keycloak": ["keycloak"], "gateway": hosts}.items():
            key = self._secret(f"{server}-key.pem", new_key)
            self._secret(f"{server}.pem", self._certified(key, names, ca, ca_key))

    def _certified(self, key: str, names: Sequence[str], ca: str, ca_key: str) -> Callable[[], str]:
        return lambda: certificate(key, names, ca, ca_key)

    def _event_keys(self) -> None:
        listed = PublishedKeys()
        for service in SERVICES:
            private = (self._folder / f"{service}-signing-key").read_text("utf-8")
            listed = listed.adding(Signer(service, private).key)
        self._public("event-keys.json", listed.written)

    def _secret(self, name: str, made: Callable[[], str]) -> str:
        return self._kept(self._folder / name, made, 0o600)

    def _public(self, name: str, made: Callable[[], str]) -> str:
        return self._kept(self._folder / "public" / name, made, 0o644)

    def _kept(self, file: Path, made: Callable[[], str], mode: int) -> str:
        if not file.exists():
            file.parent.mkdir(mode=0o755, exist_ok=True)
            write_secret(file, made())
            file.chmod(mode)
            if os.getuid() == 0:
                os.chown(file, CONTAINERS_UID, CONTAINERS_UID)
            self._made.append(file.name)
        return file.read_text("utf-8")
