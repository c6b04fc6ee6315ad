"""Each lock that a service takes is named by the test that fails without it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

# What several calls at once are sent by.
_RACES = ("gather", "lined_up")
_LOCKS = frozenset({"with_for_update", "lock_name"})


def _functions(folder: Path) -> Iterator[ast.AsyncFunctionDef]:
    for file in sorted(folder.rglob("*.py")):
        yield from (each for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, ast.AsyncFunctionDef))


def _names(function: ast.AsyncFunctionDef) -> set[str]:
    found = set()
    for each in ast.walk(function):
        name = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg"}.get(type(each))
        found.add(getattr(each, name) if name else None)
    return {each for each in found if each}


@pytest.mark.parametrize("service", SERVICES)
def test_each_lock_is_named_by_a_test_with_several_writers(service: str) -> None:
    home = ROOT / "services" / service
    locking = {each.name for each in _functions(home / package_of(service)) if _names(each) & _LOCKS}
    assert locking, "the locks are called otherwise by now"
    told = [
        ast.get_docstring(each) or ""
        for each in _functions(home / "tests")
        if each.name.startswith("test_") and _names(each) & set(_RACES)
    ]
    unnamed = {each for each in locking if not any(f"`{each}`" in text for text in told)}
    assert unnamed == set(), "write a test that fails without the lock, and name it in its docstring"
