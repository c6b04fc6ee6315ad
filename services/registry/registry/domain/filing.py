"""What a filing must hold before it is submitted (R-FILE-1, R-FILE-2, R-FILE-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.geometry import Point, lies_inside
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class StallFacts:
    """A stall's number, place and dates."""

    stall_number: str
    longitude: Decimal
    latitude: Decimal
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """What the rules look at."""

    role: str
    stalls: Sequence[StallFacts]
    bounds: Sequence[Point]
    held_qualifications: frozenset[str]
    required_qualifications: frozenset[str]


def breaches_of_filing(facts: FilingFacts) -> tuple[Breach, ...]:
    """Every reason why the filing is not complete or not admissible."""
    breaches = []
    if facts.role == "stall_holder" and not facts.stalls:
        breaches.append(Breach("stall_missing", "R-FILE-2", "/stalls"))
    for index, stall in enumerate(facts.stalls):
        if not lies_inside((stall.longitude, stall.latitude), facts.bounds):
            params = {"stall": stall.stall_number}
            breaches.append(Breach("stall_out_of_bounds", "R-FILE-2", f"/stalls/{index}", params))
        if stall.valid_to is not None and stall.valid_to < stall.valid_from:
            breaches.append(Breach("stall_dates_reversed", "R-FILE-2", f"/stalls/{index}/valid_to"))
    missing = sorted(facts.required_qualifications - facts.held_qualifications)
    breaches += [Breach("qualification_missing", "R-FILE-7", "/qualifications", {"kind": kind}) for kind in missing]
    return tuple(breaches)
