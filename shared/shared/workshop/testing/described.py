"""Holds each refusal that a test meets against what is promised: codes are described, a field has its pointer."""

from __future__ import annotations

import re
from typing import Any

import httpx
from fastapi import FastAPI

from shared.http.problems import MEDIA_TYPE, Problem
from shared.http.routes import closest

Codes = set[str]
_SPEAKS = re.compile(r"^field_|\bfield\b|\bpointer\b|字段|指针", re.IGNORECASE)
# Fields that the text itself names.
_NAMED = re.compile(r"\{(field|column)\}|\bof several fields\b")
# The empty pointer names the whole body.
_OF_THE_BODY = {"field_not_object"}
# By service: a test makes an application of its own, and describing one takes a while.
_known: dict[str, list[tuple[str, re.Pattern[str], str, Codes]]] = {}


def speaks_of_a_field(problem: Problem) -> bool:
    """Whether its texts are about one field that only a pointer can name: "Fill it in." needs one."""
    texts = (problem.title, problem.detail, problem.fix, problem.title_zh, problem.detail_zh, problem.fix_zh)
    told = any(_NAMED.search(text) for text in texts)
    return (
        not told and problem.code not in _OF_THE_BODY and any(_SPEAKS.search(each) for each in (problem.code, *texts))
    )


def require_described(app: FastAPI, method: str, answer: httpx.Response) -> None:
    """AssertionError where a problem document has a code that the operation's description doesn't list."""
    # The answer to a HEAD has no body.
    if not answer.headers.get("content-type", "").startswith(MEDIA_TYPE) or not answer.content:
        return
    problem = answer.json()
    for each in problem["errors"]:
        assert each["pointer"] or not speaks_of_a_field(app.state.catalogue[each["code"]]), each
    codes = _codes_of(app, method, answer.request.url.path)
    if codes is None:
        return
    for code in {problem["code"], *(each["code"] for each in problem["errors"])}:
        assert code in codes, f"{method} {answer.request.url.path} doesn't describe {code}"


def _codes_of(app: FastAPI, method: str, path: str) -> Codes | None:
    if app.title not in _known:
        _known[app.title] = list(_described(app.openapi()))
    fitting = [each for each in _known[app.title] if each[1].fullmatch(path)]
    named = closest({each[0] for each in fitting})
    return next((codes for of, _, verb, codes in fitting if verb == method and of in named), None)


def _described(document: dict[str, Any]) -> Any:
    for path in document["paths"]:
        form = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method, operation in document["paths"][path].items():
            responses = operation["responses"].values()
            yield path, form, method.upper(), {code for each in responses for code in each.get("x-codes", ())}
