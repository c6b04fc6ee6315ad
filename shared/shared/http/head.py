"""Answers HEAD wherever GET is answered: the same status and headers, without a body (RFC 9110)."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Calls the application as for GET and drops the body, so that no route has to name HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy: the server below still has to know that it answers HEAD, and the log line says so too.
        state = {**scope.get("state", {}), "method": "HEAD"}
        await self._app({**scope, "method": "GET", "state": state}, receive, without_body)
