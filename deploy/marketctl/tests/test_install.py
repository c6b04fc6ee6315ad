"""An environment of `make install` is used in the folder where it was made, and made again elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from marketctl.layout import ROOT, SERVICES

_LOCKS = ("requirements/embedded.lock", "requirements.lock")


def would_do(folder: Path, target: str = "install") -> str:
    return subprocess.run(["make", "-n", target], cwd=folder, capture_output=True, text=True, check=True).stdout


def make_checkout(folder: Path) -> Path:
    """A checkout with the files that `make` compares, and a .venv without packages."""
    packages = ["shared", *(f"services/{service}" for service in SERVICES), "deploy/marketctl"]
    for name in ("Makefile", *_LOCKS, *(f"{package}/pyproject.toml" for package in packages)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (folder / ".venv" / "pyvenv.cfg").write_text(f"command = python3 -m venv {folder}/.venv\n")
    return folder


def test_a_checkout_that_was_moved_or_half_installed_is_installed_anew(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "市场 one")
    assert "venv --clear" in would_do(checkout)
    for stamp in (".installed-to-run", ".installed"):
        (checkout / ".venv" / stamp).touch()
    assert "venv" not in would_do(checkout)
    moved = checkout.rename(tmp_path / "市场 two")
    assert "venv --clear" in would_do(moved)


def test_make_run_installs_less_than_make_test(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    assert "-r requirements/embedded.lock" in would_do(checkout, "run")
    assert "-r requirements.lock" in would_do(checkout, "test")
    # `make test` needs more than `make run` has installed.
    (checkout / ".venv" / ".installed-to-run").touch()
    assert "pip install" not in would_do(checkout, "run")
    assert "-r requirements.lock" in would_do(checkout, "test")


def test_the_path_files_of_our_packages_hold_ascii_only() -> None:
    """Python 3.11 reads these files by the locale: 市场 in one stops every program under LC_ALL=C."""
    files = Path(sysconfig.get_path("purelib")).glob("*market*.pth")
    said = [file.read_text("utf-8").strip() for file in files]
    assert len(said) == 6
    assert all(each.isascii() and not Path(each).is_absolute() for each in said)
