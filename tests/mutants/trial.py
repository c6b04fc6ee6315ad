"""Whether the domain tests of a service notice a mutant: each is tried in a process of its own, without any server."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
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
class Outcome:
    """A mutant and whether a test noticed it."""

    service: str
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


def all_mutants() -> list[tuple[str, Mutant]]:
    """Every mutant of every domain, with its service."""
    found = []
    for service in SERVICES:
        domain = ROOT / "services" / service / package_of(service) / "domain"
        for file in sorted(domain.glob("*.py")):
            found += [(service, each) for each in mutants_of(f"{package_of(service)}.domain.{file.stem}", file)]
    return found


def try_all(chosen: Iterable[tuple[str, Mutant]], *, at_once: int) -> Iterator[Outcome]:
    """Try the mutants, so many at once, in no particular order; the tests must pass on the code as it is."""
    for service in SERVICES:
        if not _passes(_start(service, None)):
            raise RuntimeError(f"the domain tests of {service} fail without any change")
    running: dict[int, tuple[str, Mutant]] = {}
    for service, mutant in chosen:
        if len(running) == at_once:
            yield _ended(running)
        running[_start(service, mutant)] = (service, mutant)
    while running:
        yield _ended(running)


def _ended(running: dict[int, tuple[str, Mutant]]) -> Outcome:
    while True:
        pid, status = os.wait()
        if pid in running:
            return Outcome(*running.pop(pid), killed=status != 0)


def _passes(pid: int) -> bool:
    return os.waitpid(pid, 0)[1] == 0


def _start(service: str, mutant: Mutant | None) -> int:
    """Run the service's domain tests in a child; it exits 0 where they pass, and dies where they don't end."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(_SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    folder = ROOT / "services" / service / "tests" / "domain"
    settings.load_profile("mutants")
    if mutant:
        sys.meta_path.insert(0, _Changed(mutant))
    # The conftest of the service starts servers on demand and loads the whole service: these tests need neither.
    where = [f"--rootdir={ROOT}", f"--confcutdir={folder}", *_files(folder, mutant.module if mutant else "")]
    os._exit(int(pytest.main([*_ARGUMENTS, *where])))


def _files(folder: Path, module: str) -> list[str]:
    """The test files, the likeliest to notice first: those that name the module, tables before searched examples."""
    texts = {str(file): file.read_text("utf-8") for file in sorted(folder.glob("test_*.py"))}
    return sorted(texts, key=lambda each: (module not in texts[each], "hypothesis" in texts[each]))
