"""Every path of every service: HEAD wherever GET is answered, 405 for other methods, `If-Match` as described."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.workshop.testing.client import open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

_MADE = {"{role}": "buyer", "{code}": "longshui", "{port_code}": "5201"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


def methods_by_path(app: FastAPI) -> dict[str, set[str]]:
    """The methods of each path with a made-up id: operations, pages, health checks."""
    found = defaultdict(set)
    published = app.openapi()["paths"]
    for path in published:
        made = re.sub(r"\{\w+\}", str(uuid4()), path)
        # A word where another path has a parameter is that word, never an id: `/v1/trades/bulk` takes no GET.
        found[made] |= {method.upper() for method in published[path]}
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


@pytest.mark.parametrize("service", SERVICES)
async def test_if_match_is_required_exactly_where_the_description_says_so(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any, service: str
) -> None:
    served = described(service).load_service()
    party = {"subject_id": uuid4(), "bank_id": uuid4(), "site_id": uuid4()}
    wrong = []
    async with open_door(served, make_service_database(service), mint, tmp_path) as door:
        async with door.as_worker() as session:
            await file_party(session, service, party)
        document = door.app.openapi()
        for path, methods in document["paths"].items():
            operation = methods.get("post", {})
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            examples = document["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
            if not operation or "{" not in path:
                continue
            required = any(each["name"] == "If-Match" and each["required"] for each in operation["parameters"])
            made = re.sub(r"\{\w+\}", lambda named: _MADE.get(named[0], str(uuid4())), path)
            role = operation["x-roles"][0]
            answer = await door.call("POST", made, examples.get("examples", [None])[0], role=role, **party)
            if (answer.status_code == 428) != required:
                wrong.append((operation["operationId"], required, answer.status_code, answer.text[:200]))
    assert wrong == []
