"""The settings of a process: each documented one is there and has an effect, and the documented commands start it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from marketctl.layout import ROOT, SERVICES
from marketctl.page.settings import PageSettings
from shared.settings import ServiceSettings
from shared.workshop.processes.ports import free_port
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.signing import event_keys_file, signing_key
from shared.workshop.waiting import wait_until

OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
_HOST = "127.0.0.2"


def _section(title: str) -> str:
    return OPERATIONS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_each_documented_setting_is_one_and_is_read_and_each_is_documented() -> None:
    rows = [line.split("|")[1] for line in _section("Settings of a process").splitlines() if line.startswith("| `")]
    documented = {name.lower() for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert documented == set(ServiceSettings.model_fields)
    sources = [*(ROOT / "shared/shared").rglob("*.py"), *(ROOT / "services").glob("*/[a-z]*_*/*.py")]
    sources += (ROOT / "services").glob("*/[a-z]*/*.py")
    code = "".join(each.read_text("utf-8") for each in sources if each.name != "settings.py")
    unread = {name for name in documented if not re.search(rf"\b(settings|told|read)\.{name}\b", code)}
    assert unread == set()


def test_each_setting_of_the_start_page_is_documented_and_its_command_names_a_missing_one() -> None:
    rows = [line.split("|")[1] for line in _section("Settings of the start page").splitlines() if line[:3] == "| `"]
    documented = {name.lower() for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert documented == set(PageSettings.model_fields)
    assert "`python -m marketctl.page`" in _section("Starting a process")
    asked = [sys.executable, "-m", "marketctl.page"]
    ended = subprocess.run(asked, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "the setting REGISTRY_URL is missing (docs/operations.md lists all settings)" in ended.stderr
    assert "Traceback" not in ended.stderr


def command_of(service: str, *words: str) -> list[str]:
    """A service's command as it is installed."""
    return [str(Path(sys.executable).with_name(f"market-{service}")), *words]


@pytest.mark.parametrize("process", ["http", "worker", "migrate"])
@pytest.mark.parametrize("service", SERVICES)
def test_each_process_has_its_documented_command(service: str, process: str) -> None:
    assert f"`market-{service} http|worker|migrate`" in _section("Starting a process")
    asked = command_of(service, process)
    ended = subprocess.run(asked, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "the setting DATABASE_URL is missing (docs/operations.md lists all settings)" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [[], ["htp"], ["http", "worker"]])
def test_a_command_line_that_names_no_process_says_which_there_are(words: list[str]) -> None:
    ended = subprocess.run(command_of("registry", *words), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "usage: market-registry http|worker|migrate" in ended.stderr
    assert " ".join(words) in ended.stderr


@contextmanager
def _started(process: str, told: Mapping[str, str], log: Path) -> Iterator[Callable[[str], bool]]:
    """The process runs inside; whether it answers at an address."""
    with log.open("wb") as written:
        running = subprocess.Popen(
            command_of("registry", process), env={**os.environ, **told}, stdout=written, stderr=written
        )

    def answers(url: str) -> bool:
        try:
            return httpx.get(url, trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        yield answers
    finally:
        running.terminate()
        running.wait(30)


@pytest.mark.parametrize(
    ("process", "setting", "path"), [("http", "PORT", "/livez"), ("worker", "WORKER_PORT", "/livez")]
)
@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_a_process_listens_where_its_settings_say_and_logs_what_they_say(
    make_service_database: MakeServiceDatabase, tmp_path: Path, process: str, setting: str, path: str, level: str
) -> None:
    port, dsn = free_port(), make_service_database("registry")
    told = {
        "ENVIRONMENT": "sandbox", "DATABASE_URL": dsn, "BUS_DATABASE_URL": dsn, "ISSUER": "https://i.example.org",
        "JWKS_URL": "https://i.example.org/jwks.json", "SEALING_KEY": "k" * 43, "ACTOR_KEY": "a" * 43, "HOST": _HOST,
        setting: str(port), "LOG_LEVEL": level, "CLOCK_FILE": str(tmp_path / "clock.json"),
        "EVENT_KEYS": str(event_keys_file(tmp_path)), "EVENT_SIGNING_KEY": signing_key("registry"),
    }  # fmt: skip
    log = tmp_path / "log"
    with _started(process, told, log) as answers:
        assert wait_until(lambda: answers(f"http://{_HOST}:{port}{path}"), seconds=60), log.read_text()
        assert not answers(f"http://127.0.0.1:{port}{path}")
    assert ('"level": "info"' in log.read_text()) == (level == "INFO"), log.read_text()
