"""What a filing must hold before it is submitted, and when it takes effect at once (R-FILE-2, R-FILE-7, R-FILE-8)."""

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
    """What the rules look at; `rule_version` names the dated data behind bounds and requirements (V6)."""

    role: str
    stalls: Sequence[StallFacts]
    bounds: Sequence[Point]
    held_qualifications: frozenset[str]
    required_qualifications: frozenset[str]
    day: date
    rule_version: str = ""


FILERS_OF_BUYERS = frozenset({"operator", "stall_holder"})


def takes_effect_at_once(role: str, roles_of_filer: frozenset[str], *, ended_before: bool) -> bool:
    """Whether it is a buyer's first filing by an active operator or stall holder, reviewed later (R-FILE-8)."""
    return role == "buyer" and bool(roles_of_filer & FILERS_OF_BUYERS) and not ended_before


def breaches_of_role(role: str, *, has_stalls: bool) -> tuple[Breach, ...]:
    """Breach for stalls in a filing that isn't a stall holder's: they wouldn't be checked against the bounds."""
    misplaced = has_stalls and role != "stall_holder"
    return (Breach("stall_of_other_role", "R-FILE-2", "/stalls"),) if misplaced else ()


def breaches_of_stalls(facts: FilingFacts) -> tuple[Breach, ...]:
    """Every reason why the stalls are not complete or not admissible."""
    breaches = []
    if facts.role == "stall_holder" and not facts.stalls:
        breaches.append(Breach("stall_missing", "R-FILE-2", "/stalls"))
    for index, stall in enumerate(facts.stalls):
        if not lies_inside((stall.longitude, stall.latitude), facts.bounds):
            params = {"stall": stall.stall_number}
            breaches.append(Breach("stall_out_of_bounds", "R-FILE-2", f"/stalls/{index}", params))
        if stall.valid_to is not None and stall.valid_to < stall.valid_from:
            breaches.append(Breach("stall_dates_reversed", "R-FILE-2", f"/stalls/{index}/valid_to"))
    return tuple(breaches)


def breaches_of_filing(facts: FilingFacts) -> tuple[Breach, ...]:
    """Every reason why the filing is not complete or not admissible."""
    missing = sorted(facts.required_qualifications - facts.held_qualifications)
    lacking = [Breach("qualification_missing", "R-FILE-7", "/qualifications", {"kind": kind}) for kind in missing]
    if facts.stalls and all(each.valid_to is not None and each.valid_to < facts.day for each in facts.stalls):
        lacking.append(Breach("stall_missing", "R-FILE-2", "/stalls"))
    return (*breaches_of_stalls(facts), *lacking)
