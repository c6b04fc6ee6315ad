"""Public reference data, committed with its origin (ORIGIN.md)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

_HERE = Path(__file__).parent
CodeList = Literal["country", "currency", "unit"]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@lru_cache
def hs_codes() -> dict[str, str]:
    """Description by six-digit code of the nomenclature."""
    return {row["code"]: row["description"] for row in _rows("hs2022.csv")}


@lru_cache
def _statutory() -> dict[str, tuple[str, str | None]]:
    return {
        row["hs_prefix"]: (row["first_unit"], row["second_unit"] or None) for row in _rows("statutory_units_sample.csv")
    }


@lru_cache(maxsize=20_000)
def statutory_units(hs_code: str) -> tuple[str, str | None] | None:
    """First and second statutory unit of a code (*sample*), or None where the sample has none."""
    table = _statutory()
    return next((table[hs_code[:n]] for n in range(len(hs_code), 1, -1) if hs_code[:n] in table), None)


@lru_cache(maxsize=4096)
def customs_code(kind: CodeList, code: str, day: date) -> str | None:
    """Customs' code for an ISO code or a unit's name on a day (*sample*, V56), or None where it is in no list."""
    rows = _customs_codes(kind).get(code, ())
    return next((customs for customs, first, last in rows if first <= day <= last), None)


@lru_cache
def _customs_codes(kind: CodeList) -> dict[str, list[tuple[str, date, date]]]:
    table: dict[str, list[tuple[str, date, date]]] = {}
    for row in _rows(f"{kind}_codes_sample.csv"):
        table.setdefault(row["code"], []).append((row["customs_code"], *_term(row)))
    return table


@lru_cache(maxsize=4096)
def unit_factor(from_unit: str, to_unit: str, day: date) -> Decimal | None:
    """How many `to_unit` one `from_unit` is on a day (*sample*, V57); None where only the goods themselves can tell."""
    if from_unit == to_unit:
        return Decimal(1)
    rows = _factors().get((from_unit, to_unit), ())
    return next((factor for factor, first, last in rows if first <= day <= last), None)


@lru_cache
def _factors() -> dict[tuple[str, str], list[tuple[Decimal, date, date]]]:
    table: dict[tuple[str, str], list[tuple[Decimal, date, date]]] = {}
    for row in _rows("unit_factors_sample.csv"):
        table.setdefault((row["from_unit"], row["to_unit"]), []).append((Decimal(row["factor"]), *_term(row)))
    return table


def _term(row: dict[str, str]) -> tuple[date, date]:
    return date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
