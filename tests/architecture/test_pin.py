"""`make pin` writes digests behind the images of the choices, and leaves everything as it is where it can't."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from marketctl.layout import ROOT

_DIGEST = "sha256:" + "0a" * 32
_CHOICES = f"""# A comment with =.
DOMAIN=market.internal
MARKET_IMAGE=localhost/market-1039:0.1.0
POSTGRES_IMAGE=docker.io/library/postgres:18
NGINX_IMAGE=docker.io/library/nginx:1.30@sha256:{"b" * 64}
"""


def pinned(folder: Path, answer: str) -> tuple[int, str]:
    """How the program ends where a registry answers this for every image, and the file of choices after it."""
    choices = folder / "env"
    choices.write_text(_CHOICES, "utf-8")
    choices.chmod(0o600)
    registry = folder / "skopeo"
    registry.write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
    registry.chmod(0o700)
    (folder / "docker").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (folder / "docker").chmod(0o700)
    told = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / "deploy/pin", choices], env=told, capture_output=True, text=True, check=False)
    assert choices.stat().st_mode & 0o777 == 0o600
    return done.returncode, choices.read_text("utf-8")


def test_each_image_of_a_registry_gets_the_digest_that_it_has_today(tmp_path: Path) -> None:
    wanted = _CHOICES.replace("postgres:18", f"postgres:18@{_DIGEST}").replace("sha256:" + "b" * 64, _DIGEST)
    assert pinned(tmp_path, f"echo {_DIGEST}") == (0, wanted)


@pytest.mark.parametrize("answer", ["echo nothing", "exit 1"])
def test_a_registry_that_gives_no_digest_changes_nothing(tmp_path: Path, answer: str) -> None:
    status, choices = pinned(tmp_path, answer)
    assert (status != 0, choices) == (True, _CHOICES)
