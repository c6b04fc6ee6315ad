"""Whatever is sent, the answer is a problem document in two languages, never a 5xx, and nothing is written."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from pydantic_core import core_schema

from shared.http.app import MAX_BODY_BYTES
from shared.http.problems import Catalogue, malformed

JSON = {"content-type": "application/json"}
BODIES = {
    "not JSON": (b'{"label": ', 422, "body_not_json"),
    "not UTF-8": (b'{"label": "\xff\xfe"}', 422, "body_not_json"),
    "a NUL as it is": (b'{"label": "a\x00b"}', 422, "body_not_json"),
    "a NUL, escaped": (rb'{"label": "a\u0000b"}', 422, "value_not_storable"),
    "a NUL inside of JSONB": (rb'{"label": "a", "remark": {"deep": ["\u0000"]}}', 422, "value_not_storable"),
    "half a surrogate pair": (rb'{"label": "\ud800"}', 422, None),
    "half a surrogate pair in JSONB": (rb'{"label": "a", "remark": "\ud800"}', 422, None),
    "half a surrogate pair as a name": (rb'{"label": "a", "\ud800": 1}', 422, None),
    "nested too deep": (b'{"label": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422, "body_not_json"),
    "nested where a text is due": (b'{"label": ' + b"[" * 400 + b"]" * 400 + b"}", 422, "field_not_text"),
    "a number of 5000 digits": (b'{"label": "a", "weight": ' + b"9" * 5000 + b"}", 422, "body_not_json"),
    "a number of 40 digits": (b'{"label": "a", "weight": ' + b"9" * 40 + b"}", 422, "value_not_storable"),
    "an infinite number": (b'{"label": "a", "weight": 1e999}', 422, None),
    "not a number": (b'{"label": "a", "remark": NaN}', 422, "value_not_storable"),
    "a list": (b"[]", 422, "field_not_object"),
    "null": (b"null", 422, None),
    "nothing": (b"", 422, "body_missing"),
    "an unknown field": (b'{"label": "a", "colour": 1}', 422, "field_unknown"),
}
POINTERS = {
    "not JSON": (b'{"label": ', ""),
    "a name with a slash and a tilde": (b'{"label": "a", "a/b~c": 1}', "/a~1b~0c"),
    "a name that is a part of a request": (b'{"label": "a", "body": 1}', "/body"),
    "an empty name": (b'{"label": "a", "": 1}', "/"),
    "an item deep inside": (b'{"label": {"query": [1]}}', "/label"),
}


def problem(answer: httpx.Response, status: int, code: str | None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert code in (None, body["code"])
    assert body["status"] == status
    assert all(body[text] for text in ("title_zh", "title_en", "fix", "fix_zh", "trace_id"))
    assert body["type"] == body["docs"] == f"/problems/{body['code']}"
    return body


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_cannot_be_read_or_stored_is_refused(desk: Any, sent: tuple[bytes, int, str | None]) -> None:
    content, status, code = sent
    problem(await desk.door.call("POST", "/v1/notes", content=content, headers=JSON), status, code)
    assert desk.written() == (0, 0)


@pytest.mark.parametrize("sent", POINTERS.values(), ids=POINTERS.keys())
async def test_a_field_is_named_by_a_json_pointer(desk: Any, sent: tuple[bytes, str]) -> None:
    content, pointer = sent
    answer = await desk.door.call("POST", "/v1/notes", content=content, headers=JSON)
    assert [each["pointer"] for each in problem(answer, 422, None)["errors"]] == [pointer]


async def test_a_body_in_a_content_coding_is_415(desk: Any) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    sent = {"content": gzip.compress(b'{"label": "a"}'), "headers": headers}
    assert (await desk.door.call("POST", "/v1/notes", **sent)).status_code in (415, 422)
    problem(await desk.door.call("POST", "/v1/notes", content=b'{"label": "a"}', headers=headers), 415, None)
    assert desk.written() == (0, 0)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "nonsense"])
async def test_another_media_type_is_415(desk: Any, kind: str) -> None:
    sent = {"content": b'{"label": "a"}', "headers": {"content-type": kind}}
    problem(await desk.door.call("POST", "/v1/notes", **sent), 415, "unsupported_media_type")
    assert desk.written() == (0, 0)


async def test_a_body_over_the_limit_is_413_whether_or_not_its_length_is_told(desk: Any) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65536 + 1):
            yield b" " * 65536

    whole = b" " * (MAX_BODY_BYTES + 1)
    problem(await desk.door.call("POST", "/v1/notes", content=whole, headers=JSON), 413, "body_too_large")
    problem(await desk.door.call("POST", "/v1/notes", content=chunks(), headers=JSON), 413, "body_too_large")
    assert desk.written() == (0, 0)


@pytest.mark.parametrize("path", ["/", "/v1/nowhere", "/v1/notes/", "/docs/", "/v1/notes/%00/changes/x", "/v1/%ff%fe"])
async def test_an_unknown_path_is_404(desk: Any, path: str) -> None:
    problem(await desk.door.call("GET", path), 404, "not_found")


async def test_a_path_that_no_audit_could_hold_is_refused_and_audited_like_any_other(desk: Any) -> None:
    problem(await desk.door.call("POST", "/v1/notes/a%00b/changes", role="buyer"), 403, "forbidden")
    assert desk.audited() == [("denied", 403, "a\N{REPLACEMENT CHARACTER}b")]


async def test_another_method_is_405_and_names_the_allowed_ones(desk: Any) -> None:
    for method in ("DELETE", "OPTIONS", "PATCH"):
        answer = await desk.door.call(method, "/v1/notes")
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST"
    assert (await desk.door.call("PUT", "/livez")).headers["allow"] == "GET, HEAD"


LANGUAGES = {
    "": "en",
    "zh": "zh",
    "zh-CN,zh;q=0.9,en;q=0.8": "zh",
    "en-GB, zh;q=0.5": "en",
    "en;q=0.3, ZH-cn;q=0.9": "zh",
    "fr, de;q=0.9": "en",
    "fr, zh;q=0.2": "zh",
    "zh;q=0, en;q=0.1": "en",
    "zh;q=nonsense": "en",
    "*": "en",
}


@pytest.mark.parametrize(("asked", "told"), LANGUAGES.items())
async def test_the_language_is_the_one_that_the_caller_ranks_first(desk: Any, asked: str, told: str) -> None:
    answer = await desk.door.call("POST", "/v1/notes", {}, role="buyer", headers={"accept-language": asked})
    body = problem(answer, 403, "forbidden")
    assert (body["title"], body["detail"]) == (body[f"title_{told}"], body[f"detail_{told}"])
    assert not re.search(r"[一-鿿]", body["detail_en"])
    assert re.search(r"[一-鿿]", body["detail_zh"])
    assert "make_note" in body["detail_zh"]
    assert "make_note" in body["detail_en"]


def test_pydantics_json_errors_are_translated() -> None:
    for kind in get_args(core_schema.ErrorType):
        (breach,) = malformed([{"type": kind, "loc": ("body", "x"), "msg": "in English"}])
        english, chinese = Catalogue().texts(breach)
        assert "in English" not in english + chinese
        assert re.search(r"[一-鿿]", chinese)


async def test_a_key_that_is_missing_or_too_long_is_400(desk: Any) -> None:
    for key, code in (("", "idempotency_key_missing"), ("k" * 256, "idempotency_key_too_long")):
        sent = {"json": {"label": "a"}, "headers": {"idempotency-key": key}}
        token = (await desk.door.call("GET", "/v1/notes")).request.headers["authorization"]
        sent["headers"]["authorization"] = token
        problem(await desk.door.client.post("/v1/notes", **sent), 400, code)
    assert desk.written() == (0, 0)


async def test_a_key_of_any_printable_form_serves_once(desk: Any) -> None:
    for number, key in enumerate(("'; DROP TABLE notes; --", "%00", "k" * 255)):
        answers = [await desk.door.call("POST", "/v1/notes", {"label": str(number)}, key=key) for _ in range(2)]
        assert [each.status_code for each in answers] == [201, 201]
        assert answers[0].content == answers[1].content
    assert desk.written() == (3, 3)


@pytest.mark.parametrize("seen", ['"x"', "*", '"-1"', '"1", "2"', '"' + "9" * 5000 + '"', '"1.0"', '"²"'])
async def test_an_if_match_that_is_no_version_is_stale(desk: Any, seen: str) -> None:
    note = await desk.door.done("POST", "/v1/notes", {"label": "a"})
    headers = {"if-match": seen.encode("utf-8")}
    answer = await desk.door.call("POST", f"/v1/notes/{note['id']}/changes", headers=headers)
    problem(answer, 412, "stale_version")
    problem(await desk.door.call("POST", f"/v1/notes/{note['id']}/changes"), 428, "version_missing")
    assert desk.written() == (1, 1)


@pytest.mark.parametrize("cursor", ["x", "é", "%00", "a" * 22 + "!", "a" * 63, "====", "AAAA"])
async def test_a_cursor_that_was_never_given_is_refused(desk: Any, cursor: str) -> None:
    problem(await desk.door.call("GET", f"/v1/notes?cursor={cursor}"), 422, "malformed_cursor")


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=" + "9" * 5000, "label=%00"])
async def test_a_query_out_of_bounds_is_refused(desk: Any, query: str) -> None:
    problem(await desk.door.call("GET", f"/v1/notes?{query}"), 422, None)


@pytest.mark.parametrize("note_id", ["x", "%00", "1" * 5000, "019a0000-0000-7000-8000-00000000000g", "%ff"])
async def test_an_invalid_id_is_refused(desk: Any, note_id: str) -> None:
    problem(await desk.door.call("POST", f"/v1/notes/{note_id}/changes", version=1), 422, "field_not_id")
    problem(await desk.door.call("POST", f"/v1/notes/{uuid4()}/changes", version=1), 404, "not_found")
    # Only the unknown id is an answer, which its key keeps.
    assert desk.written() == (0, 1)


async def test_unusual_headers_cause_no_server_error(desk: Any) -> None:
    odd = {"traceparent": b"\xff", "accept-language": b"zh\xff;;q=", "if-match": b"\xff", "accept": b"\xff"}
    assert (await desk.door.call("GET", "/v1/notes", headers=odd)).status_code == 200
    problem(await desk.door.client.get("/v1/notes", headers={"authorization": b"Bearer \xff"}), 401, None)
