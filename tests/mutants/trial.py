"""Whether the tests of the rules notice a mutant: each is tried in a process of its own, without any server."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from sites import Mutant, mutants_of

import shared.database
import shared.events.catalogue  # noqa: F401 - both loaded once, for all children
from marketctl.layout import ROOT, SERVICES, package_of

_SECONDS = 60
# Plugins that these tests don't use take longer to load than the tests to run.
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
_ARGUMENTS = [
    "-q",
    "-x",
    "--tb=no",
    "-W",
    "ignore",
    "-o",
    "addopts=",
    "--import-mode=importlib",
    "-p",
    "no:cacheprovider",
]
# The same examples each time: a mutant lives or dies by the tests and not by luck.
settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=25)


@dataclass(frozen=True, slots=True)
class Suite:
    """A package of rules with the tests that are to notice its mutants."""

    package: str
    rules: Path
    tests: Path


SUITES = [
    *(
        Suite(f"{package_of(each)}.domain", folder / package_of(each) / "domain", folder / "tests" / "domain")
        for each in SERVICES
        for folder in [ROOT / "services" / each]
    ),
    Suite("shared.vocabulary", ROOT / "shared" / "shared" / "vocabulary", ROOT / "shared" / "tests" / "vocabulary"),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mutant and whether a test noticed it."""

    suite: Suite
    mutant: Mutant
    killed: bool


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a changed text."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self._mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.source, self._mutant.module, "exec"), vars(module))  # noqa: S102 - our own text


def all_mutants() -> list[tuple[Suite, Mutant]]:
    """Every mutant of every rule, with the suite that is to notice it."""
    return [
        (suite, each)
        for suite in SUITES
        for file in sorted(suite.rules.glob("*.py"))
        for each in mutants_of(f"{suite.package}.{file.stem}", file)
    ]


def try_all(chosen: Sequence[tuple[Suite, Mutant]], *, at_once: int) -> Iterator[Outcome]:
    """Try the mutants, so many at once, in no particular order; the tests must pass on the code as it is."""
    for suite in dict.fromkeys(suite for suite, _ in chosen):
        if not _passes(_start(suite, None)):
            raise RuntimeError(f"{suite.tests.relative_to(ROOT)} fails without any change")
    running: dict[int, tuple[Suite, Mutant]] = {}
    for suite, mutant in chosen:
        if len(running) == at_once:
            yield _ended(running)
        running[_start(suite, mutant)] = (suite, mutant)
    while running:
        yield _ended(running)


def _ended(running: dict[int, tuple[Suite, Mutant]]) -> Outcome:
    while True:
        pid, status = os.wait()
        if pid in running:
            return Outcome(*running.pop(pid), killed=status != 0)


def _passes(pid: int) -> bool:
    return os.waitpid(pid, 0)[1] == 0


def _start(suite: Suite, mutant: Mutant | None) -> int:
    """Run a suite's tests in a child; it exits 0 where they pass, and dies where they don't end."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(_SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    settings.load_profile("mutants")
    if mutant:
        sys.meta_path.insert(0, _Changed(mutant))
        if mutant.module in sys.modules:
            _forget_ours()
    # The conftest of a service starts servers on demand and loads the whole service: these tests need neither.
    where = [f"--rootdir={ROOT}", f"--confcutdir={suite.tests}", *_files(suite.tests, mutant.module if mutant else "")]
    os._exit(int(pytest.main([*_ARGUMENTS, *where])))


def _forget_ours() -> None:
    """Unload our own modules, since any of them may have taken names from the one that changes."""
    for name in [each for each in sys.modules if each.partition(".")[0] in {"shared", "marketctl"}]:
        del sys.modules[name]


def _files(folder: Path, module: str) -> list[str]:
    """The test files, the likeliest to notice first: those that name the module, tables before searched examples."""
    texts = {str(file): file.read_text("utf-8") for file in sorted(folder.glob("test_*.py"))}
    return sorted(texts, key=lambda each: (module not in texts[each], "hypothesis" in texts[each]))
