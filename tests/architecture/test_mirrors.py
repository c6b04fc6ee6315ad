"""Tests stand where their code stands: a folder of tests is a room of its package."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketctl.layout import ROOT, SERVICES, package_of

PACKAGES = {
    ROOT / "shared": "shared",
    ROOT / "deploy" / "marketctl": "marketctl",
    **{ROOT / "services" / name: package_of(name) for name in SERVICES},
}
# How the packages are installed, together and each by itself.
_OF_ALL = {"install", "service_alone"}


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_a_folder_of_tests_is_a_room_of_its_package(folder: Path) -> None:
    package = folder / PACKAGES[folder]
    files = (folder / "tests").rglob("test_*.py")
    rooms = {file.parent.relative_to(folder / "tests") for file in files}
    assert {str(room) for room in rooms if not (package / room).is_dir()} == set()


@pytest.mark.parametrize("folder", [ROOT / "shared", ROOT / "deploy" / "marketctl"], ids=lambda folder: folder.name)
def test_a_test_beside_the_rooms_is_named_after_its_module(folder: Path) -> None:
    tests = {file.stem.removeprefix("test_") for file in (folder / "tests").glob("test_*.py")}
    assert tests - _OF_ALL <= {file.stem for file in (folder / PACKAGES[folder]).glob("*.py")}
