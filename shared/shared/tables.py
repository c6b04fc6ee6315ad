"""The shared tables that every service's database has beside its own."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import MetaData, Sequence, Table

from shared.database import new_metadata
from shared.http.tables import NOBODYS, HttpTables, add_http_tables
from shared.messaging.tables import MessagingTables, add_messaging_tables
from shared.policy import add_policy_table
from shared.rows import numbers_of
from shared.walls import ALL, CHANGED, KEPT, NATIONAL, OF_PILOT, PILOTS, Wall, Walls

# A principal names its pilot third (`Caller.principal`). Until 0.1.0 a key belonged to an account alone.
_OF_PRINCIPAL = f"CASE WHEN starts_with(principal, '[') THEN (principal::json ->> 2) = ANY ({PILOTS}) ELSE true END"
_WORKERS_OWN = "SELECT, INSERT, UPDATE, DELETE"
MECHANISM: Walls = {
    # Failed sign-ins are every auditor's business.
    "audit": replace(KEPT, rows=f"pilot = '{NOBODYS}' OR {OF_PILOT}"),
    # Who answers requests has no business with the chain that shows what became of their audit.
    "audit_chain": Wall("", "SELECT, INSERT", ALL),
    "administrators": Wall("SELECT, INSERT, UPDATE (released_by, released_at, reason)", "", ALL),
    "idempotency_keys": Wall(
        "SELECT, INSERT, UPDATE (status, headers, body)", "SELECT (principal, key, created_at), DELETE", _OF_PRINCIPAL
    ),
    "rate_buckets": Wall("SELECT, INSERT, UPDATE", "SELECT (filled_at), DELETE", ALL),
    "outbox": KEPT,
    "outbox_positions": Wall("", "SELECT, INSERT", ALL),
    "outbox_placement": Wall("", "SELECT, INSERT, UPDATE", ALL),
    # A person who retries or releases a parked event applies it as a consumer does.
    "consumer_positions": Wall("SELECT, UPDATE (position)", _WORKERS_OWN, ALL),
    "consumer_sequences": replace(CHANGED, rows=ALL),
    "consumer_events": replace(CHANGED, rows=ALL),
    # What names no pilot is every administrator's business; readiness counts those of all pilots.
    "parked_events": replace(CHANGED, rows=f"pilot IS NULL OR {OF_PILOT} OR '*' = ANY ({PILOTS})"),
    "lineage": Wall("SELECT", "SELECT, INSERT, UPDATE (compared_in)", ALL),
    "contradictions": Wall("SELECT", _WORKERS_OWN, ALL),
    "topic_identities": Wall("", "SELECT, INSERT, UPDATE", ALL),
    "reconciliations": Wall("SELECT, UPDATE (previewed_by, confirmed_by)", _WORKERS_OWN, ALL),
    "lost_acts": Wall("SELECT, UPDATE (settled_by, settled_as, settled_at)", "SELECT, INSERT"),
    "policy_parameters": Wall("SELECT, INSERT, UPDATE", "SELECT", NATIONAL),
    "policy_proposals": Wall("SELECT, INSERT, UPDATE", "SELECT", NATIONAL),
}
"""What is decided about the tables of this module; a service's `store/walls.py` adds its own."""


class ServiceTables(NamedTuple):
    """A service's metadata with the tables of the mechanism in it."""

    metadata: MetaData
    http: HttpTables
    messaging: MessagingTables
    policy: Table


def service_tables(*numbered: str) -> ServiceTables:
    """New metadata for a service, with a running number for each kind of aggregate that people call by one (V60)."""
    metadata = new_metadata()
    for kind in numbered:
        Sequence(numbers_of(kind), metadata=metadata)
    return ServiceTables(
        metadata, add_http_tables(metadata), add_messaging_tables(metadata), add_policy_table(metadata)
    )
