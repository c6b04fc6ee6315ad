"""What each room of a service may do, without an exception."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

_PURE = {"operations", "publishers", "store", "domain"}
# Code that makes an id may use this function. All else of its library and of these modules is chance or environment.
_IDS = "uuid7"
_SURROUNDINGS = {"os", "random", "secrets", "time", "socket", "subprocess", "uuid_utils", "shared.clock"}
_ENDS_A_TRANSACTION = {"commit", "rollback", "begin", "begin_nested"}
_CLOCKS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6"}
_STATEMENTS = {"select", "insert", "update", "delete", "text", "exists", "union", "union_all"}
_SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS)\b")
_UNTYPED = {"dict[str, Any]", "Mapping[str, Any]", "list[Any]", "dict[str, object]"}

_ABOVE_THE_STORE = {"api", "consumers", "operations", "publishers"}
_RUNS = {"execute", "scalar", "scalars", "stream", "stream_scalars"}

Finder = Callable[[ast.Module, Path], Iterator[str]]


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def rooms_of(service: str) -> Iterator[tuple[str, Path, str]]:
    """Each module of a service: its room, its file, its name below the package."""
    package = ROOT / "services" / service / package_of(service)
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package)
        yield name.parts[0], file, str(name)


def offenders(service: str, rooms: Callable[[str, str], bool], found: Finder) -> dict[str, list[str]]:
    """What is found in the modules of these rooms, by module."""
    modules = ((name, list(found(tree_of(file), file))) for room, file, name in rooms_of(service) if rooms(room, name))
    return {name: what for name, what in modules if what}


def imports_of(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Each imported module with the names that are taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, set()) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", {each.name for each in node.names}


def surroundings(tree: ast.Module, _: Path) -> Iterator[str]:
    """Uses of commit and rollback, clocks, the environment and chance."""
    for module, names in imports_of(tree):
        full = {module.partition(".")[0], module, *(f"{module}.{name}" for name in names)}
        if full & _SURROUNDINGS and names != {_IDS}:
            yield f"imports {module}"
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in _ENDS_A_TRANSACTION | _CLOCKS:
            yield f"{ast.unparse(called)}() in line {called.lineno}"


def foreign_imports(tree: ast.Module, file: Path) -> Iterator[str]:
    """What a domain imports beside the standard library, the vocabulary and itself."""
    own = f"{next(package_of(service) for service in SERVICES if f'/services/{service}/' in file.as_posix())}.domain"
    for module, _ in imports_of(tree):
        allowed = module.partition(".")[0] in sys.stdlib_module_names
        if not allowed and not f"{module}.".startswith(("shared.vocabulary.", f"{own}.")):
            yield f"imports {module}"


def statements(tree: ast.Module, _: Path) -> Iterator[str]:
    """SQL, as text or as SQLAlchemy's constructors."""
    made = {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for each in node.names
        if each.name in _STATEMENTS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in made:
            yield f"{node.func.id}() in line {node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value):
            yield f"SQL in line {node.lineno}"


def runs(methods: set[str]) -> Finder:
    """Calls of these methods on a session."""

    def found(tree: ast.Module, _: Path) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                on = ast.unparse(node.func.value)
                if on.rpartition(".")[2] == "session":
                    yield f"{on}.{node.func.attr}() in line {node.lineno}"

    return found


def other_verbs(tree: ast.Module, file: Path) -> Iterator[str]:
    """Public functions that an operations file isn't named after, and its own where it is missing."""
    functions = (each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    public = {each.name for each in functions if not each.name.startswith("_")}
    yield from sorted(public ^ {file.stem})


def untyped(tree: ast.Module, _: Path) -> Iterator[str]:
    """Annotations without a type of their own, like `dict[str, Any]`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node) in _UNTYPED:
            yield f"{ast.unparse(node)} in line {node.lineno}"


def _typed(room: str, name: str) -> bool:
    kept = ("store/tables", "store/documents", "store/entries")
    return name.startswith(kept) or (room == "api" and name.endswith(("schemas.py", "views.py")))


@pytest.mark.parametrize("service", SERVICES)
def test_these_rooms_use_no_commit_clock_environment_or_chance(service: str) -> None:
    assert offenders(service, lambda room, _: room in _PURE, surroundings) == {}
    assert offenders(service, lambda room, _: room in {"domain", "publishers"}, _mints) == {}


def _mints(tree: ast.Module, _: Path) -> Iterator[str]:
    yield from (module for module, names in imports_of(tree) if _IDS in names)


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_imports_the_standard_library_the_vocabulary_and_itself(service: str) -> None:
    assert offenders(service, lambda room, _: room == "domain", foreign_imports) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_statements_stand_in_the_store(service: str) -> None:
    assert offenders(service, lambda room, _: room != "store", statements) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_store_runs_queries(service: str) -> None:
    """Operations may fetch a row by its id; what a route reads goes through a question of the store."""
    assert offenders(service, lambda room, _: room in _ABOVE_THE_STORE, runs(_RUNS)) == {}
    assert offenders(service, lambda room, _: room == "api", runs({"get", "get_one"})) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_an_operations_file_holds_the_verb_of_its_name_alone(service: str) -> None:
    def operation(room: str, name: str) -> bool:
        return room == "operations" and not name.endswith("__init__.py")

    assert offenders(service, operation, other_verbs) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_rows_and_responses_are_typed(service: str) -> None:
    assert offenders(service, _typed, untyped) == {}
