"""Whatever pydantic refuses is told in our words, in two languages: no pattern, no JSON, no library's wording (V67)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic_core.core_schema import ErrorType

from marketctl.layout import ROOT, SERVICES
from shared.http.problems import _PYDANTIC, Catalogue, malformed
from shared.http.words import words_of_form

CATALOGUE = Catalogue()
CHINESE = re.compile("[\u4e00-\u9fff]")
NOT_FOR_PEOPLE = re.compile(
    r"JSON str|\^|\[0-9\]|\{[0-9a-z_]+\}|pydantic|UUID|regex|regular expression|validat", re.IGNORECASE
)


def texts_of(kind: str, context: dict[str, Any]) -> tuple[str, ...]:
    (breach,) = malformed([{"type": kind, "loc": ("body", "x"), "ctx": context, "msg": "Input should be"}])
    problem = CATALOGUE[breach.code]
    english, chinese = CATALOGUE.texts(breach)
    return english, problem.title, problem.fix, chinese, problem.title_zh, problem.fix_zh


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_every_type_of_error_has_sentences_for_people(kind: str) -> None:
    context = {
        "pattern": "^[A-Z]{3}$", "expected": "'a' or 'b'", "max_length": 5, "gt": 0, "error": "boom", "class": "Foo",
        "min_length": 1, "expected_tags": "'a'",
    }  # fmt: skip
    english, title, fix, *chinese = texts_of(kind, context)
    assert all(CHINESE.search(text) for text in chinese)
    assert not any(CHINESE.search(text) for text in (english, title, fix))
    assert [text for text in (english, title, fix, *chinese) if NOT_FOR_PEOPLE.search(text)] == []
    assert not any("boom" in text or "Input should be" in text for text in (english, *chinese))
    assert kind in _PYDANTIC


@pytest.mark.parametrize("missing", ["string_pattern_mismatch", "greater_than", "literal_error", "date_past"])
def test_an_error_without_a_context_has_sentences_too(missing: str) -> None:
    assert [text for text in texts_of(missing, {}) if NOT_FOR_PEOPLE.search(text)] == []


def patterns_in(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        pattern = document.get("pattern")
        if isinstance(pattern, str):
            yield pattern
        for value in document.values():
            yield from patterns_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from patterns_in(value)


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_a_service_has_words(service: str) -> None:
    document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
    assert {pattern for pattern in patterns_in(document) if words_of_form(pattern) is None} == set()


@pytest.mark.parametrize(
    ("pattern", "english", "chinese"),
    [
        (
            r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$",
            "a plain number such as 12.5: at most 16 digits, and 4 after the point, minus allowed",
            "纯数字，如 12.5：整数至多 16 位，小数至多 4 位，可为负",
        ),
        (
            r"^(0|[1-9][0-9]{0,13})(\.[0-9]{1,6})?$",
            "a plain number such as 12.5: at most 14 digits, and 6 after the point",
            "纯数字，如 12.5：整数至多 14 位，小数至多 6 位",
        ),
        ("^([0-9]{6}|[0-9]{8}|[0-9]{10})$", "a commodity code of 6, 8 or 10 digits", "6、8 或 10 位数字的商品编码"),
    ],
)
def test_a_form_is_told_in_words(pattern: str, english: str, chinese: str) -> None:
    assert words_of_form(pattern) == (english, chinese)


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [("gt", "more than 5", "大于 5"), ("ge", "5 or more", "不小于 5"), ("lt", "less than 5", "小于 5"),
     ("le", "5 or less", "不大于 5")],
)  # fmt: skip
def test_a_bound_says_on_which_side_of_it_a_value_lies(name: str, english: str, chinese: str) -> None:
    texts = texts_of("greater_than", {name: 5})
    assert (texts[0], texts[3]) == (f"Expected is {english}.", f"应为{chinese}。")
