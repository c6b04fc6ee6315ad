"""One key, one answer: every POST of every service, sent several times at once on a market without trades (V61)."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

AT_ONCE = 6
PARTY = {name: UUID(int=0x019A << 112 | n) for n, name in enumerate(("subject_id", "bank_id", "site_id"), 1)}
# Read from request and token alone: the same request gets it again without its being kept (decision 0002).
OF_THE_REQUEST = {403, 412, 422, 428}
BODIES = {"application/x-ndjson": b"{}\n", None: b""}
_AUDITED = "SELECT count(*), count(DISTINCT (outcome, status, rule, code)) FROM audit WHERE idempotency_key = %s"


def posts_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, methods["post"]) for path, methods in document["paths"].items() if "post" in methods]


def body_of(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The published example; for what is no JSON, something of its media type."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        kind = next(iter(content), None)
        return {"content": BODIES.get(kind, b"no workbook"), "headers": {"content-type": kind} if kind else {}}
    schema = content["application/json"]["schema"]
    named = schema.get("$ref", "").rpartition("/")[2]
    return {"body": document["components"]["schemas"].get(named, schema)["examples"][0]}


def _says_to_come_again(answer: httpx.Response) -> bool:
    return not answer.is_success and answer.json()["retryable"]


async def answers_of(door: Door, path: str, operation: dict[str, Any], document: dict[str, Any], key: str) -> list[Any]:
    filled = re.sub(r"\{parked_id\}", "7", path)
    filled = re.sub(r"\{\w+\}", str(uuid4()), filled)
    sent = body_of(operation, document)
    how = {"role": operation["x-roles"][0], "key": key, "version": 1, **PARTY}

    async def send() -> Any:
        answer = await door.call("POST", filled, **sent, **how)
        while answer.status_code == 409 and answer.json()["code"] == "idempotency_key_in_use":
            answer = await door.call("POST", filled, **sent, **how)
        return answer

    return [*await asyncio.gather(*(send() for _ in range(AT_ONCE))), await send()]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_post_answers_one_key_once(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any, service: str
) -> None:
    dsn, document = make_service_database(service), described(service).load_app().openapi()
    seen: Counter[int] = Counter()
    async with open_door(described(service).load_service(), dsn, mint, tmp_path) as door:
        async with door.as_worker() as session:
            await file_party(session, service, PARTY)
        for path, operation in posts_of(document):
            key = str(uuid4())
            answers = await answers_of(door, path, operation, document, key)
            name = operation["operationId"]
            assert len({each.status_code for each in answers}) == 1, (name, [each.text for each in answers])
            seen[answers[0].status_code] += 1
            if answers[0].status_code in OF_THE_REQUEST or _says_to_come_again(answers[0]):
                continue
            assert len({each.content for each in answers}) == 1, name
            again = [each for each in answers if each.headers.get("idempotency-replayed") == "true"]
            assert len(again) == AT_ONCE, name
            with psycopg.connect(dsn) as connection:
                written, different = connection.execute(_AUDITED, (key,)).fetchone() or (0, 0)
            assert written == different, name
    # Most were decided: they don't all end before the state of the market is looked at.
    assert seen.total() > 2 * sum(seen[each] for each in OF_THE_REQUEST)
