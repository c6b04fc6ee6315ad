"""The development issuer answers to this machine's own names alone, so that no page elsewhere gets a token from it."""

from __future__ import annotations

import httpx

from marketctl.embedded.issuer import make_issuer
from shared.workshop.tokens import TokenMint


async def test_a_name_that_was_made_to_point_at_this_machine_gets_no_token() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_issuer(TokenMint()))) as client:
        for path, asked in (("/token", {"role": "customs"}), ("/jwks.json", None), ("/livez", None)):
            for host, status in (("127.0.0.1:8005", 200), ("localhost", 200), ("evil.example:8005", 400), ("", 400)):
                method = "POST" if asked else "GET"
                answer = await client.request(method, f"http://127.0.0.1{path}", json=asked, headers={"host": host})
                assert (path, host, answer.status_code) == (path, host, status)
                assert ("token" in answer.text) == (status == 200 and path == "/token")
