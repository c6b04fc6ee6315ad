"""Questions to the services' databases."""

from __future__ import annotations

from typing import Any, cast

from marketctl.installation import Installation

MOST_SHOWN = 20


def ask(market: Installation, service: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query in a service's database."""
    with market.connect(service) as connection:
        return connection.execute(cast(Any, query)).fetchall()


def named(market: Installation, service: str, query: str, text: str) -> list[str]:
    """One sentence per row of a query that should find nothing; at most MOST_SHOWN."""
    return [text.format(*row) for row in ask(market, service, query)[:MOST_SHOWN]]
