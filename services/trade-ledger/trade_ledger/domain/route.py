"""How an accepted declaration is routed, and why (R-DECL-3, R-CREDIT-2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What the policy's conditions look at; `sampled` is drawn with customs' receipt.

    `inspection_rate_percent` is the grade's, None where it isn't known; `draw` is the declaration's part of 100.
    """

    grade: str | None
    grade_allows_automatic_release: bool
    review_depth: str
    open_conflicts: int
    sampled: bool
    inspection_rate_percent: Decimal | None
    draw: Decimal


def draw_of(declaration_id: str, receipt_id: str) -> Decimal:
    """A declaration's place from 0 to below 100: always the same, and known to nobody before customs took it."""
    return Decimal(_drawn("inspection", declaration_id, receipt_id) % 1_000_000) / 10_000


def is_sampled(declaration_id: str, receipt_id: str, every: int) -> bool:
    """Whether a declaration is the one in so many: nobody can draft until it isn't, since customs' receipt decides."""
    return _drawn("sampling", declaration_id, receipt_id) % every == 0


def _drawn(purpose: str, declaration_id: str, receipt_id: str) -> int:
    return int.from_bytes(sha256(f"{purpose} {declaration_id} {receipt_id}".encode()).digest())


def route_of(facts: RouteFacts) -> tuple[str, tuple[str, ...]]:
    """(decision, reasons); what is drawn is inspected, grade D and whatever disagrees is always reviewed."""
    rate = facts.inspection_rate_percent
    if facts.sampled:
        return "inspection", ("sampling hit",)
    if rate is not None and facts.draw < rate:
        return "inspection", (f"grade {facts.grade}: {rate.normalize():f} % are inspected, drawn",)
    if reasons := [*_of_grade(facts), *(["open conflict cases"] if facts.open_conflicts else [])]:
        return "review", tuple(reasons)
    return "automatic_release", (f"grade {facts.grade}, no condition against it",)


def _of_grade(facts: RouteFacts) -> list[str]:
    reasons = []
    if facts.grade is None:
        reasons.append("no credit grade on customs' scale")
    elif not facts.grade_allows_automatic_release:
        reasons.append(f"grade {facts.grade}: no automatic release")
    if facts.grade is not None and facts.inspection_rate_percent is None:
        reasons.append(f"grade {facts.grade}: its inspection rate isn't known")
    if facts.review_depth == "deep":
        reasons.append("deep review by grade")
    return reasons
