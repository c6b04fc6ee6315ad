from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.settings import ServiceSettings, mistaken, read_settings

_ASK = """
import json
from shared.settings import ServiceSettings
read = ServiceSettings()
print(json.dumps([read.database_url.get_secret_value(), read.sealing_key.get_secret_value(), repr(read)]))
"""


def test_secrets_come_from_files_or_the_environment_first_and_are_never_shown(tmp_path: Path) -> None:
    for name, content in (("database_url", "postgresql://of-a-file"), ("sealing_key", "key of a file")):
        (tmp_path / name).write_text(content)
    told = {
        "ENVIRONMENT": "sandbox",
        "SECRETS_DIR": str(tmp_path),
        "ISSUER": "i",
        "JWKS_URL": "j",
        "SEALING_KEY": "key of the environment",
    }
    told |= {"ACTOR_KEY": "another key of the environment"}
    told["EVENT_KEYS"] = __file__
    answer = subprocess.run(
        [sys.executable, "-c", _ASK], env={**os.environ, **told}, capture_output=True, text=True, check=True
    )
    url, key, shown = json.loads(answer.stdout)
    assert (url, key) == ("postgresql://of-a-file", "key of the environment")
    assert "of-a-file" not in shown
    assert "key of" not in shown


@pytest.mark.parametrize(
    ("environment", "files", "sentences"),
    [
        ({"DATABASE_URL": "x", "HOSTNAME": "h", "LOGNAME": "me"}, [], []),
        ({"DATABSE_URL": "x"}, [], ["DATABSE_URL is no setting: is DATABASE_URL meant?"]),
        ({"DATABSE_URL": "x", "DATABASE_URL": "y"}, [], []),
        ({"POOLSIZE": "20"}, [], ["POOLSIZE is no setting: is POOL_SIZE meant?"]),
        ({}, ["sealing_key"], []),
        ({}, ["sealing-key"], ["sealing-key in SECRETS_DIR is no setting: is SEALING_KEY meant?"]),
        ({}, ["readme"], ["readme in SECRETS_DIR is no setting"]),
    ],
)
def test_a_name_that_is_no_setting_is_named_with_the_one_it_resembles(
    environment: dict[str, str], files: list[str], sentences: list[str]
) -> None:
    assert mistaken(ServiceSettings.model_fields, environment, files) == sentences


def test_a_public_address_is_one_that_a_reader_can_follow() -> None:
    told: dict[str, Any] = {
        "environment": "sandbox",
        "database_url": "x",
        "sealing_key": "k",
        "actor_key": "a",
        "issuer": "i",
        "jwks_url": "j",
    }
    told["event_keys"] = __file__
    for address in ("http://127.0.0.1:8000", "https://market.example.org/registry/"):
        assert ServiceSettings(**told, public_url=address).public_url == address.rstrip("/")
    for address in (
        "registry",
        "ftp://market",
        "https://",
        "https://me:secret@market",
        "https://market/?a=1",
        "https://m m",
    ):
        with pytest.raises(ValidationError, match="it is no address"):
            ServiceSettings(**told, public_url=address)


def test_a_missing_setting_ends_the_process_with_a_sentence() -> None:
    told = {"DATABSE_URL": "x", "ISSUER": "i", "JWKS_URL": "j", "SEALING_KEY": "k", "ACTOR_KEY": "a", "PORT": "many"}
    told["EVENT_KEYS"] = "no"
    ask = "from shared.settings import ServiceSettings, read_settings; read_settings(ServiceSettings)"
    ended = subprocess.run([sys.executable, "-c", ask], env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[:2] == [
        "DATABSE_URL is no setting: is DATABASE_URL meant?",
        "the setting DATABASE_URL is missing (docs/operations.md lists all settings)",
    ]
    assert ended.stderr.splitlines()[2].startswith("the setting EVENT_KEYS can't be read: ")
    assert ended.stderr.splitlines()[3].startswith("the setting PORT can't be read: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "wrong", [{"LOG_LEVEL": "verbose"}, {"PORT": "65536"}, {"WORKER_PORT": "-1"}, {"POOL_SIZE": "0"}]
)
def test_a_value_that_can_have_no_effect_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    told = {
        "ENVIRONMENT": "sandbox",
        "DATABASE_URL": "x",
        "ISSUER": "i",
        "JWKS_URL": "j",
        "SEALING_KEY": "k",
        "ACTOR_KEY": "a",
        "LOG_LEVEL": "warning",
        "EVENT_KEYS": __file__,
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert read_settings(ServiceSettings).log_level == "WARNING"
    ((name, value),) = wrong.items()
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="2"):
        read_settings(ServiceSettings)
