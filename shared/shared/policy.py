"""Parameters of rules: dated data with citations, read as of the legal date of the act (invariants.md §3)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Date, MetaData, Row, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

EVERY_PILOT = "*"


def add_policy_table(metadata: MetaData) -> Table:
    """Add the table of a service's rule parameters."""
    return Table(
        "policy_parameters",
        metadata,
        Column("name", Text, primary_key=True),
        Column("pilot", Text, primary_key=True, server_default=EVERY_PILOT),
        Column("effective_from", Date, primary_key=True),
        Column("value", JSONB, nullable=False),
        Column("citation", Text, nullable=False),
        Column("remark", Text, nullable=False, server_default=""),
    )


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's value on a date; `version` is what a decision stores."""

    name: str
    value: Any
    version: str
    citation: str
    remark: str


class Policy:
    """All parameters of a service, newest first within a name; a pilot's own row goes before the common one."""

    def __init__(self, rows: Sequence[Row[Any]], pilot: str) -> None:
        self._rows = sorted(
            (row for row in rows if row.pilot in (EVERY_PILOT, pilot)),
            key=lambda row: (row.pilot == pilot, row.effective_from),
            reverse=True,
        )

    def on(self, name: str, day: date) -> Parameter:
        """The parameter in force on a legal date; KeyError where none is, which is a fault of the set-up."""
        for row in self._rows:
            if row.name == name and row.effective_from <= day:
                version = f"{name}@{row.effective_from.isoformat()}"
                return Parameter(name, row.value, version, row.citation, row.remark)
        raise KeyError(f"no policy parameter {name} in force on {day}")


async def policy_of(session: AsyncSession | AsyncConnection, table: Table, pilot: str) -> Policy:
    """The service's policy as its database holds it now."""
    rows = (await session.execute(select(table).where(table.c.pilot.in_([EVERY_PILOT, pilot])))).all()
    return Policy(rows, pilot)


def words_of(value: Any) -> set[str]:
    """The words that a value uses beside its numbers."""
    if isinstance(value, dict):
        return {word for each in value.values() for word in words_of(each)}
    return {value} if isinstance(value, str) and not _DECIMAL.fullmatch(value) else set()


def has_kind_of(value: Any, shipped_value: Any, words: Set[str] = frozenset()) -> bool:
    """Whether a parameter's new value can be read where the shipped one is: same fields, numbers where numbers are.

    `words` are those of all shipped values of the parameter: where there are several, code chooses by them.
    """
    if isinstance(shipped_value, dict):
        if not isinstance(value, dict):
            return False
        if all(isinstance(each, list) for each in shipped_value.values()):
            return all(isinstance(each, (list, str)) for each in value.values())
        return value.keys() == shipped_value.keys() and all(
            has_kind_of(value[name], each, words) for name, each in shipped_value.items()
        )
    if isinstance(shipped_value, list):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(shipped_value, str):
        if _DECIMAL.fullmatch(shipped_value):
            return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None
        return isinstance(value, str) and (len(words) < 2 or value in words)
    return type(value) is type(shipped_value) and (value is False or value >= min(1, shipped_value))


_DECIMAL = re.compile(r"[0-9]{1,16}(\.[0-9]{1,8})?", re.ASCII)


def shipped(file: Path) -> list[dict[str, Any]]:
    """The rows a service ships in its `policy.toml`: [[parameter]] name, effective_from, value, citation, remark."""
    return [{"pilot": EVERY_PILOT, "remark": "", **row} for row in tomllib.loads(file.read_text("utf-8"))["parameter"]]
