"""What a statement reads, told by the server that has just run it on large tables."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psycopg
from recorded import Sample, Statement

from shared.workshop.testing.plans import nodes_of, read_of

_READ = """
SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
"""
_PAGE = re.compile(r"DESC\s+LIMIT \$(\d+)::INTEGER\s*$")
_ROWS_OF_PAGE = 51
FEW = 10_000
"""So many rows of a large table may be read, whatever a statement is about: a fifth of it, and what one range of a BRIN
index holds. A filter that few rows pass isn't a scan of the table."""
TIMES = 20
"""So many rows may be read for each one that the statement answers or writes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one sending read: rows of each table that were too many, and why."""

    too_many: dict[str, str]
    failure: str = ""


class Replay:
    """Sends statements again as the process that sent them, and takes back what they did."""

    def __init__(self, dsn: str, large: Collection[str]) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
        self._connection.execute("SET statement_timeout = '60s'")
        self._large = large

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def read(self, statement: Statement, sample: Sample) -> Reading:
        """What the statement reads of the large tables with these values."""
        run = self._connection.execute
        run("BEGIN")
        try:
            run(f"SELECT set_config('market.pilot', {sample.pilot}, true)".encode())
            run(f"SET LOCAL plan_cache_mode = {_plans_of(statement)}".encode())
            run("SAVEPOINT before")
            # What a session read since the server last collected it counts too.
            before = self._counted()
            plan, failure = self._explained(statement, sample)
            if failure:
                run("ROLLBACK TO before")
                # A row that is there already: what was read before the server saw it counts.
                failure = "" if failure.startswith("duplicate key") else failure
            counted = [(name, rows - before.get(name, 0)) for name, rows in self._counted().items()]
        finally:
            run("ROLLBACK")
            run("DEALLOCATE ALL")
        return Reading(self._judged(plan, counted), failure)

    def _explained(self, statement: Statement, sample: Sample) -> tuple[Any, str]:
        values = f"({', '.join(_with_page(statement, sample))})" if sample.values else ""
        try:
            self._connection.execute(f"PREPARE sent AS {statement.text}".encode())
            told = self._connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE sent{values}".encode())
            (plan,) = told.fetchone() or ([],)
        except psycopg.Error as error:
            return [], str(error).splitlines()[0]
        return (json.loads(plan) if isinstance(plan, str) else plan), ""

    def _counted(self) -> dict[str, int]:
        return dict(self._connection.execute(_READ).fetchall())

    def _judged(self, plans: Any, counted: list[Any]) -> dict[str, str]:
        """The large tables of which more is read than the statement is about, with how much and how."""
        about = sum(_about(each["Plan"]) for each in plans)
        bound = max(FEW, TIMES * about)
        # A function that a statement calls has no node in its plan: what the session has read is counted too.
        read = Counter({name: rows for name, rows in counted if name in self._large})
        how: dict[str, str] = {}
        for each in plans:
            for name, rows in read_of(each["Plan"]).items():
                read[name] = max(read[name], rows) if name in self._large else 0
            how |= {node["Relation Name"]: node["Node Type"] for node in nodes_of(each["Plan"]) if _is_scan(node)}
        return {
            name: f"{rows} rows read for {about} ({how.get(name, 'in a function')})"
            for name, rows in read.items()
            if rows > bound
        }


def _is_scan(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"


def _about(plan: dict[str, Any]) -> int:
    """How many rows a statement answers or writes."""
    if plan["Node Type"] == "ModifyTable":
        return int(max(plan["Actual Rows"], sum(each["Actual Rows"] * each["Actual Loops"] for each in plan["Plans"])))
    return int(plan["Actual Rows"])


def _with_page(statement: Statement, sample: Sample) -> list[str]:
    """The values, with a page of the usual length: of a row or two the planner hopes to meet them soon."""
    values = list(sample.values)
    if page := _PAGE.search(statement.text):
        place = int(page[1]) - 1
        values[place] = f"'{max(int(values[place].strip(chr(39))), _ROWS_OF_PAGE)}'"
    return values


def _plans_of(statement: Statement) -> str:
    """Statements kept prepared have one plan for all values; their connections have longer names."""
    return "force_generic_plan" if " " in statement.application else "force_custom_plan"
