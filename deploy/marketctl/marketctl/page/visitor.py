"""Who visits: the token in the cookie, what it says of its holder, and whether a form came from our own page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response

from marketctl.page.words import Words, language_of

TOKEN, LANGUAGE = "token", "language"
_MOST_FORM_BYTES = 16 * 1024
_MOST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor. What the token says is shown only: the services alone decide what it is worth."""

    token: str | None
    words: Words
    claims: Mapping[str, Any]

    @property
    def role(self) -> str | None:
        role = self.claims.get("role")
        return role if isinstance(role, str) else None

    @property
    def party(self) -> str:
        """The id of the subject, bank or site that the token names."""
        return next(
            (str(self.claims[f"{each}_id"]) for each in ("subject", "bank", "site") if f"{each}_id" in self.claims), ""
        )


def visitor_of(request: Request) -> Visitor:
    """The visitor of a request."""
    token = request.cookies.get(TOKEN) or None
    words = Words(language_of(request.cookies.get(LANGUAGE), request.headers.get("accept-language", "")))
    return Visitor(token, words, _claims(token) if token else {})


def _claims(token: str) -> dict[str, Any]:
    """What a token says, unverified; nothing where it can't be read."""
    try:
        body = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, IndexError):
        return {}
    return said if isinstance(said, dict) else {}


def is_token(text: str) -> bool:
    """Whether a text can be sent as a bearer token and kept in a cookie."""
    return 0 < len(text) <= 4000 and text.isascii() and all(each.isalnum() or each in "-_." for each in text)


def keep(response: Response, name: str, value: str, *, secure: bool) -> None:
    """Keep a value with the visitor; no script and no other site can use it."""
    response.set_cookie(name, value, max_age=_MOST_SECONDS, path="/", httponly=True, samesite="strict", secure=secure)


def is_own_form(request: Request) -> bool:
    """Whether a POST came from a page of ours: browsers name the origin of a form."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def form_of(request: Request) -> dict[str, str]:
    """The filled fields of a form; nothing of one that is too large or unreadable."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            return {}
    try:
        return {name: value.strip() for name, value in parse_qsl(body.decode()) if value.strip()}
    except ValueError:
        return {}
