"""Registering goes ahead of FastAPI's routing, and answers what it answers behind it, letter by letter."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from shared.http import direct
from shared.http.app import MAX_BODY_BYTES

# What no two requests have in common: ids, numbers, times, traces, what is left of a rate.
_OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|LS-TR-[0-9]+-[0-9]+|\d{4}-\d\d-\d\dT[^\"]+|r=\d+;t=\d+")


def told(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    headers = [(name, _OWN.sub("…", value)) for name, value in answer.headers.items()]
    return answer.status_code, _OWN.sub("…", answer.text), sorted(headers)


def requests_of(market: Any) -> dict[str, dict[str, Any]]:
    own = market.as_operator()
    good = json.dumps(market.trade()).encode()
    kind = {"content-type": "application/json"}
    return {
        "registered": {"content": good, "headers": kind, **own},
        "no body": own,
        "not JSON": {"content": b"{", "headers": kind, **own},
        "unknown field": {"body": {**market.trade(), "colour": "red"}, **own},
        "breaches": {"body": {**market.trade(), "total": "1", "currency": "XYZ"}, **own},
        "somebody else's": {"body": market.trade(), "role": "stall_holder", "subject_id": market.operator},
        "of no right": {"body": market.trade(), "role": "tax"},
        "without its party": {"body": market.trade(), "role": "operator"},
        "no token": {"body": market.trade(), "headers": {"authorization": ""}, **own},
        "long key": {"body": market.trade(), "key": "k" * 300, **own},
        "other media type": {"content": good, "headers": {"content-type": "text/plain"}, **own},
        "crowded": {"content": b"[" + b"1," * 150_000 + b"1]", "headers": kind, **own},
        "too large": {"content": b" " * (MAX_BODY_BYTES + 1), "headers": kind, **own},
    }


async def test_a_request_is_answered_alike_ahead_of_fastapi_and_behind_it(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = requests_of(market)
    ahead: list[str] = []

    def noted(scope: Any, *more: Any) -> Request:
        ahead.append(scope["path"])
        return Request(scope, *more)

    monkeypatch.setattr(direct, "Request", noted)
    answers = {name: told(await market.door.call("POST", "/v1/trades", **how)) for name, how in asked.items()}
    assert ahead == ["/v1/trades"] * len(asked)
    assert answers["registered"][0] == 201
    assert all(status >= 400 for name, (status, *_) in answers.items() if name != "registered")

    async def passed_over(self: direct.Direct, *told: Any) -> None:
        await self._app(*told)

    monkeypatch.setattr(direct.Direct, "__call__", passed_over)
    for name, how in asked.items():
        assert told(await market.door.call("POST", "/v1/trades", **how)) == answers[name], name


async def test_a_query_parameter_that_registering_does_not_know_is_refused(market: Any) -> None:
    answer = await market.door.call("POST", "/v1/trades?dry_run=true", market.trade(), **market.as_operator())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "parameter_unknown")
