"""Runs tests with a line of the code changed: `python sabotaged.py MODULE WAS BECOMES TEST`. It ends as pytest does."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest


class Sabotage(importlib.abc.MetaPathFinder):
    """Loads one module with its text changed."""

    def __init__(self, module: str, was: str, becomes: str) -> None:
        self._module, self._was, self._becomes = module, was, becomes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert found is not None, f"there is no module {fullname}"
        assert found.origin is not None
        found.loader = _Changed(fullname, found.origin, self._was, self._becomes)
        return found


class _Changed(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, was: str, becomes: str) -> None:
        super().__init__(fullname, path)
        self._was, self._becomes = was, becomes

    def path_stats(self, path: str) -> dict[str, float]:
        """Nothing is taken from the cache of compiled files, and nothing is written into it."""
        raise OSError

    def get_data(self, path: str) -> bytes:
        text = super().get_data(path).decode()
        assert text.count(self._was) == 1, f"{path} has {text.count(self._was)} times: {self._was}"
        return text.replace(self._was, self._becomes).encode()


if __name__ == "__main__":
    module, was, becomes, *tests = sys.argv[1:]
    sys.meta_path.insert(0, Sabotage(module, was, becomes))
    # pytest's rewriting of assertions would load our modules before this does.
    code = int(pytest.main(["-q", "-x", "-n", "0", "--tb=line", "--assert=plain", "-p", "no:cacheprovider", *tests]))
    assert module in sys.modules, f"{tests} don't use {module}"
    sys.exit(code)
