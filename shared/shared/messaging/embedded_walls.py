"""Who may do what in the embedded bus's database, whatever a service's code asks for.

Each service has a role that adds to its own topics and reads all others. Nobody but the tables' owner changes what a
topic holds: it makes the tables, and reads for `marketctl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import asyncpg

from shared.vocabulary.errors import SetupProblem
from shared.walls import role_statement

BUS_GROUP = "market_bus"
TABLES = """
CREATE TABLE IF NOT EXISTS bus_partitions (
    topic text, partition int, next_offset bigint NOT NULL DEFAULT 0, PRIMARY KEY (topic, partition),
    identity uuid NOT NULL DEFAULT gen_random_uuid()
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS bus_records (
    topic text, partition int, "offset" bigint,
    key text NOT NULL, value bytea NOT NULL, headers bytea NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (topic, partition, "offset")
);
CREATE TABLE IF NOT EXISTS bus_producers (service text PRIMARY KEY, epoch bigint NOT NULL);
"""
# registry owns `registry.subjects` and `relay.cursor.registry`; its role is bus_registry. A service makes its topics
# anew when it is reconciled: readers see it, because a topic that is made anew has another identity.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION bus_role_of(topic text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
  SELECT 'bus_' || replace(
    CASE WHEN starts_with(topic, 'relay.cursor.') THEN substr(topic, 14) ELSE split_part(topic, '.', 1) END, '-', '_')
$$;
CREATE OR REPLACE FUNCTION bus_make_anew(topics text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF session_user <> current_user AND EXISTS (
    SELECT FROM unnest(topics) t WHERE bus_role_of(t) <> session_user OR t LIKE '%.audit-heads'
  ) THEN
    RAISE insufficient_privilege USING MESSAGE = format('%s makes its own topics of events anew only', session_user);
  END IF;
  DELETE FROM bus_records WHERE topic = ANY(topics);
  DELETE FROM bus_partitions WHERE topic = ANY(topics);
END $$;
"""
_OWN = "bus_role_of({column}) = current_user"
# In the order in which publishers lock them.
_POLICIES = {
    "bus_producers": ("service", ("INSERT", "UPDATE")),
    "bus_partitions": ("topic", ("INSERT", "UPDATE")),
    "bus_records": ("topic", ("INSERT",)),
}
_RIGHTS = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, market_bus",
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO market_bus",
    "GRANT SELECT ON bus_partitions, bus_records, bus_producers TO market_bus",
    "GRANT INSERT (topic, partition), UPDATE (next_offset) ON bus_partitions TO market_bus",
    'GRANT INSERT (topic, partition, "offset", key, value, headers), DELETE ON bus_records TO market_bus',
    "GRANT INSERT, UPDATE (epoch) ON bus_producers TO market_bus",
    "GRANT EXECUTE ON FUNCTION bus_role_of(text), bus_make_anew(text[]) TO market_bus",
)


_DDL_LOCK = 1039_0001
# A log made before its partitions had identities; asked first, because the change would wait for every publisher.
_LACKS_IDENTITIES = """
SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'bus_partitions'::regclass AND attname = 'identity')
"""
_ADD_IDENTITIES = "ALTER TABLE bus_partitions ADD COLUMN identity uuid NOT NULL DEFAULT gen_random_uuid()"


async def lock_tables(connection: Any) -> None:
    """Until the transaction ends. Four services start at once: IF NOT EXISTS alone races in the catalogue."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _DDL_LOCK)


async def make_tables(connection: Any) -> None:
    """As their owner, who holds the lock; the same every time."""
    await connection.execute(TABLES)
    if await connection.fetchval(_LACKS_IDENTITIES):
        await connection.execute(_ADD_IDENTITIES)


async def prepare_bus(url: str) -> None:
    """Make the log's tables and say who may do what, as their owner; SetupProblem where the server lacks the roles."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await lock_tables(connection)
            await make_tables(connection)
            for statement in statements_of_walls():
                await connection.execute(statement)
    except asyncpg.UndefinedObjectError as error:
        raise SetupProblem(
            f"the bus's database server has no role {BUS_GROUP}: let its administrator run what"
            " `marketctl db roles` prints, then try again (docs/operations.md)"
        ) from error
    finally:
        await connection.close()


def bus_role(service: str) -> str:
    """The role that a service logs in to the embedded bus as."""
    return "bus_" + service.replace("-", "_")


def statements_of_walls() -> list[str]:
    """What the tables' owner runs on the bus's database, as often as wished."""
    told = [FUNCTIONS]
    for table, (column, kinds) in _POLICIES.items():
        told += [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", *_policy(table, "read", "SELECT", "USING (true)")]
        own = _OWN.format(column=column)
        for kind in kinds:
            checked = f"WITH CHECK ({own})" if kind == "INSERT" else f"USING ({own}) WITH CHECK ({own})"
            told += _policy(table, f"own_{kind.lower()}", kind, checked)
    # A cursor's older records are worth nothing once there is a newer one; events stay.
    cursor = f"starts_with(topic, 'relay.cursor.') AND {_OWN.format(column='topic')}"
    return [*told, *_policy("bus_records", "own_cursor", "DELETE", f"USING ({cursor})"), *_RIGHTS]


def _policy(table: str, name: str, kind: str, checked: str) -> list[str]:
    return [
        f"DROP POLICY IF EXISTS {name} ON {table}",
        f"CREATE POLICY {name} ON {table} FOR {kind} TO {BUS_GROUP} {checked}",
    ]


def statements_of_bus_roles(services: Iterable[str], database: str) -> list[str]:
    """What a server's administrator runs: the roles, without passwords, and the door of the bus's database."""
    roles = [bus_role(service) for service in services]
    made = ((role_statement(role, "LOGIN"), f'GRANT {BUS_GROUP} TO "{role}"') for role in roles)
    return [
        role_statement(BUS_GROUP, "NOLOGIN"),
        *chain.from_iterable(made),
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        *(f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"' for role in roles),
    ]
