"""How an accepted declaration is routed, and why (R-DECL-3, R-CREDIT-2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What the policy's conditions look at; `sampled` is decided by the declaration's own number."""

    grade: str | None
    grade_allows_automatic_release: bool
    review_depth: str
    open_conflicts: int
    sampled: bool


def route_of(facts: RouteFacts) -> tuple[str, tuple[str, ...]]:
    """(decision, reasons); grade D and whatever disagrees is always reviewed."""
    if facts.sampled:
        return "inspection", ("sampling hit",)
    reasons = []
    if facts.grade is None:
        reasons.append("no credit grade on customs' scale")
    elif not facts.grade_allows_automatic_release:
        reasons.append(f"grade {facts.grade}: no automatic release")
    if facts.review_depth == "deep":
        reasons.append("deep review by grade")
    if facts.open_conflicts:
        reasons.append("open conflict cases")
    if reasons:
        return "review", tuple(reasons)
    return "automatic_release", (f"grade {facts.grade}, no condition against it",)
