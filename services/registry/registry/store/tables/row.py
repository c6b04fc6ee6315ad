"""The base of every row of this service, and the tables that all services have."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import DeclarativeBase

from shared.rows import COLUMN_TYPES
from shared.tables import service_tables

metadata, http_tables, messaging, policy = service_tables("subject", "filing", "agreement")
IDENTITY_VIEWED = text("operation LIKE 'view_identity: %'")
Index("ix_audit_identity_views", http_tables.audit.c.target, postgresql_where=IDENTITY_VIEWED)


class Row(DeclarativeBase):
    """A row of this service."""

    metadata = metadata
    type_annotation_map = COLUMN_TYPES
