"""Calls through the gateway, by people who sign in at the deployment's identity provider, officers with two factors."""

from __future__ import annotations

import hmac
import json
import ssl
import struct
import time
from base64 import b32decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from engine import NotRun

_PERIOD = 30
_TOKEN_SECONDS = 600
_GATEWAY_SECONDS = 60


def one_time_code(secret: str, at: float) -> str:
    """What an authenticator app shows at a time (RFC 6238, six digits)."""
    mac = hmac.digest(b32decode(secret), struct.pack(">Q", int(at) // _PERIOD), "sha1")
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class People:
    """The accounts of the realm; whoever asks is kept signed in for ten minutes."""

    def __init__(self, secrets: Path, port: int, domain: str) -> None:
        self._users: dict[str, dict[str, str]] = json.loads((secrets / "trial-users.json").read_text("utf-8"))
        trusting = ssl.create_default_context(cafile=str(secrets / "public/ca.pem"))
        self._client = httpx.Client(verify=trusting, timeout=60, trust_env=False)
        self._port, self._domain = port, domain
        self._tokens: dict[str, tuple[float, str]] = {}

    def send(self, method: str, host: str, path: str, **how: Any) -> httpx.Response:
        """One request to a host of the domain, at the gateway's port of this machine."""
        named = f"{host}.{self._domain}"
        headers = {"host": named, **how.pop("headers", {})}
        address = f"https://127.0.0.1:{self._port}{path}"
        return self._client.request(method, address, headers=headers, extensions={"sni_hostname": named}, **how)

    def wait_for(self, hosts: Sequence[str]) -> None:
        """Return once each host answers through the gateway, whose own health check looks no further than itself."""
        until = time.monotonic() + _GATEWAY_SECONDS
        for host in hosts:
            while (answer := self.send("GET", host, "/readyz")).status_code != httpx.codes.OK:
                if time.monotonic() > until:
                    raise NotRun(f"{host} through the gateway: {answer.status_code} {answer.text[:300]}")
                time.sleep(1)

    def signed_in(self, user: str, *, second_factor: bool = True) -> httpx.Response:
        """What the identity provider answers to a sign-in with a password, and the code where there is one."""
        told = self._users[user]
        form = {"grant_type": "password", "client_id": "market-desk", "username": user, "password": told["password"]}
        if "otp" in told and second_factor:
            form["otp"] = one_time_code(told["otp"], time.time())
        return self.send("POST", "auth", "/realms/market-1039/protocol/openid-connect/token", data=form)

    def token(self, user: str) -> str:
        """A token of an account."""
        expires, token = self._tokens.get(user, (0.0, ""))
        if expires < time.monotonic():
            answer = self.signed_in(user)
            if not answer.is_success:
                raise NotRun(f"{user} can't sign in: {answer.status_code} {answer.text[:500]}")
            token = answer.json()["access_token"]
            self._tokens[user] = (time.monotonic() + _TOKEN_SECONDS, token)
        return token

    def forget(self, user: str) -> None:
        """Sign in anew at the next call."""
        self._tokens.pop(user, None)

    def call(self, user: str, method: str, service: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
        """A request of an account, a POST with a key."""
        headers = {"authorization": f"Bearer {self.token(user)}", **how.pop("headers", {})}
        if method == "POST":
            headers["idempotency-key"] = how.pop("key", path)
        if body is not None:
            how["json"] = body
        return self.send(method, service, path, headers=headers, **how)

    def done(self, user: str, method: str, service: str, path: str, body: Any = None, **how: Any) -> dict[str, Any]:
        """The same, which is expected to succeed."""
        answer = self.call(user, method, service, path, body, **how)
        if not answer.is_success:
            raise NotRun(f"{user}: {method} {service} {path}: {answer.status_code} {answer.text[:700]}")
        found: dict[str, Any] = answer.json()
        return found
