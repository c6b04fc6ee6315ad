"""The commands on an installation that settings describe have the output of the folder, or say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from marketctl.cli import app
from marketctl.layout import SERVICES, package_of
from shared.workshop.processes.ports import free_port

Run = Any
pytestmark = pytest.mark.timeout(900)
# The forms of a database URL in use: SQLAlchemy's with a driver, and the two of libpq.
_FORMS = dict(zip(SERVICES, ("postgresql+psycopg", "postgres", "postgresql+asyncpg", "postgresql"), strict=True))


def named(service: str) -> str:
    return f"MARKET_{package_of(service).upper()}"


@pytest.fixture
def settings(serving: Run) -> dict[str, str]:
    """The settings of a deployment that describe the shared run without its folder."""
    market = serving.layout.installation
    told = {
        "MARKET_ENVIRONMENT": "sandbox",
        "MARKET_BUS": "embedded",
        "MARKET_BUS_DATABASE_URL": serving.layout.database_url("bus"),
    }
    for service in SERVICES:
        told[f"{named(service)}_URL"] = market.url(service) + "/"
        told[f"{named(service)}_WORKER_URL"] = market.url(f"{service}-worker")
        url = market.database_url(service).replace("postgresql", _FORMS[service], 1)
        told[f"{named(service)}_DATABASE_URL"] = url
    told["MARKET_EVENT_KEYS"] = str(market.event_keys)
    told["MARKET_AUDIT_HEADS"] = str(market.audit_heads)
    return {**told, "MARKET_TOKEN": market.token("system", {"actor": "admin:anna"})}


def said(line: str, status: int, told: dict[str, str], *, file: Path | None = None) -> str:
    """The output of a command to which the folder is unknown."""
    chosen = ["--installation", str(file)] if file else []
    nowhere = {"RUN_FOLDER": "/nonexistent", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = CliRunner().invoke(app, [*chosen, *line.split()], env={**nowhere, **told})
    assert done.exit_code == status, (line, done.output, done.exception)
    return done.output


def on_folder(serving: Run, line: str) -> str:
    done = CliRunner().invoke(app, line.split(), env=serving.found_by)
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.output


def test_the_commands_have_the_same_output_on_a_deployment_as_on_the_folder(
    serving: Run, settings: dict[str, str]
) -> None:
    for line in ("verify --json", "db status --json", "parked list --json", "events tail --json"):
        assert said(line, 0, settings) == on_folder(serving, line)
    assert json.loads(said("verify --json", 0, settings))["ok"]
    assert said("db upgrade --json", 0, settings) == on_folder(serving, "db status --json")
    checks = {each["name"]: each for each in json.loads(said("doctor --json", 0, settings))}
    assert all(each["ok"] for each in checks.values())
    assert {f"{service}{of} ready" for service in SERVICES for of in ("", "-worker")} | {"bus"} <= checks.keys()
    as_auditor = {**settings, "MARKET_TOKEN": serving.layout.installation.token("auditor", {})}
    assert said("trace none", 1, as_auditor).startswith("not_found")
    assert said("trace none", 1, settings).startswith("forbidden")


def test_a_deployment_is_reached_through_the_proxy_and_a_folder_is_not(serving: Run, settings: dict[str, str]) -> None:
    proxy = {"http_proxy": f"http://127.0.0.1:{free_port()}", "NO_PROXY": "", "no_proxy": ""}
    assert "does not answer" in said("parked list", 3, {**settings, **proxy})
    assert "✘ registry ready" in said("doctor", 1, {**settings, **proxy})
    done = CliRunner().invoke(app, ["parked", "list"], env={**serving.found_by, **proxy})
    assert (done.exit_code, done.output) == (0, "nothing is parked\n")


def test_a_settings_file_takes_precedence_over_the_environment(settings: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(settings.pop("MARKET_TOKEN") + "\n")
    file = tmp_path / "site.env"
    lines = [f"{name}='{value}'" for name, value in settings.items()]
    file.write_text("\n".join(["# our market", *lines, f"MARKET_TOKEN_FILE={secret}"]))
    assert json.loads(said("parked list --json", 0, {}, file=file)) == {service: [] for service in SERVICES}
    assert said("verify", 0, {}, file=file) == "ok\n"
    assert "✘" not in said("doctor", 0, {}, file=file)
    release = CliRunner().invoke(
        app, ["--installation", str(file), "parked", "release", "fx-settlement", "12", "case 1"]
    )
    assert (release.exit_code, release.output[:9]) == (1, "not_found")
    elsewhere = {"MARKET_REGISTRY_URL": f"http://127.0.0.1:{free_port()}"}
    assert "nothing is parked" in said("parked list", 0, elsewhere, file=file)
    assert "MARKET_TOKEN and MARKET_TOKEN_FILE are both set" in said("verify", 2, {"MARKET_TOKEN": "x"}, file=file)
    secret.unlink()
    assert "MARKET_TOKEN_FILE names" in said("verify", 2, {}, file=file)
    assert "is no file" in said("verify", 2, {}, file=tmp_path / "none")


def test_all_settings_that_are_missing_or_wrong_are_named_at_once(settings: dict[str, str], tmp_path: Path) -> None:
    found = said("verify", 2, {"MARKET_BUS": "kafka"}).splitlines()
    missing = {line.partition(" is not set: ")[0] for line in found}
    assert missing == {f"{named(each)}_{what}URL" for each in SERVICES for what in ("", "DATABASE_")} | {
        "MARKET_KAFKA_BOOTSTRAP"
    }
    wrong = {
        "MARKET_REGISTRY_URL": "registry:80",
        "MARKET_REGISTRY_DATABASE_URL": "mysql://root:very-secret@db/registry",
        "MARKET_BUS": "rabbit",
        "MARKET_KAFKA_BOOTSTRAP": "kafka",
        "MARKET_TOKN": "x",
    }
    found = said("verify", 2, {**settings, **wrong}).splitlines()
    assert {line.partition(" is ")[0] for line in found} == wrong.keys()
    assert "very-secret" not in "".join(found)
    assert "OTHER is no setting" in said("verify", 2, settings, file=written(tmp_path / "site.env", "OTHER=1"))


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def test_a_part_that_does_not_answer_is_named_with_its_address(serving: Run, settings: dict[str, str]) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    at = f"http://{nobody}"
    found = said("parked list", 3, {**settings, "MARKET_FX_SETTLEMENT_URL": at})
    assert f"fx-settlement at {at} does not answer: is it up" in found
    # Another server answers there, none of our services.
    page = serving.layout.url("start-page")
    assert f"what answers at {page} is not registry" in said(
        "parked list", 3, {**settings, "MARKET_REGISTRY_URL": page}
    )
    lost = {**settings, "MARKET_TAX_EXEMPTION_DATABASE_URL": f"postgresql://a:very-secret@{nobody}/b"}
    for line in ("verify", "db status", "db upgrade"):
        found = said(line, 3, lost)
        assert "tax-exemption's database does not answer: is it up" in found
        assert "very-secret" not in found
    for bus in (
        {"MARKET_BUS_DATABASE_URL": f"postgresql://a:b@{nobody}/bus"},
        {"MARKET_BUS": "kafka", "MARKET_KAFKA_BOOTSTRAP": nobody},
    ):
        assert "the bus does not answer: is it up" in said("events tail", 3, {**settings, **bus})
        assert "✘ bus" in said("doctor", 1, {**settings, **bus})
    strange = settings["MARKET_BUS_DATABASE_URL"].replace("bus:", "nobody:", 1)
    assert "the bus does not answer" in said("events tail", 3, {**settings, "MARKET_BUS_DATABASE_URL": strange})
    found = said("doctor", 1, {**lost, "MARKET_FX_SETTLEMENT_URL": at})
    assert {line.split()[1] for line in found.splitlines() if line.startswith("✘")} == {
        "fx-settlement",
        "tax-exemption",
    }


def test_a_command_for_the_folder_is_refused_on_a_deployment(settings: dict[str, str]) -> None:
    for line in ("token operator", "clock show", "clock advance", "reset", "run"):
        assert "belongs to the folder of `make run` alone" in said(line, 2, settings)
    without = {name: value for name, value in settings.items() if name != "MARKET_TOKEN"}
    assert "MARKET_TOKEN is not set" in said("parked list", 2, without)
    assert said("verify", 0, without) == "ok\n"
    assert "MARKET_TOKEN says who you are" in said("parked release registry 1 case-12 bo", 2, settings)
    assert said("parked release registry 999 case-12", 1, settings).startswith("not_found")


@pytest.mark.parametrize(
    ("setting", "told_of"),
    [("URL", "trade-ledger's address"), ("WORKER_URL", "trade-ledger-worker's address"),
     ("DATABASE_URL", "trade-ledger's database")],
)  # fmt: skip
def test_doctor_notices_where_another_of_our_services_is(settings: dict[str, str], setting: str, told_of: str) -> None:
    wrong = {**settings, f"{named('registry')}_{setting}": settings[f"{named('trade-ledger')}_{setting}"]}
    found = said("doctor", 1, wrong)
    (bad,) = (line for line in found.splitlines() if line.startswith("✘"))
    assert told_of in bad
    assert "→ correct the address of registry" in found
