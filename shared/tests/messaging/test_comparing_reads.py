"""What is compared with the bus at a start costs the same however much was said before."""

from __future__ import annotations

import psycopg

from shared.messaging.comparing import CARRIED
from shared.workshop.testing.plans import rows_read
from shared.workshop.testing.servers import Postgres
from shared.workshop.testing.services import MakeServiceDatabase

_MANY = 5000
_SAID = """
INSERT INTO outbox (id, event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload)
OVERRIDING SYSTEM VALUE SELECT number, gen_random_uuid(), 't', 'registry.subjects', number, 1, now(), 'a', 'LS', ''
FROM generate_series(1, %s) AS number
"""
_PLACED = "INSERT INTO outbox_positions (position, outbox_id) SELECT id, id FROM outbox"


def test_whether_a_topic_was_carried_is_known_by_one_event(
    make_service_database: MakeServiceDatabase, postgres: Postgres
) -> None:
    name = make_service_database("registry").rpartition("/")[2]
    asked = CARRIED.replace("$1", str(_MANY)).replace("$2", "ARRAY['registry.subjects', 'registry.places']")
    with psycopg.connect(postgres.admin_dsn(name), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_SAID, (_MANY,))
        connection.execute(_PLACED)
        connection.execute("VACUUM ANALYZE")
        assert connection.execute(asked.encode()).fetchall() == [("registry.subjects",)]
        assert sum(rows_read(connection, asked).values()) < 10
