"""How the settings of a deployment are read, valid and invalid. Nothing runs."""

from __future__ import annotations

import pytest

from marketctl.deployment import deployed, is_described
from marketctl.installation import Installation, plain_url
from marketctl.layout import SERVICES, package_of
from shared.vocabulary.errors import SetupProblem

_AT = "user:p%40ss-7Hq2vXw9ZtLk@db.example.org:5432/name"


def told(**changed: str) -> dict[str, str]:
    """The required settings with some changed. A setting that is changed to an empty text is left out."""
    names = {package_of(service).upper() for service in SERVICES}
    urls = {f"MARKET_{name}_URL": "https://one.example.org" for name in names}
    databases = {f"MARKET_{name}_DATABASE_URL": f"postgresql://{_AT}" for name in names}
    bus = {"MARKET_BUS": "kafka", "MARKET_KAFKA_BOOTSTRAP": "kafka-1:9092"}
    bus |= {"MARKET_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    return {**urls, **databases, **bus, **{f"MARKET_{name}": value for name, value in changed.items()}}


def test_a_deployment_is_what_its_settings_say() -> None:
    market = deployed(told(KAFKA_PREFIX="one.", REGISTRY_WORKER_URL="http://worker:8011", TOKEN="abc"))
    assert market.url("registry") == "https://one.example.org"
    assert set(market.addresses) == {*SERVICES, "registry-worker"}
    assert (market.bus.kind, market.bus.kafka_bootstrap, market.bus.kafka_prefix) == ("kafka", "kafka-1:9092", "one.")
    assert market.token("auditor", {}) == "abc"
    assert "p%40ss" not in repr(market)
    assert "abc" not in repr(market)


@pytest.mark.parametrize("form", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_a_database_is_named_in_any_form_of_a_postgresql_url(form: str) -> None:
    market = deployed(told(REGISTRY_DATABASE_URL=f"{form}://{_AT}"))
    assert market.database_url("registry") == f"postgresql://{_AT}"
    assert plain_url(f"{form}:///name?host=/run").render_as_string().startswith("postgresql:///name?host=")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REGISTRY_URL", "ftp://one.example.org", "is wrong: not an address"),
        ("REGISTRY_URL", "https://", "is wrong: not an address"),
        ("REGISTRY_URL", "https://one example", "is wrong: not an address"),
        ("REGISTRY_URL", "", "is not set"),
        ("REGISTRY_DATABASE_URL", "mysql://a:b@c/d", "is wrong: not a PostgreSQL URL"),
        ("REGISTRY_DATABASE_URL", "host=db password=x", "is wrong: not a PostgreSQL URL"),
        ("BUS", "rabbit", "is wrong"),
        ("BUS", "", "is not set"),
        ("KAFKA_BOOTSTRAP", "kafka-1", "is wrong: not a list of brokers"),
        ("KAFKA_BOOTSTRAP", "kafka-1:9092,", "is wrong: not a list of brokers"),
        ("KAFKA_BOOTSTRAP", "kafka-1:x", "is wrong: not a list of brokers"),
        ("KAFKA_BOOTSTRAP", "", "is not set"),
        ("REGISTRY_URL_FILE", "/run/secrets/url", "is no setting"),
        ("TOKN", "x", "is no setting"),
        ("ENVIRONMENT", "staging", "is wrong"),
    ],
)
def test_what_is_wrong_is_named_with_its_reason(name: str, value: str, said: str) -> None:
    with pytest.raises(SetupProblem) as refused:
        deployed(told(**{name: value}))
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"MARKET_{name} {said}")


def test_a_list_of_brokers_and_the_embedded_bus_are_both_accepted() -> None:
    assert deployed(told(KAFKA_BOOTSTRAP="kafka-1:9092, kafka-2:9092")).bus.kafka_bootstrap
    market = deployed(told(BUS="embedded", BUS_DATABASE_URL=f"postgresql+asyncpg://{_AT}", KAFKA_BOOTSTRAP=""))
    assert (market.bus.kind, market.bus.database_url) == ("embedded", f"postgresql://{_AT}")


def test_an_environment_without_a_setting_describes_nothing() -> None:
    assert not is_described({"PATH": "/bin", "MARKET_TOKEN": ""})
    assert is_described({"MARKET_TOKEN": "x"})


def test_a_token_names_its_person_and_is_required_only_by_commands_that_use_it() -> None:
    market: Installation = deployed(told())
    with pytest.raises(SetupProblem, match=r"MARKET_TOKEN is not set: a bearer token .* of role auditor"):
        market.token("auditor", {})
    with pytest.raises(SetupProblem, match="MARKET_TOKEN says who you are"):
        market.token("system", {"actor": "anna"})


def test_a_password_that_anybody_tries_first_is_refused_but_in_a_sandbox() -> None:
    weak = {"REGISTRY_DATABASE_URL": "postgresql://app:app@c/d", "BUS_DATABASE_URL": "postgresql://app:@c/d"}
    with pytest.raises(SetupProblem) as refused:
        deployed(told(**weak))
    assert [line.partition(": ")[0] for line in str(refused.value).splitlines()] == [
        "the password of MARKET_BUS_DATABASE_URL is empty",
        "the password of MARKET_REGISTRY_DATABASE_URL is the name of its user or its database",
    ]
    assert deployed(told(ENVIRONMENT="sandbox", **weak))


@pytest.mark.parametrize("security", ["", "PLAINTEXT", "SASL_PLAINTEXT", "SSL"])
def test_a_kafka_that_knows_nobody_or_is_read_along_is_refused_but_in_a_sandbox(security: str) -> None:
    with pytest.raises(SetupProblem) as refused:
        deployed(told(KAFKA_SECURITY_PROTOCOL=security))
    said = (
        f"MARKET_KAFKA_SECURITY_PROTOCOL is {security or 'PLAINTEXT'}: production reaches Kafka by SASL_SSL, as a user"
    )
    assert str(refused.value).startswith(said)
    assert deployed(told(ENVIRONMENT="sandbox", KAFKA_SECURITY_PROTOCOL=security))
    embedded = {"BUS": "embedded", "BUS_DATABASE_URL": f"postgresql://{_AT}"}
    assert deployed(told(**embedded, KAFKA_SECURITY_PROTOCOL=security))
