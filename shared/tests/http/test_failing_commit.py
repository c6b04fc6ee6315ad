"""A success is answered only after the commit."""

from __future__ import annotations

from typing import Any


async def test_a_commit_that_fails_never_answers_success(desk: Any) -> None:
    await desk.door.done("POST", "/v1/notes", {"label": "same"}, key="first")
    failed = await desk.door.call("POST", "/v1/notes", {"label": "same"}, key="second")
    assert (failed.status_code, failed.json()["code"]) == (500, "internal_error")
    assert desk.written() == (1, 1)


async def test_after_a_failed_commit_the_same_key_can_be_used(desk: Any) -> None:
    note = await desk.door.done("POST", "/v1/notes", {"label": "same"})
    assert (await desk.door.call("POST", "/v1/notes", {"label": "same"}, key="k")).status_code == 500
    other = await desk.door.done("POST", "/v1/notes", {"label": "other"}, key="k")
    assert other["id"] != note["id"]
    assert desk.written() == (2, 2)
