"""The service's metadata, and what every row has in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Sequence, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.database import new_metadata
from shared.http.tables import add_http_tables
from shared.messaging.tables import add_messaging_tables
from shared.policy import add_policy_table

metadata = new_metadata()
http_tables = add_http_tables(metadata)
messaging = add_messaging_tables(metadata)
policy = add_policy_table(metadata)

numbers = {
    kind: Sequence(f"{kind}_numbers", metadata=metadata) for kind in ("collection", "hold", "pass_on", "conversion")
}


class Row(DeclarativeBase):
    """A row of this service."""

    metadata = metadata
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }
