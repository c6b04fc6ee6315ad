"""Questions to the services' databases."""

from __future__ import annotations

from typing import Any, cast

import psycopg

from marketctl.embedded.layout import Layout

MOST_SHOWN = 20


def ask(layout: Layout, service: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query in a service's database."""
    with psycopg.connect(layout.database_url(service)) as connection:
        return connection.execute(cast(Any, query)).fetchall()


def named(layout: Layout, service: str, query: str, text: str) -> list[str]:
    """One sentence per row of a query that should find nothing; at most MOST_SHOWN."""
    return [text.format(*row) for row in ask(layout, service, query)[:MOST_SHOWN]]
