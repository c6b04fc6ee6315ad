"""Holds each refusal that a test meets against OpenAPI: the operation's description names its codes."""

from __future__ import annotations

import re
from typing import Any

import httpx
from fastapi import FastAPI

from shared.http.problems import MEDIA_TYPE

Codes = set[str]
# By service: a test makes an application of its own, and describing one takes a while.
_known: dict[str, list[tuple[str, re.Pattern[str], Codes]]] = {}


def require_described(app: FastAPI, method: str, answer: httpx.Response) -> None:
    """AssertionError where a problem document has a code that the operation's description doesn't list."""
    if not answer.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return
    codes = _codes_of(app, method, answer.request.url.path)
    if codes is None:
        return
    problem = answer.json()
    for code in {problem["code"], *(each["code"] for each in problem["errors"])}:
        assert code in codes, f"{method} {answer.request.url.path} doesn't describe {code}"


def _codes_of(app: FastAPI, method: str, path: str) -> Codes | None:
    if app.title not in _known:
        _known[app.title] = list(_described(app.openapi()))
    fitting = (codes for of, form, codes in _known[app.title] if of == method and form.fullmatch(path))
    return next(fitting, None)


def _described(document: dict[str, Any]) -> Any:
    for path in sorted(document["paths"], key=lambda each: each.count("{")):
        form = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method, operation in document["paths"][path].items():
            responses = operation["responses"].values()
            yield method.upper(), form, {code for each in responses for code in each.get("x-codes", ())}
