"""Routes that ask who calls before they read a body, and how much is in it before they read what."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.http.access import authorise
from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach

_MOST_VALUES = 60_000
_SMALL_BYTES = 100_000
_JSON = "application/json"


def is_crowded(json: bytes) -> bool:
    """Whether a JSON text may hold more names and values than any form takes: each has a colon or a comma."""
    return len(json) > _SMALL_BYTES and json.count(b":") + json.count(b",") > 2 * _MOST_VALUES


class ServiceRoute(APIRoute):
    """A route of a service: nobody's body is read before the caller is known to be permitted."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        described = (self.openapi_extra or {}).get("requestBody", {}).get("content", {_JSON: {}})
        takes_json = "POST" in (self.methods or ()) and _JSON in described

        async def guarded(request: Request) -> Response:
            await authorise(request)
            if takes_json and is_crowded(await request.body()):
                raise Malformed((Breach("body_too_crowded", "", ""),))
            return await handle(request)

        return guarded


def service_router(tag: str) -> APIRouter:
    """A router of a service's routes."""
    return APIRouter(tags=[tag], route_class=ServiceRoute)
