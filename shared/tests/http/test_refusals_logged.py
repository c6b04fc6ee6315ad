"""Every refused request leaves one line: what was refused, by which rule, to whom; never a value of the request."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import uuid4

import pytest

from shared.http.app import MAX_BODY_BYTES

NAME = "王小明 110101199003074514"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """Takes the lines about requests that were written since it was asked last."""
    caplog.set_level(logging.INFO)

    def taken() -> list[dict[str, Any]]:
        told = [each.msg for each in caplog.records if isinstance(each.msg, dict)]
        assert NAME not in caplog.text
        assert "Traceback" not in caplog.text
        caplog.clear()
        return [each for each in told if each["event"] == "request"]

    return taken


async def test_each_refused_request_is_logged_once_with_code_rule_role_and_party(desk: Any, lines: Any) -> None:
    party = {"role": "commerce", "subject_id": uuid4(), "bank_id": uuid4(), "site_id": uuid4()}
    told = {name: str(value) for name, value in party.items()}
    await desk.door.done("POST", "/v1/notes", {"label": "bar"})
    note = await desk.door.done("POST", "/v1/notes", {"label": NAME})
    lines()
    barred, notes, changes = "/v1/notes/guarded/rule", "/v1/notes", f"/v1/notes/{note['id']}/changes"
    cases: list[tuple[str, str, Any, dict[str, Any], int, str, list[str], list[str]]] = [
        ("POST", barred, None, {"key": "k"}, 409, "make_guarded_note", ["note_barred"], ["V61"]),
        ("POST", barred, None, {"key": "k"}, 409, "make_guarded_note", ["note_barred"], ["V61"]),
        ("POST", notes, {"label": 1, NAME: NAME}, {}, 422, "make_note", ["field_not_text", "field_unknown"], []),
        ("POST", notes, {}, {"key": NAME.encode("unicode_escape").decode() * 9}, 400, "make_note", [], []),
        ("POST", changes, None, {"version": 9}, 412, "change_note", ["stale_version"], []),
        ("POST", changes, None, {}, 428, "change_note", ["version_missing"], []),
        ("GET", notes + f"?{NAME}=1", None, {}, 422, "list_notes", ["parameter_unknown"], []),
        ("GET", f"/v1/{NAME}", None, {}, 404, "", ["not_found"], []),
        ("HEAD", f"/v1/notes?{NAME}=1", None, {}, 422, "list_notes", ["parameter_unknown"], []),
        ("DELETE", notes, None, {}, 405, "", ["method_not_allowed"], []),
    ]
    for method, path, body, how, status, operation, codes, rules in cases:
        answer = await desk.door.call(method, path, body, **{**party, **how})
        assert answer.status_code == status, path
        (line,) = lines()
        assert (line["method"], line["status"], line["operation"]) == (method, status, operation)
        assert (line["codes"], line["rules"]) == (codes or [line["code"]], rules)
        assert (line["code"] in line["codes"], line["rule"]) == (True, rules[0] if rules else "")
        assert line["request_id"] == answer.headers["x-request-id"]
        # An address or method that no route has is refused before anybody asks who calls.
        assert {name: line.get(name) for name in told} == (told if operation else dict.fromkeys(told))


async def test_who_may_not_and_who_is_unknown_are_logged_with_what_they_asked_for(desk: Any, lines: Any) -> None:
    bank = uuid4()
    await desk.door.call("POST", "/v1/notes", {"label": NAME}, role="bank", bank_id=bank)
    (line,) = lines()
    assert (line["code"], line["role"], line["bank_id"]) == ("forbidden", "bank", str(bank))
    forged = {"authorization": f"Bearer {json.dumps(NAME)}"}
    await desk.door.client.post("/v1/notes", json={"label": NAME}, headers=forged)
    (line,) = lines()
    assert (line["code"], line["operation"], line["status"]) == ("not_authenticated", "make_note", 401)
    assert "role" not in line


async def test_a_body_that_is_too_large_is_logged_too(desk: Any, lines: Any) -> None:
    await desk.door.call("POST", "/v1/notes", content=b" " * (MAX_BODY_BYTES + 1))
    (line,) = lines()
    assert (line["status"], line["code"]) == (413, "body_too_large")


async def test_what_is_answered_names_no_code(desk: Any, lines: Any) -> None:
    await desk.door.done("POST", "/v1/notes", {"label": NAME})
    (line,) = lines()
    assert {"code", "codes", "rule", "rules", "role"} & line.keys() == set()
