"""A mint whose key set is served on loopback, so that tests verify tokens as production does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.http.identity import TokenVerifier
from shared.workshop.tokens import TokenMint


async def outcome_of(verifier: TokenVerifier, token: str) -> str:
    """The role that a token is believed to have, or the name of the error by which it is refused."""
    try:
        return (await verifier.caller(token)).role
    except Exception as error:  # noqa: BLE001 - its name is what is asked for
        return type(error).__name__


class ServedMint(TokenMint):
    """A mint that knows where its keys are served, how often they were asked for, and may serve others."""

    jwks_url: str = ""
    asked: int = 0
    served: bytes = b""

    def serve(self, key_set: dict[str, Any]) -> None:
        """Serve this instead."""
        self.served = json.dumps(key_set).encode()


@contextmanager
def served_mint() -> Iterator[ServedMint]:
    """A new mint with its key set behind a loopback URL."""
    mint = ServedMint()
    mint.serve(mint.jwks())

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mint.asked += 1
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(mint.served)))
            self.end_headers()
            self.wfile.write(mint.served)

        def log_message(self, format: str, *args: object) -> None:
            """Silent: test output stays readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    mint.jwks_url = f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
    try:
        yield mint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def mint() -> Iterator[ServedMint]:
    """The session's token mint."""
    with served_mint() as serving:
        yield serving
