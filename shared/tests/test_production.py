"""Production refuses secrets that others may know, and identity providers that anybody may be (docs/operations.md)."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import quote

import pytest

from shared.production import (
    faults_of_address,
    faults_of_database,
    faults_of_kafka,
    faults_of_secret,
    names_development,
)
from shared.workshop.tokens import ISSUER

STRONG = "q7Wd+Zt1XkPz0vRbYh3n/8sJmUeG5aLcTfQo2iBxKw="
SOUND = {
    "DATABASE_URL": "postgresql://registry_app:Zt1XkPz0vRbYh3n8@db.example.org/registry",
    "SEALING_KEY": STRONG,
    "ACTOR_KEY": STRONG[::-1],
    "ISSUER": "https://login.example.org/realms/market",
    "JWKS_URL": "https://login.example.org/realms/market/keys",
    "AUDIENCE": "market",
    "EVENT_KEYS": __file__,
}


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (STRONG, ""),
        (STRONG[:32], ""),
        (STRONG[:31], "has 31 characters and needs 32"),
        ("abcdeghij" * 4, "has 9 different characters and needs 10"),
        ("abcdeghijk" * 4, ""),
        ("", "is empty"),
        (" " * 40, "is empty"),
        ("k" * 43, "different characters"),
        ("Change-Me " + STRONG, "anybody tries first"),
        ("0123456789abcdef0123456789abcdef", "anybody tries first"),
        ("a sealing key of the development run", "anybody tries first"),
    ],
)
def test_a_secret_is_long_varied_and_no_word_that_is_tried_first(secret: str, said: str) -> None:
    found = list(faults_of_secret("SEALING_KEY", secret))
    assert [said in each for each in found] == ([True] if said else [])
    assert not any(secret.strip() and secret in each for each in found)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (SOUND["DATABASE_URL"], ""),
        ("postgresql:///registry?host=/run/postgresql", ""),
        ("postgresql://app@db/registry?sslcert=a", ""),
        ("postgresql://app:Zt1XkPz0vRbYh3n%40@db/registry", ""),
        ("postgresql://app:Zt1XkPz0vRbYh3n@db/registry", "has 15 characters and needs 16"),
        ("postgresql://app:@db/registry", "is empty"),
        ("postgresql://app:app@db/registry", "is the name of its user"),
        ("postgresql://app:Registry@db/registry", "is the name of its user or its database"),
        ("postgresql://postgres:postgrespostgres@db/registry", "anybody tries first"),
        ("postgresql://app:%63hangeme-changeme@db/registry", "anybody tries first"),
        ("postgresql://[app", "is no address"),
    ],
)
def test_a_databases_password_is_no_default(url: str, said: str) -> None:
    assert [said in each for each in faults_of_database("DATABASE_URL", url)] == ([True] if said else [])


@pytest.mark.parametrize(
    "spelling",
    [
        ISSUER,
        ISSUER.upper(),
        "https://development-only.example.org",
        "https://login.development-only",
        "https://login.example.org/Development_Only",
        "https://development%2Donly.example.org",
        "https://login.example.org/%64evelopment%252Donly",
        "https://ｄｅｖｅｌｏｐｍｅｎｔ－ｏｎｌｙ.example.org",
        "https://development\u2010only.example.org.",
        "https://development\u200b-only.example.org",
        "https://login.example.org/development.only/",
    ],
)
def test_the_development_issuer_is_known_in_any_spelling(spelling: str) -> None:
    assert names_development(spelling)
    assert list(faults_of_address("ISSUER", spelling)) == ["ISSUER is the development issuer: production refuses it"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (SOUND["ISSUER"], ""),
        ("HTTPS://login.example.org:8443", ""),
        ("https://10.1.2.3/keys", ""),
        ("", "is no https address"),
        ("https://", "is no https address"),
        ("http://login.example.org", "is no https address"),
        ("urn:market", "is no https address"),
        ("https://l\u043egin.example.org", "is no https address"),
        ("https://login.example.org\n", "is no https address"),
        ("https://login%2eexample.org", "is no https address"),
        ("https://[login", "is no https address"),
        ("https://localhost", "of this machine"),
        ("https://LOCALHOST.", "of this machine"),
        ("https://issuer.localhost:8005", "of this machine"),
        ("https://127.1.2.3", "of this machine"),
        ("https://[::1]:8005", "of this machine"),
        ("https://0.0.0.0", "of this machine"),
    ],
)
def test_an_identity_provider_is_reached_by_tls_on_another_machine(address: str, said: str) -> None:
    assert [said in each for each in faults_of_address("ISSUER", address)] == ([True] if said else [])


@pytest.mark.parametrize("security", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_kafka_is_reached_by_a_known_user_over_tls(security: str) -> None:
    said = [f"K is {security}: production reaches Kafka by SASL_SSL, as a user of its own"]
    assert list(faults_of_kafka("K", security)) == (said if security != "SASL_SSL" else [])


def refused(process: str, told: dict[str, str]) -> tuple[int, list[str]]:
    """How a process ends that is started with these settings alone, and its sentences."""
    ended = subprocess.run(
        [sys.executable, "-m", "registry", process],
        env={"PATH": os.environ["PATH"], **told},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr.splitlines()


@pytest.mark.parametrize("process", ["http", "worker"])
def test_a_process_tells_all_that_production_refuses_and_never_the_secrets(process: str) -> None:
    weak = {
        "DATABASE_URL": "postgresql://app:hunter2@db/registry",
        "BUS_DATABASE_URL": "postgresql://bus:bus@db/bus",
        "SEALING_KEY": "hunter2",
        "ACTOR_KEY": "",
        "ISSUER": ISSUER,
        "JWKS_URL": "http://login.example.org",
        "EVENT_KEYS": __file__,
    }
    status, said = refused(process, weak)
    assert status == 2
    assert {line.partition(" is ")[0].partition(" has ")[0] for line in said} == {
        "SEALING_KEY",
        "ACTOR_KEY",
        "the password of DATABASE_URL",
        "the password of BUS_DATABASE_URL",
        "ISSUER",
        "JWKS_URL",
        "AUDIENCE",
    }
    assert "hunter2" not in "".join(said)
    for name in ("SEALING_KEY", "ACTOR_KEY", "ISSUER", "JWKS_URL", "AUDIENCE"):
        status, said = refused(process, {**SOUND, name: ""})
        assert (status, len(said), said[0].startswith(name)) == (2, 1, True), said
    for security in ({}, {"KAFKA_SECURITY_PROTOCOL": "SSL"}):
        status, said = refused(process, {**SOUND, "BUS": "kafka", "KAFKA_BOOTSTRAP": "kafka-1:9093", **security})
        assert (status, len(said)) == (2, 1), said
        assert said[0].endswith(": production reaches Kafka by SASL_SSL, as a user of its own")
    database = SOUND["DATABASE_URL"].replace(quote("Zt1XkPz0vRbYh3n8"), "app")
    assert refused(process, {**SOUND, "DATABASE_URL": database})[0] == 2
