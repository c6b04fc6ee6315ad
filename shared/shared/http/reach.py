"""What an operation can reach in code: the problem codes that it may answer, and whether it asks for `If-Match`.

The code itself is read, so that the published lists can't fall behind it. A code that stands in a function, table or
form that the route can reach is listed, also where this route never answers it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

_OURS = ("shared.", "registry.", "trade_ledger.", "fx_settlement.", "tax_exemption.")
_ASKS_VERSION = "expected_version"


def texts_reached(route: Callable[..., Any]) -> set[str]:
    """Every text and name in the code that the function of a route can reach."""
    seen: dict[int, Any] = {}
    found: set[str] = set()
    waiting: list[Any] = [route]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        texts, further = _parts(each)
        found |= texts
        waiting += further
    return found


def asks_version(texts: set[str]) -> bool:
    """Whether code with these texts and names asks for the version that the caller saw."""
    return _ASKS_VERSION in texts


def _parts(each: Any) -> tuple[set[str], list[Any]]:
    each = inspect.unwrap(each) if callable(each) else each
    if isinstance(each, str):
        return {each}, []
    if isinstance(each, FunctionType):
        return (_names(each), list(_further(each))) if _ours(each) else (set(), [])
    if isinstance(each, type):
        return set(), list(_of_class(each)) if _ours(each) else []
    return set(), _held_by(each)


def _held_by(each: Any) -> list[Any]:
    """What a value holds: a table, a call with its arguments, an error, a fact, an annotation."""
    if isinstance(each, dict):
        return [*each, *each.values()]
    if isinstance(each, tuple | list | set | frozenset):
        return list(each)
    if isinstance(each, functools.partial):
        return [each.func, *each.args]
    if isinstance(each, BaseException):
        return [*each.args, *vars(each).values()]
    if dataclasses.is_dataclass(each):
        return [getattr(each, field.name) for field in dataclasses.fields(each)] if _ours(each) else []
    return [part for part in typing.get_args(each) if not isinstance(part, str)]


def _ours(each: Any) -> bool:
    return str(each.__module__).startswith(_OURS)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _names(function: FunctionType) -> set[str]:
    return {name for code in _codes(function.__code__) for name in code.co_names}


def _further(function: FunctionType) -> Iterator[Any]:
    """Constants, globals and annotations of a function; of a module only what the function names."""
    for code in _codes(function.__code__):
        yield from (each for each in code.co_consts if isinstance(each, str | tuple | frozenset))
        for name in code.co_names:
            found = function.__globals__.get(name)
            if isinstance(found, ModuleType):
                yield from (vars(found)[each] for each in code.co_names if each in vars(found))
            elif found is not None:
                yield found
    for cell in function.__closure__ or ():
        yield cell.cell_contents
    yield from _hints(function)


def _of_class(kind: type) -> Iterator[Any]:
    for base in kind.__mro__:
        if _ours(base):
            for each in vars(base).values():
                if isinstance(each, FunctionType | classmethod | staticmethod | property):
                    yield getattr(each, "__func__", getattr(each, "fget", each))
    yield from _hints(kind)


def _hints(each: Any) -> Iterator[Any]:
    try:
        yield from typing.get_type_hints(each, include_extras=True).values()
    except (NameError, TypeError):
        return
