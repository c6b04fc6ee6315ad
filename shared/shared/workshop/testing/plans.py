"""What a statement reads of its tables at the least, by the plan that PostgreSQL makes for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg


def unbounded(connection: psycopg.Connection[Any], statement: str) -> list[str]:
    """The tables of which nothing bounds what is read; the planner scans one only where it can't help it."""
    connection.execute("SET LOCAL enable_seqscan = off")
    told = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement}".encode()).fetchone()
    assert told is not None
    plan = told[0] if isinstance(told[0], list) else json.loads(told[0])
    scans = [each for each in _nodes(plan[0]["Plan"]) if "Scan" in each["Node Type"] and "Relation Name" in each]
    return [each["Relation Name"] for each in scans if not {"Index Cond", "Recheck Cond"} & each.keys()]


def in_words(query: Select[Any]) -> str:
    """A query as SQL, with a parameter for each of its values."""
    return str(query.compile(dialect=asyncpg.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy's own


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
