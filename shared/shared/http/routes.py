"""Routes that ask who calls before they read a body, and how much is in it before they read what."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Coroutine, Sequence
from inspect import get_annotations
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from shared.http.access import authorise
from shared.http.parties import end_reading
from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
_MOST_VALUES = 60_000
_SMALL_BYTES = 100_000
_JSON = "application/json"
_EMPTY = (b"", b"{}", b"null")
"""Bodies that say nothing: some clients send one with every POST."""


def is_crowded(json: bytes) -> bool:
    """Whether a JSON text may hold more names and values than any form takes: each has a colon or a comma."""
    return len(json) > _SMALL_BYTES and json.count(b":") + json.count(b",") > 2 * _MOST_VALUES


class ServiceRoute(APIRoute):
    """A route of a service: nobody's body is read before the caller is known to be permitted."""

    fixed: Sequence[re.Pattern[str]] = ()
    """The paths that this route's own pattern takes too, and that name something else: `/v1/trades/bulk` is no id."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, inner = super().matches(scope)
        if match is not Match.NONE and any(each.match(scope["path"]) for each in self.fixed):
            return Match.NONE, {}
        return match, inner

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        described = (self.openapi_extra or {}).get("requestBody", {}).get("content", {_JSON: {}})
        is_command = "POST" in (self.methods or ())
        self._takes_json = is_command and _JSON in described
        self._takes_none = is_command and self.body_field is None and "requestBody" not in (self.openapi_extra or {})

    @property
    def is_plain(self) -> bool:
        """Whether its endpoint takes the request as it is and gives a response: nothing is to be resolved for it."""
        told = get_annotations(self.endpoint, eval_str=True)
        guarded_only = type(self).get_route_handler is ServiceRoute.get_route_handler
        return guarded_only and "{" not in self.path and told == {"request": Request, "return": Response}

    async def guarded(self, request: Request, handle: Handle) -> Response:
        """What `handle` answers, once the caller is known to be permitted and the body to be in bounds."""
        try:
            await authorise(request)
            if self._takes_json and is_crowded(await request.body()):
                raise Malformed((Breach("body_too_crowded", "", ""),))
            if self._takes_none and (await request.body()).strip() not in _EMPTY:
                raise Malformed((Breach("body_not_taken", "", ""),))
            return await handle(request)
        finally:
            await end_reading(request)

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            return await self.guarded(request, handle)

        return guarded


def keep_apart(routes: Sequence[ServiceRoute]) -> None:
    """Let each route pass over the paths that another of these routes names in more words."""
    for route in routes:
        route.fixed = [each.path_regex for each in routes if covers(route.path, each.path)]


def covers(path: str, other: str) -> bool:
    """Whether `path` takes every address of `other`, and has a parameter where `other` has a word."""
    pairs = list(zip(path.split("/"), other.split("/"), strict=False))
    differ = [(one, two) for one, two in pairs if one != two and not (one.startswith("{") and two.startswith("{"))]
    return path.count("/") == other.count("/") and bool(differ) and all(one.startswith("{") for one, _ in differ)


def closest(paths: Collection[str]) -> list[str]:
    """Of the path patterns that an address matches, those that no other says in more words."""
    return [each for each in paths if not any(covers(each, other) for other in paths)]


def service_router(tag: str) -> APIRouter:
    """A router of a service's routes."""
    return APIRouter(tags=[tag], route_class=ServiceRoute)
