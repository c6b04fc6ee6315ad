"""The service's metadata, and what every row has in common."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from shared.rows import COLUMN_TYPES
from shared.tables import service_tables

metadata, http_tables, messaging, policy = service_tables("return", "certificate")


class Row(DeclarativeBase):
    """A row of this service."""

    metadata = metadata
    type_annotation_map = COLUMN_TYPES
