"""A service's HTTP process, on the address that its settings name."""

from __future__ import annotations

import sys

import uvicorn

from shared.http.protocol import Bounds, bounded
from shared.messaging.published_keys import read_keys
from shared.settings import ServiceSettings, read_settings
from shared.vocabulary.errors import SetupProblem

_GRACE_SECONDS = 10
_IDLE_SECONDS = 5


def serve_http(application: str, settings: type[ServiceSettings]) -> int:
    """Serve `package.module:name` until SIGTERM or SIGINT; requests that are under way are answered first."""
    told = read_settings(settings)
    try:
        read_keys(told.event_keys)
    except SetupProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    uvicorn.run(
        application,
        host=told.host,
        port=told.port,
        # Its lines go where the application's go, in the same form and at the same level.
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        loop="uvloop",
        http=bounded(Bounds(connections=told.max_connections, requests=told.max_requests)),
        # Whose word about a client's address counts is decided at the edge (TRUSTED_PROXIES).
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )
    return 0
