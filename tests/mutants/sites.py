"""What can be changed in a module: a comparison to its neighbour, a number by its last digit, a truth value."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

_NEIGHBOURS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
# They say how Python is to work and not what a rule says: `zip(strict=True)`, `@dataclass(frozen=True)`.
_NO_RULE = {"strict", "frozen", "slots", "kw_only", "maxsize", "default_factory"}

_NO_VALUES = {"decorator_list", "annotation", "returns"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change; its name stays the same when lines above it move."""

    module: str
    place: str
    line: int
    change: str
    source: str

    @property
    def name(self) -> str:
        """As the list of survivors spells it."""
        return f"{self.module}:{self.place}: {self.change}"


def mutants_of(module: str, file: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    tree = ast.parse(file.read_text("utf-8"))
    sites = list(_sites(tree, module.rpartition(".")[2]))
    seen: Counter[str] = Counter()
    found = []
    for place, node, before in sites:
        for changed in _changes(node):
            with _swapped(node, changed):
                source = ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))
                change = f"{before} → {ast.unparse(node)}"
            seen[f"{place}: {change}"] += 1
            if (nth := seen[f"{place}: {change}"]) > 1:
                change = f"{change} ({nth})"
            found.append(Mutant(module, place, getattr(node, "lineno", 0), change, source))
    return found


class _swapped:  # noqa: N801 - reads as what it does, like contextlib's own
    """A node that holds other contents for a while."""

    def __init__(self, node: ast.AST, contents: dict[str, object]) -> None:
        self._node, self._contents = node, contents
        self._kept = {name: getattr(node, name) for name in contents}

    def __enter__(self) -> None:
        vars(self._node).update(self._contents)

    def __exit__(self, *_: object) -> None:
        vars(self._node).update(self._kept)


def _sites(node: ast.AST, place: str, called: str = "") -> Iterator[tuple[str, ast.AST, str]]:
    """Each node that may change, with the function it stands in and its text."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.Constant) and _is_number(node.value, called)):
        yield place, node, ast.unparse(node)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = node.name
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    for child in _parts(node):
        yield from _sites(child, place, called)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which a rule may stand."""
    for name, value in ast.iter_fields(node):
        if name not in _NO_VALUES:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and getattr(child, "arg", None) not in _NO_RULE:
                    yield child


def _is_number(value: object, called: str) -> bool:
    if isinstance(value, str):
        return called == "Decimal" and _is_finite(value)
    return isinstance(value, bool | int)


def _is_finite(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _changes(node: ast.AST) -> Iterator[dict[str, object]]:
    """The contents that the node gets instead of its own."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for neighbour in _NEIGHBOURS[type(operator)]:
                yield {"ops": [*node.ops[:index], neighbour(), *node.ops[index + 1 :]]}
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield {"value": not node.value}
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield {"value": node.value + 1}
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        number = Decimal(node.value)
        yield {"value": str(number + Decimal(1).scaleb(int(number.as_tuple().exponent)))}
