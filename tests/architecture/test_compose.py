"""What every container of `deploy/compose.yaml` is held to, read from the parsed file; `make compose-check` runs it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from marketctl.layout import ROOT, SERVICES, package_of
from shared.settings import ServiceSettings
from shared.walls import statements_of_doors, statements_of_roles

TEXT = (ROOT / "deploy/compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / "deploy/env.example").read_text("utf-8")
_ONE_SHOT = {*(f"{service}-migrate" for service in SERVICES), "kafka-acls", "operate"}
_PROCESSES = {service: "http" for service in SERVICES} | {f"{service}-worker": "worker" for service in SERVICES}
_LARGEST_MEMORY = 4096


def megabytes(said: str) -> int:
    """The size that a limit is by default."""
    found = re.fullmatch(r"(?:\$\{\w+:-)?(\d+)([mg])\}?", said)
    assert found, said
    return int(found[1]) * (1024 if found[2] == "g" else 1)


def networks_of(container: str) -> set[str]:
    """The networks that a container is in."""
    return set(CONTAINERS[container]["networks"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_do_little_and_write_nowhere_but_where_it_says(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]
    assert {"cap_add", "privileged", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(container) == set()
    written = [each for each in container.get("volumes", []) if not str(each).endswith(":ro")]
    # What isn't read-only is a named volume, never a folder of the machine.
    assert all(re.match(r"[a-z]", each) and each.partition(":")[0] in COMPOSE["volumes"] for each in written)
    assert not any("docker.sock" in str(each) for each in container.get("volumes", []))


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_container_runs_as_root(name: str) -> None:
    user = CONTAINERS[name]["user"].partition(":")[0]
    assert user in ("${MARKET_UID", "65534"), user
    assert re.match(r"\$\{MARKET_UID:-10001\}:|65534:", CONTAINERS[name]["user"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_bounds_and_its_log_is_rotated(name: str) -> None:
    container = CONTAINERS[name]
    assert 0 < megabytes(container["mem_limit"]) <= _LARGEST_MEMORY
    assert 0 < container["pids_limit"] <= 512
    assert set(container["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_comes_back_by_itself_and_says_how_it_is(name: str) -> None:
    container = CONTAINERS[name]
    if name in _ONE_SHOT:
        assert container["restart"] in ("no", "on-failure:5")
        assert "healthcheck" not in container
        return
    assert container["restart"] == "unless-stopped"
    assert container["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(container["healthcheck"])


def test_only_the_gateway_is_published_and_at_loopback_unless_chosen_otherwise() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    assert published == {"gateway": ["${GATEWAY_ADDRESS:-127.0.0.1}:${GATEWAY_PORT:-443}:8443"]}
    assert [name for name in CONTAINERS if "edge" in networks_of(name)] == ["gateway"]
    assert [name for name, network in COMPOSE["networks"].items() if not network.get("internal")] == ["edge"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_shares_no_network_with_another_one_or_its_database(service: str) -> None:
    own = [service, f"{service}-worker", f"{service}-migrate", f"{service}-db"]
    networks = set().union(*map(networks_of, own))
    others = {
        f"{other}{ending}" for other in SERVICES if other != service for ending in ("", "-worker", "-migrate", "-db")
    }
    assert {name for name in others if networks & networks_of(name)} == set()
    assert networks_of(f"{service}-db") == {f"{service}-data"}
    reaching = {name for name in CONTAINERS if f"{service}-data" in networks_of(name)}
    assert reaching == {*own, "operate"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_secret_is_a_file_and_never_a_word_of_the_file(name: str) -> None:
    told = CONTAINERS[name].get("environment", {})
    assert isinstance(told, dict)
    named = [key for key in told if re.search("PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL", key)]
    for key in named:
        assert re.match(r"/run/secrets(/|$)|/etc/market/", str(told[key])), key
    for each in CONTAINERS[name].get("secrets", []):
        source = each["source"] if isinstance(each, dict) else each
        assert COMPOSE["secrets"][source] == {"file": f"./secrets/{source}"}


def test_each_secret_is_used_and_made_by_make_secrets(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from marketctl.operate.secrets import Made

    monkeypatch.setattr("os.getuid", lambda: 1000)
    Made(tmp_path, "market.internal").all()
    made = {each.name for each in tmp_path.iterdir() if each.is_file()}
    used = {
        each["source"] if isinstance(each, dict) else each
        for container in CONTAINERS.values()
        for each in container.get("secrets", [])
    }
    assert used == set(COMPOSE["secrets"])
    assert used <= made
    # What no container may read: the authority's key, the people's passwords; the realm is a file of Keycloak alone.
    assert made - used == {"ca-key.pem", "trial-users.json", "realm.json"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_gets_its_own_secrets_and_no_others(service: str) -> None:
    def sources(name: str) -> set[str]:
        return {each["source"] for each in CONTAINERS[name]["secrets"]}

    common = {"sealing-key", "actor-key"}
    assert sources(service) == {f"{service}-http-database-url", *common}
    worker = {f"{service}-{each}" for each in ("worker-database-url", "signing-key", "kafka-password")}
    assert sources(f"{service}-worker") == worker | common
    assert sources(f"{service}-migrate") == {f"{service}-owner-database-url"}


@pytest.mark.parametrize(("name", "process"), [*_PROCESSES.items()])
def test_each_process_is_started_by_its_command_with_settings_that_there_are(name: str, process: str) -> None:
    service = name.removesuffix("-worker")
    assert CONTAINERS[name]["command"] == [f"market-{service}", process]
    told = {key.lower() for key in CONTAINERS[name]["environment"]} | {
        each["target"] for each in CONTAINERS[name]["secrets"]
    }
    # Read by the process's settings class and by Python's TLS.
    assert told - set(ServiceSettings.model_fields) == {"secrets_dir", "ssl_cert_file"}
    assert CONTAINERS[name]["environment"]["ENVIRONMENT"] == "production"


def test_the_order_of_start_is_by_health_and_by_migrations_that_are_done() -> None:
    for service in SERVICES:
        wanted = {f"{service}-db": {"condition": "service_healthy"}}
        assert CONTAINERS[f"{service}-migrate"]["depends_on"] == wanted
        done = {"condition": "service_completed_successfully"}
        assert CONTAINERS[service]["depends_on"] == {f"{service}-migrate": done}
        assert CONTAINERS[f"{service}-worker"]["depends_on"] == {f"{service}-migrate": done, "kafka-acls": done}
    assert set(CONTAINERS["gateway"]["depends_on"]) == {*SERVICES, "keycloak"}


@pytest.mark.parametrize(("number", "service"), [*enumerate(SERVICES, 1)])
def test_a_service_believes_the_gateways_address_alone(number: int, service: str) -> None:
    gateway = CONTAINERS["gateway"]["networks"][f"{service}-web"]["ipv4_address"]
    assert gateway == f"${{SUBNET_PREFIX:-10.139}}.{number}.2"
    assert CONTAINERS[service]["environment"]["TRUSTED_PROXIES"] == f"{gateway}/32"
    # Docker gives others an address of the upper half, so that none of them becomes the gateway's.
    network = COMPOSE["networks"][f"{service}-web"]["ipam"]["config"][0]
    assert network == {
        "subnet": f"${{SUBNET_PREFIX:-10.139}}.{number}.0/28",
        "ip_range": f"${{SUBNET_PREFIX:-10.139}}.{number}.8/29",
    }


def test_each_choice_is_explained_and_has_the_default_of_the_file() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT)) == set(defaults)
    said = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert said == defaults
    blocks = [block.splitlines() for block in EXAMPLE.strip().split("\n\n")]
    assert all(block[0].startswith("#") for block in blocks)


def test_each_image_is_a_choice_that_make_pin_can_pin() -> None:
    for name, container in CONTAINERS.items():
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[\w./-]+:[\w.-]+\}", container["image"]), name
        assert not container["image"].endswith(":latest}")


@pytest.mark.parametrize("service", SERVICES)
def test_the_roles_of_a_new_server_are_those_that_db_roles_prints(service: str) -> None:
    owner = package_of(service)
    sql = (ROOT / "deploy/postgres/roles.sql").read_text("utf-8")
    for variable, value in {"owner": owner, "http": f"{owner}_http", "worker": f"{owner}_worker"}.items():
        sql = sql.replace(f':"{variable}"', f'"{value}"')
    made = {re.sub(r" PASSWORD :'\w+'", "", each.strip()) for each in sql.partition("\n")[2].split(";") if each.strip()}
    wanted = {
        re.sub(r"^DO .* THEN (CREATE ROLE .*); END IF; END \$\$$", r"\1", each)
        for each in (*statements_of_roles(owner), *statements_of_doors(owner, owner))
    }
    plain = {each.replace('"', "") for each in wanted}
    assert {each.replace('"', "") for each in made} == plain | {f"ALTER DATABASE {owner} OWNER TO {owner}"}


def test_every_alarm_and_every_target_is_there() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text("utf-8"))["groups"][0]["rules"]
    code = "".join(file.read_text("utf-8") for file in (ROOT / "shared/shared").rglob("*.py"))
    known = set(re.findall(r"(?:Counter|Gauge|Histogram)\(\s*\"(\w+)\"", code)) | {"up"}
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for rule in rules:
        names = set(re.findall(r"\b([a-z]+(?:_[a-z]+)+|up)\b(?!\()", re.sub(r"by \([^)]*\)", "", rule["expr"])))
        assert {name for name in names if name not in known and name.removesuffix("_total") not in known} == set()
        assert names, rule["alert"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (page, anchor in anchors) == ("docs/operations.md", True), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
    told = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    targets = {target for job in told for group in job["static_configs"] for target in group["targets"]}
    assert targets == {f"{service}:8000" for service in SERVICES} | {f"{each}-worker:8001" for each in SERVICES}
