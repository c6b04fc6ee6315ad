"""The shared tables that every service's database has beside its own."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import MetaData, Sequence, Table

from shared.database import new_metadata
from shared.http.tables import HttpTables, add_http_tables
from shared.messaging.tables import MessagingTables, add_messaging_tables
from shared.policy import add_policy_table
from shared.rows import numbers_of


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
