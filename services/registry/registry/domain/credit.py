"""Which measures follow from a credit grade (R-CREDIT-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def measures_of(grade: str, table: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The policy's measures for the grade; whatever the policy says, D is reviewed and never released automatically."""
    measures = dict(table[grade])
    if grade == "D":
        measures |= {"automatic_release": False, "review_depth": "deep"}
    return measures
