"""A large body stops nobody: who sends it is asked first, what is in it is bounded, and so is the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.http.problems import bounded
from shared.vocabulary.rules import Breach

JSON = {"content-type": "application/json"}


def unknown(count: int, name: str = "k") -> bytes:
    fields = ",".join(f'"{name}{n}":1' for n in range(count))
    return f'{{"label":"a",{fields}}}'.encode()


async def test_more_names_and_values_than_any_form_has_are_not_read(desk: Any) -> None:
    answer = await desk.door.call("POST", "/v1/notes", content=unknown(200_000), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_too_crowded")


async def test_a_hundred_errors_are_told_and_how_many_more_there_are(desk: Any) -> None:
    answer = await desk.door.call("POST", "/v1/notes", content=unknown(50_000), headers=JSON)
    errors = answer.json()["errors"]
    assert (answer.status_code, len(errors)) == (422, 101)
    assert errors[-1]["message"] == "49900 more errors are not listed"
    assert len(answer.content) < 100_000


async def test_a_name_of_any_length_is_told_in_short(desk: Any) -> None:
    answer = await desk.door.call("POST", "/v1/notes", content=unknown(5, "k" * 100_000), headers=JSON)
    assert answer.status_code == 422
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    ("how", "status"), [({"headers": {"authorization": "Bearer x.y.z"}}, 401), ({"role": "bank"}, 403)]
)
async def test_nothing_is_read_of_who_may_not_send_it(desk: Any, how: dict[str, Any], status: int) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b" " * 65536

    answer = await desk.door.call("POST", "/v1/notes", content=chunks(), **how)
    assert (answer.status_code, read) == (status, 0)


def test_what_is_left_off_is_counted_once() -> None:
    found = tuple(Breach(f"code {n}", "", "") for n in range(10))
    shorter = bounded(bounded(found, 6), 3)
    assert [each.code for each in shorter] == ["code 0", "code 1", "code 2", "errors_left_off"]
    assert shorter[-1].params == {"count": "7"}
    assert bounded(found, 10) == found
    assert bounded((*bounded(found, 6), Breach("later", "", "")), 10)[-1].params == {"count": "4"}
