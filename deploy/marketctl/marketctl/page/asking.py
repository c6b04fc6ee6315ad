"""Asks the services as the visitor, so that scope and masks are theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

_PATIENCE_SECONDS = 15.0
_AT_ONCE = 8
_PAGE = 200
_MOST_PAGES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered. `status` is None where it is silent; `content` is its JSON, a problem if it refused."""

    service: str
    status: int | None
    content: Any = None

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400

    @property
    def is_silent(self) -> bool:
        """Whether nobody answered who could say something of the matter."""
        return self.status is None or self.status >= 500

    def said(self, language: str) -> str:
        """The sentence of a refusal, in the visitor's language where there is one."""
        content = self.content if isinstance(self.content, dict) else {}
        return str(content.get(f"detail_{language}") or content.get("detail") or "")


@dataclass(frozen=True, slots=True)
class Count:
    """How many the visitor may see; `more` where there are more than were counted. None where it can't be told."""

    number: int | None
    more: bool = False


class Asking:
    """Calls with one visitor's token. No call raises: silence is an answer too."""

    def __init__(self, client: httpx.AsyncClient, addresses: Mapping[str, str], token: str | None) -> None:
        self._client = client
        self._addresses = addresses
        self._token = token
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, service: str, path: str, **wanted: str | int) -> Answer:
        """GET a path of a service."""
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._turns:
                answer = await self._client.get(
                    self._addresses[service] + path, params=wanted or None, headers=headers, timeout=_PATIENCE_SECONDS
                )
            return Answer(service, answer.status_code, answer.json())
        except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError):
            return Answer(service, None)

    async def ask_all(self, asked: Sequence[tuple[str, str]]) -> list[Answer]:
        """GET several paths, a few at once, answers in their order."""
        return list(await asyncio.gather(*(self.ask(service, path) for service, path in asked)))

    async def listed(self, service: str, path: str, **wanted: str) -> Answer:
        """A whole list as one answer, page by page; the first refusal instead, if there is one."""
        items: list[Any] = []
        cursor = ""
        while True:
            asked: dict[str, str | int] = {"limit": _PAGE, **wanted, **({"cursor": cursor} if cursor else {})}
            answer = await self.ask(service, path, **asked)
            if not answer.is_good:
                return answer
            items += answer.content["items"]
            cursor = answer.content.get("next_cursor") or ""
            if not cursor:
                return Answer(service, answer.status, {"items": items})

    async def count(self, service: str, path: str) -> Count:
        """How many a list has, page by page, up to a thousand."""
        number, cursor = 0, ""
        for _ in range(_MOST_PAGES):
            wanted: dict[str, str | int] = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
            answer = await self.ask(service, path, **wanted)
            if not answer.is_good:
                return Count(None)
            number += len(answer.content["items"])
            cursor = answer.content.get("next_cursor") or ""
            if not cursor:
                return Count(number)
        return Count(number, more=True)


async def development_token(client: httpx.AsyncClient, issuer: str, wanted: Mapping[str, str]) -> Answer:
    """A token of the development issuer, or what it says against it."""
    try:
        answer = await client.post(f"{issuer}/token", json={**wanted, "minutes": 60}, timeout=_PATIENCE_SECONDS)
        return Answer("issuer", answer.status_code, answer.json())
    except (httpx.HTTPError, ValueError):
        return Answer("issuer", None)
