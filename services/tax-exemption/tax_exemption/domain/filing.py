"""May this return be filed now, by this filer (R-TAX-1…4, R-TAX-6, V49…V51)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.money import convert, rounded
from shared.vocabulary.rules import Breach
from tax_exemption.domain.window import Window, month_after


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """What the rules look at."""

    today: date
    window: Window
    late_accepted: bool
    """The officer accepted a late exemption of what is filed now (R-TAX-7)."""
    open_lines: int
    filer_entitled: bool
    gate_open: bool
    outside_reference: str | None
    rate_choice: str
    kept_choice: str | None
    frozen_lines: int = 0
    """Held back by an open conflict case."""


def breaches_of_filing(facts: FilingFacts) -> tuple[Breach, ...]:
    """Every reason why the return can't be filed."""
    breaches = []
    if not facts.filer_entitled:
        breaches.append(Breach("filer_not_entitled", "R-TAX-3", "/stall_holder_id"))
    if not facts.window.holds(facts.today) and not facts.late_accepted:
        params = {"first": facts.window.first.isoformat(), "last": facts.window.last.isoformat()}
        breaches.append(Breach("outside_filing_window", "R-TAX-2", "/month", params))
    if not facts.open_lines and not facts.frozen_lines:
        breaches.append(Breach("nothing_to_declare", "R-TAX-6", "/month"))
    if not facts.gate_open and not facts.outside_reference:
        breaches.append(Breach("acceptance_gate_closed", "R-TAX-4", "/outside_reference"))
    if facts.gate_open and facts.outside_reference:
        breaches.append(Breach("filed_through_the_system", "R-TAX-4", "/outside_reference"))
    if facts.frozen_lines and not facts.open_lines:
        breaches.append(Breach("export_frozen", "R-DECL-7", "/month"))
    if facts.kept_choice is not None and facts.kept_choice != facts.rate_choice:
        breaches.append(Breach("rate_choice_kept", "R-TAX-6", "/rate_choice", {"kept": facts.kept_choice}))
    return tuple(breaches)


def gate_is_open(open_from: date | None, today: date) -> bool:
    """Whether tax accepts returns through the system on a day: from the day that it has named (R-TAX-4, V51)."""
    return open_from is not None and open_from <= today


def earliest_kept_month(month: str) -> str:
    """The first month whose choice of rate still holds for a month: a choice is kept for twelve (R-TAX-6)."""
    following = month_after(month)
    return f"{following.year - 1}-{following.month:02}"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a line declares at a rate, and what earlier lines of the portion declared at it."""

    fob: Decimal
    rate: Decimal
    declared_fob: Decimal = Decimal(0)
    declared_rmb: Decimal = Decimal(0)
    first: bool = True


@dataclass(frozen=True, slots=True)
class DeclaredAt:
    """What lines of a portion declared at one rate."""

    rate_id: str
    rate: Decimal
    fob: Decimal
    rmb: Decimal


def corrected_at(fob: Decimal, declared: Sequence[DeclaredAt]) -> list[tuple[Decimal, DeclaredAt]]:
    """A correction by the rates at which the portion was declared, the newest first, so that goods all back leave
    nothing; what is more, or is added, goes by the first rate (R-TAX-6).

    `declared` is in the order of declaring, and not empty.
    """
    parts = []
    for each in reversed(declared):
        part = max(fob, -each.fob) if fob < 0 and each is not declared[0] else Decimal(0)
        if part:
            parts.append((part, each))
            fob -= part
    return [*parts, (fob, declared[0])] if fob else parts


def exempt_rmb(lines: Sequence[LineFacts]) -> list[Decimal]:
    """What each line adds in RMB (V54).

    First lines of one rate are converted together: their sum is rounded once. A later one adds the portion's whole so
    far, rounded once, less what is declared, so that goods all back leave nothing.
    """
    added = [rounded((each.declared_fob + each.fob) * each.rate, "CNY") - each.declared_rmb for each in lines]
    together: dict[Decimal, list[int]] = {}
    for index, each in enumerate(lines):
        if each.first and each.fob > 0:
            together.setdefault(each.rate, []).append(index)
    for rate, indexes in together.items():
        parts = convert([lines[index].fob for index in indexes], rate, "CNY")
        for index, part in zip(indexes, parts, strict=True):
            added[index] = part
    return added
