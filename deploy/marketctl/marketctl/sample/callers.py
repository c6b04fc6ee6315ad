"""Calls the four services as the sample days' actors, each with its own token."""

from __future__ import annotations

import time
from typing import Any

import httpx

from marketctl.embedded.children import end_if_told
from marketctl.embedded.layout import Layout
from marketctl.layout import SERVICES

_TRIES = 240
_KEY_IN_USE = "idempotency_key_in_use"


class Unexpected(Exception):
    """An answer that the sample days did not expect."""


class Callers:
    """One HTTP client; tokens come from the development issuer and are kept for their life."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._client = httpx.Client(timeout=60, trust_env=False)
        self._tokens: dict[tuple[Any, ...], tuple[float, str]] = {}

    def close(self) -> None:
        self._client.close()

    def _token(self, role: str, party: dict[str, str]) -> str:
        key = (role, *sorted(party.items()))
        expires, token = self._tokens.get(key, (0.0, ""))
        if expires < time.monotonic():
            asked = {"role": role, "minutes": 60, **party}
            answer = self._client.post(self._layout.url("issuer") + "/token", json=asked)
            answer.raise_for_status()
            token = answer.json()["access_token"]
            self._tokens[key] = (time.monotonic() + 3000, token)
        return token

    def send(
        self,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        role: str,
        key: str = "",
        version: int | None = None,
        content: bytes | None = None,
        on_behalf_of: str = "",
        prefer: str = "",
        **party: str,
    ) -> httpx.Response:
        """Send once, and again with the same key while the service is away or says it is busy."""
        end_if_told()
        assert service in SERVICES  # noqa: S101 - a mistake in the script
        headers = {"authorization": "Bearer " + self._token(role, party)}
        headers |= {"on-behalf-of": on_behalf_of} if on_behalf_of else {}
        headers |= {"prefer": prefer} if prefer else {}
        if method == "POST":
            headers["idempotency-key"] = f"sample:{key or path}"
        if version is not None:
            headers["if-match"] = f'"{version}"'
        request = {"content": content} if content is not None else {"json": body} if body is not None else {}
        for left in reversed(range(_TRIES)):
            try:
                answer = self._client.request(method, self._layout.url(service) + path, headers=headers, **request)
            except httpx.TransportError:
                # The request may have taken effect or not: repeating it with the same key shows which.
                if not left:
                    raise
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE and _KEY_IN_USE not in answer.text:
                    return answer
            end_if_told()
            time.sleep(0.25)
        return answer

    def done(self, method: str, service: str, path: str, body: Any = None, **how: Any) -> dict[str, Any]:
        """Send and expect success."""
        answer = self.send(method, service, path, body, **how)
        if not answer.is_success:
            raise Unexpected(f"{method} {service} {path}: {answer.status_code} {answer.text[:600]}")
        content: dict[str, Any] = answer.json()
        return content

    def refuse(self, rule: str, code: str, method: str, service: str, path: str, body: Any = None, **how: Any) -> None:
        """Send and expect the refusal with that rule and code. Data of others is expected to look unknown."""
        answer = self.send(method, service, path, body, **how)
        got = answer.json() if answer.is_client_error else {}
        if (rule, code) not in _refusals(answer.status_code, got):
            raise Unexpected(
                f"{method} {service} {path}: expected {rule} {code}, got {answer.status_code} {answer.text[:400]}"
            )


def _refusals(status: int, problem: dict[str, Any]) -> set[tuple[str, str]]:
    """The (rule, code) pairs of a problem document; empty where a text is missing in one language."""
    if not (problem.get("title_zh") and problem.get("title_en")):
        return set()
    if status == httpx.codes.NOT_FOUND and problem["code"] == "not_found":
        return {("V65", "not_yours")}
    if status not in (httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY):
        return set()
    return {(each["rule"]["id"], each["code"]) for each in (problem, *problem["errors"]) if "rule" in each}
