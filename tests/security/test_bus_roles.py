"""What a service may send to the embedded bus's database: it adds to its own topics, and changes nobody's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from marketctl.layout import SERVICES
from shared.messaging.audit_heads import heads_topic
from shared.messaging.bus import BusStopped, Outgoing, cursor_topic
from shared.messaging.comparing import topics_of
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.embedded_walls import bus_role, prepare_bus, statements_of_bus_roles
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE, MakeDatabase, Postgres, locked

APPEND = """
INSERT INTO bus_records (topic, partition, "offset", key, value, headers) VALUES ('{}', 1, 9, 'k', '', '')
"""
MOVE = "UPDATE bus_partitions SET next_offset = next_offset + 1 WHERE topic = '{}'"
CUT = "DELETE FROM bus_records WHERE topic = '{}'"
ANEW = "SELECT bus_make_anew(ARRAY['{}'])"
FORBIDDEN = (
    "UPDATE bus_records SET value = ''",
    'UPDATE bus_records SET "offset" = "offset" + 100',
    "UPDATE bus_partitions SET identity = gen_random_uuid()",
    "UPDATE bus_partitions SET topic = 'registry.subjects'",
    "UPDATE bus_producers SET service = 'registry'",
    "DELETE FROM bus_partitions",
    "DELETE FROM bus_producers",
    "TRUNCATE bus_records",
    "TRUNCATE bus_partitions, bus_producers",
    "INSERT INTO bus_partitions (topic, partition, next_offset) VALUES ('registry.more', 0, 5)",
    "INSERT INTO bus_records VALUES ('registry.subjects', 1, 9, 'k', '', '', now() - interval '1 day')",
    "CREATE TABLE more (id int)",
    "CREATE TEMPORARY TABLE more (id int)",
    "CREATE SCHEMA more",
    "ALTER TABLE bus_records DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE bus_records OWNER TO CURRENT_USER",
    "DROP POLICY own_insert ON bus_records",
    "CREATE POLICY more ON bus_records USING (true)",
    "CREATE OR REPLACE FUNCTION bus_role_of(topic text) RETURNS text LANGUAGE sql AS 'SELECT current_user::text'",
    "DROP TABLE bus_records",
    "SET ROLE postgres",
    "SET ROLE app",
    "SET ROLE bus_other",
    "SET SESSION AUTHORIZATION app",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "COPY bus_records TO PROGRAM 'cat'",
)


@pytest.fixture(scope="module")
def log_dsn(postgres: Postgres, run_folder: Path) -> Iterator[str]:
    """A log with its roles, whose passwords are all the same; its owner's connection string."""
    # The processes of a run share the server: each has a log of its own, and the roles are made by one at a time.
    name = f"bus_of_roles_{os.getpid()}"
    postgres.server.create_database(name, owner=APP_ROLE)
    with locked(run_folder, "bus-roles"):
        passwords = {bus_role(service): APP_PASSWORD for service in SERVICES}
        postgres.server.let_in(statements_of_bus_roles(SERVICES, name), passwords)
    yield postgres.dsn(name)
    postgres.server.drop_database(name)


@pytest.fixture
async def log(log_dsn: str) -> str:
    """Each service has made its topics, and said one thing on its first."""
    await prepare_bus(log_dsn)
    for service in SERVICES:
        bus = EmbeddedBus(as_service(log_dsn, service))
        publisher = bus.publisher(service)
        own = [*topics_of(service), heads_topic(service)]
        await bus.ensure_topics([*own, "another.topic"], cursor_of=service)
        assert set(await bus.identities([*own, "another.topic"])) == set(own)
        await publisher.fence()
        for _ in range(2):
            await publisher.publish([Outgoing(own[0], 0, "k", b"v", [])], 1)
        await bus.close()
    return log_dsn


def as_service(dsn: str, service: str) -> str:
    """The connection string of a service's role; all roles have the same password here."""
    return dsn.replace(f"//{APP_ROLE}:", f"//{bus_role(service)}:", 1)


@contextmanager
def undone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        yield


def changed(connection: psycopg.Connection[Any], statement: str) -> int | None:
    """How many rows a statement touches; None where PostgreSQL refuses it."""
    try:
        with undone(connection):
            return connection.execute(sql.SQL(statement)).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return None


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_adds_to_its_own_topics_and_reads_all(log: str, service: str) -> None:
    topics = {each: [*topics_of(each), heads_topic(each), cursor_topic(each)] for each in SERVICES}
    with psycopg.connect(as_service(log, service)) as connection:
        for owner, each in ((name, topic) for name, listed in topics.items() for topic in listed):
            own = owner == service
            assert changed(connection, f"SELECT 1 FROM bus_records WHERE topic = '{each}'") is not None
            assert changed(connection, APPEND.format(each)) == (1 if own else None), each
            assert bool(changed(connection, MOVE.format(each))) is own, each
            # Events stay; of its cursor a service takes the older records away.
            assert bool(changed(connection, CUT.format(each))) is (own and each.startswith("relay.cursor.")), each
            anew = changed(connection, ANEW.format(each))
            assert (anew is not None) is (own and each != heads_topic(owner)), each


@pytest.mark.parametrize("service", SERVICES)
async def test_what_no_service_may_send_is_refused(log: str, service: str) -> None:
    with psycopg.connect(as_service(log, service)) as connection:
        for statement in FORBIDDEN:
            statement = statement.replace("bus_other", bus_role(next(each for each in SERVICES if each != service)))
            assert changed(connection, statement) is None, statement
        other = next(each for each in SERVICES if each != service)
        assert changed(connection, f"UPDATE bus_producers SET epoch = epoch + 1 WHERE service = '{other}'") == 0
        assert changed(connection, f"UPDATE bus_producers SET epoch = epoch + 1 WHERE service = '{service}'") == 1
        said = "INSERT INTO bus_producers VALUES ('{}', 1) ON CONFLICT (service) DO UPDATE SET epoch = 9"
        assert changed(connection, said.format(other)) is None
        assert changed(connection, said.format(service)) == 1


async def test_a_service_reads_others_and_makes_its_own_topics_anew(log: str) -> None:
    bus = EmbeddedBus(as_service(log, "registry"))
    publisher = bus.publisher("registry")
    await publisher.fence()
    (theirs, *_) = topics_of("trade-ledger")
    with pytest.raises(BusStopped, match="has no partition 0 that this service may write"):
        await publisher.publish([Outgoing(heads_topic("trade-ledger"), 0, "k", b"v", [])], 1)

    async def from_zero() -> dict[Any, int]:
        return {}

    reader = bus.reader("registry", [theirs], from_zero)
    await reader.start()
    assert await reader.fetch(most=10, wait_seconds=1)
    await reader.close()
    (own, *_) = topics_of("registry")
    before = await bus.identities([own, theirs])
    await bus.make_anew([own])
    after = await bus.identities([own, theirs])
    assert (after[own] != before[own], after[theirs]) == (True, before[theirs])
    assert await bus.is_empty([own])
    await bus.close()


async def test_a_log_without_roles_or_tables_says_what_to_do(make_database: MakeDatabase, log: str) -> None:
    empty = make_database()
    with psycopg.connect(empty, autocommit=True) as owner:
        owner.execute(sql.SQL(f"GRANT CONNECT ON DATABASE {owner.info.dbname} TO bus_registry"))
    bus = EmbeddedBus(as_service(empty, "registry"))
    with pytest.raises(BusStopped, match="holds no log: run `marketctl db upgrade` as its owner"):
        await bus.identities(["registry.subjects"])
    await bus.close()
    assert issubclass(BusStopped, SetupProblem)
