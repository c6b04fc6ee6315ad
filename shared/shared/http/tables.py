"""Tables that HTTP's mechanism adds to every service: idempotency keys, the audit trail, administrators."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from shared.database import append_only

NOBODYS = "-"
"""The pilot of an audit line that belongs to none: no token names one like it, and every pilot's auditor sees it."""


@dataclass(frozen=True, slots=True)
class HttpTables:
    idempotency: Table
    audit: Table
    audit_chain: Table
    administrators: Table


def add_http_tables(metadata: MetaData) -> HttpTables:
    """Add them to a service's metadata; the audit trail is append-only by trigger (V64)."""
    append_only(metadata, "audit", "audit_chain")
    idempotency = Table(
        "idempotency_keys",
        metadata,
        Column("principal", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", SmallInteger),
        Column("headers", Text),
        Column("body", LargeBinary),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )
    # Rows come in the order of their times, so that an index of ranges finds the old ones and costs a write nothing.
    Index("ix_idempotency_keys_created_at", idempotency.c.created_at, postgresql_using="brin")
    audit = Table(
        "audit",
        metadata,
        Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("business_at", DateTime(timezone=True), nullable=False),
        Column("pilot", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("subject_id", Text),
        Column("operation", Text, nullable=False),
        Column("target", Text),
        Column("outcome", Text, nullable=False),
        Column("status", Integer, nullable=False),
        Column("rule", Text),
        Column("code", Text),
        Column("traceparent", Text),
        Column("idempotency_key", Text),
        Column("address", Text),
        Column("attempts", Integer),
        # The lines of a quiet pilot lie far apart.
        Index("ix_audit_pilot", "pilot", "id"),
    )
    audit_chain = Table(
        "audit_chain",
        metadata,
        Column("position", BigInteger, primary_key=True),
        Column("audit_id", BigInteger, nullable=False, unique=True),
        Column("hash", LargeBinary, nullable=False),
    )
    Table(
        "rate_buckets",
        metadata,
        Column("who", Text, primary_key=True),
        Column("tokens", Numeric(12, 3), nullable=False),
        Column("filled_at", DateTime(timezone=True), nullable=False),
    )
    administrators = Table(
        "administrators",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("issuer", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("pilot", Text, nullable=False),
        Column("held_since", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("released_by", Text),
        Column("released_at", DateTime(timezone=True)),
        Column("reason", Text),
        # One role at a time, whichever process sees the account first.
        Index("uq_administrators_held", "issuer", "actor", unique=True, postgresql_where=text("released_at IS NULL")),
    )
    return HttpTables(idempotency, audit, audit_chain, administrators)
