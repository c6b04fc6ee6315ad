"""What a statement reads of its tables, by the plan that PostgreSQL makes for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg

_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


def unbounded(connection: psycopg.Connection[Any], statement: str) -> list[str]:
    """The tables of which nothing bounds what is read; the planner scans one only where it can't help it."""
    connection.execute("SET LOCAL enable_seqscan = off")
    plan = explained(connection, "GENERIC_PLAN", statement)
    scans = [each for each in nodes_of(plan) if "Scan" in each["Node Type"] and "Relation Name" in each]
    return [each["Relation Name"] for each in scans if not {"Index Cond", "Recheck Cond"} & each.keys()]


def rows_read(connection: psycopg.Connection[Any], statement: str) -> dict[str, int]:
    """How many rows of each table the statement reads, those that a filter takes away too; it is carried out."""
    return read_of(explained(connection, "ANALYZE", statement))


def explained(connection: psycopg.Connection[Any], how: str, statement: str) -> dict[str, Any]:
    """The plan of a statement."""
    told = connection.execute(f"EXPLAIN ({how}, FORMAT JSON) {statement}".encode()).fetchone()
    assert told is not None
    plan: dict[str, Any] = (told[0] if isinstance(told[0], list) else json.loads(told[0]))[0]["Plan"]
    return plan


def read_of(plan: dict[str, Any]) -> dict[str, int]:
    """How many rows of each table a plan that was carried out has read."""
    read: Counter[str] = Counter()
    for each in nodes_of(plan):
        if "Scan" in each["Node Type"] and "Relation Name" in each:
            away = sum(each.get(name, 0) for name in _REMOVED)
            read[each["Relation Name"]] += round((each["Actual Rows"] + away) * each["Actual Loops"])
    return dict(read)


def in_words(query: Select[Any]) -> str:
    """A query as SQL, with a parameter for each of its values."""
    return str(query.compile(dialect=asyncpg.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy's own


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)
