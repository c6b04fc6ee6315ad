"""Answers plain routes ahead of FastAPI's own routing, which resolves parameters that such a route doesn't have."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.routes import ServiceRoute


class Direct:
    """Calls a plain route's endpoint by itself; everything else goes on to `app`, with query parameters too."""

    def __init__(self, app: ASGIApp, *, application: FastAPI, routes: Sequence[ServiceRoute]) -> None:
        self._app = app
        self._plain = {(method, each.path): each for each in routes if each.is_plain for method in each.methods or ()}
        self._answering = ExceptionMiddleware(self._answer, handlers=application.exception_handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_bare = scope["type"] == "http" and not scope["query_string"]
        route = self._plain.get((scope["method"], scope["path"])) if is_bare else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope.update(route=route, endpoint=route.endpoint, path_params={})
        await self._answering(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: ServiceRoute = scope["route"]
        response = await route.guarded(Request(scope, receive, send), route.endpoint)
        await response(scope, receive, send)
