"""What `make install` left behind is used where it was made, and made anew elsewhere."""

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
    """A checkout of what `make` looks at, with a .venv that nothing was installed into."""
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


def test_running_installs_what_runs_and_testing_what_tests(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    assert "-r requirements/embedded.lock" in would_do(checkout, "run")
    assert "-r requirements.lock" in would_do(checkout, "test")
    # What tests, also runs; what runs, doesn't test.
    (checkout / ".venv" / ".installed-to-run").touch()
    assert "pip install" not in would_do(checkout, "run")
    assert "-r requirements.lock" in would_do(checkout, "test")


def test_where_our_packages_are_is_said_without_a_letter_that_a_locale_may_lack() -> None:
    """Python 3.11 reads these files by the locale: 市场 in one stops every program under LC_ALL=C."""
    files = Path(sysconfig.get_path("purelib")).glob("*market*.pth")
    said = [file.read_text("utf-8").strip() for file in files]
    assert len(said) == 6
    assert all(each.isascii() and not Path(each).is_absolute() for each in said)
