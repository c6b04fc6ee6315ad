"""Public reference data, committed with its origin (ORIGIN.md)."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent


@lru_cache
def hs_codes() -> dict[str, str]:
    """Description by six-digit code of the nomenclature."""
    with (_HERE / "hs2022.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["description"] for row in csv.DictReader(file)}


@lru_cache
def _statutory() -> dict[str, tuple[str, str | None]]:
    with (_HERE / "statutory_units_sample.csv").open(encoding="utf-8", newline="") as file:
        return {row["hs_prefix"]: (row["first_unit"], row["second_unit"] or None) for row in csv.DictReader(file)}


@lru_cache(maxsize=20_000)
def statutory_units(hs_code: str) -> tuple[str, str | None] | None:
    """First and second statutory unit of a code (*sample*), or None where the sample has none."""
    table = _statutory()
    return next((table[hs_code[:n]] for n in range(len(hs_code), 1, -1) if hs_code[:n] in table), None)
