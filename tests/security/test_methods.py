"""Every path of every service: HEAD is answered where GET is, and any other method is 405 with the allowed ones."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.workshop.testing.client import open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


def methods_by_path(app: FastAPI) -> dict[str, set[str]]:
    """The methods of each path with a made-up id: operations, pages, health checks."""
    found = defaultdict(set)
    published = app.openapi()["paths"]
    for path in published:
        made = re.sub(r"\{\w+\}", str(uuid4()), path)
        for other, methods in published.items():
            # `/v1/trades/bulk` is also a `/v1/trades/{trade_id}`.
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", other), made):
                found[made] |= {method.upper() for method in methods}
    for path in ("/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/problems/not_found", "/rules/R-TRADE-1"):
        found[path].add("GET")
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_head_is_answered_like_get_and_another_method_names_the_allowed_ones(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    served = described(service).load_service()
    wrong = []
    async with open_door(served, make_service_database(service), mint, tmp_path) as door:
        for path, methods in methods_by_path(door.app).items():
            role = "auditor" if path.startswith("/v1") else "commerce"
            if "GET" in methods:
                read = await door.call("GET", path, role=role)
                head = await door.call("HEAD", path, role=role)
                named = ("content-type", "content-length") if path != "/metrics" else ("content-type",)
                same = [each.headers.get(name) for each in (read, head) for name in named]
                if head.content or head.status_code != read.status_code or same[: len(named)] != same[len(named) :]:
                    wrong.append(("HEAD", path, head.status_code))
            allowed = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
            for method in sorted({*_METHODS, "HEAD"} - methods - ({"HEAD"} if "GET" in methods else set())):
                answer = await door.call(method, path, role=role)
                if (answer.status_code, answer.headers.get("allow")) != (405, allowed):
                    wrong.append((method, path, answer.status_code))
    assert wrong == []
