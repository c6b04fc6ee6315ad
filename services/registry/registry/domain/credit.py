"""Which measures follow from a credit grade (R-CREDIT-2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Measures:
    """What a credit grade brings with it; the rate is in per cent of declarations."""

    automatic_release: bool
    inspection_rate_percent: Decimal
    review_depth: Literal["normal", "deep"]


def measures_of(grade: str, measures: Measures) -> Measures:
    """The policy's measures for the grade; whatever the policy says, D is reviewed and never released automatically."""
    if grade == "D":
        return replace(measures, automatic_release=False, review_depth="deep")
    return measures


def breaches_of_grade(*, measures_stated: bool) -> tuple[Breach, ...]:
    """Breach where the policy states no measures for the grade on its first day."""
    return () if measures_stated else (Breach("grade_before_measures", "R-CREDIT-2", "/effective_from"),)
