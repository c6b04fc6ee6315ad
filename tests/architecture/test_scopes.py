"""What `api` asks of `store` says for whom it asks: it takes the request's scope, or a query that was made with it."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from marketctl.layout import ROOT, package_of

_SERVICES = ("tax-exemption",)
# Each with the reason why the answer is the same whoever asks, or why who asks was looked at before.
WITHOUT_SCOPE = {
    "tax-exemption": {
        "calendar": "published days, the same for everybody in the pilot",
        "calendar_entries": "published days, the same for everybody in the pilot",
        "entry_seen_by": "published days, the same for everybody in the pilot",
        "open_items": "asked about items that the caller was found to reach",
        "window_for": "reads nothing",
        "windows_now": "reads nothing",
    },
}


def _asked_of_the_store(service: str) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Each function of `store` that a module of `api` imports: the module, the function's name, the function."""
    package = package_of(service)
    store = f"{package}.store"
    for file in sorted((ROOT / "services" / service / package / "api").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{store}."):
                module = importlib.import_module(str(node.module))
                for each in node.names:
                    found = getattr(module, each.name)
                    if inspect.isfunction(found):
                        yield file.name, each.name, found


def _says_for_whom(asked: Callable[..., Any]) -> bool:
    """Whether it has to be told the scope, or a query."""
    needed = [each for each in inspect.signature(asked).parameters.values() if each.default is each.empty]
    return any(str(each.annotation) == "Scope" or str(each.annotation).startswith("Select[") for each in needed)


@pytest.mark.parametrize("service", _SERVICES)
def test_every_query_that_serves_a_request_is_told_whose_rows_are_meant(service: str) -> None:
    silent = {name: module for module, name, asked in _asked_of_the_store(service) if not _says_for_whom(asked)}
    unknown = {name: module for name, module in silent.items() if name not in WITHOUT_SCOPE[service]}
    assert not unknown, "give it the scope, or say in WITHOUT_SCOPE why it needs none"
    assert not set(WITHOUT_SCOPE[service]) - set(silent), "these take a scope now, or are no longer asked"
