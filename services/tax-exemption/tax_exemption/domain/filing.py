"""May this return be filed now, by this filer (R-TAX-1…4, R-TAX-6, V49…V51)?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach
from tax_exemption.domain.window import Window


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """What the rules look at."""

    today: date
    window: Window
    late_accepted: bool
    open_lines: int
    filer_entitled: bool
    gate_open: bool
    outside_reference: str | None
    rate_choice: str
    kept_choice: str | None


def breaches_of_filing(facts: FilingFacts) -> tuple[Breach, ...]:
    """Every reason why the return can't be filed."""
    breaches = []
    if not facts.filer_entitled:
        breaches.append(Breach("filer_not_entitled", "R-TAX-3", "/stall_holder_id"))
    if not facts.window.first <= facts.today <= facts.window.last and not facts.late_accepted:
        params = {"first": facts.window.first.isoformat(), "last": facts.window.last.isoformat()}
        breaches.append(Breach("outside_filing_window", "R-TAX-2", "/month", params))
    if not facts.open_lines:
        breaches.append(Breach("nothing_to_declare", "R-TAX-6", "/month"))
    if not facts.gate_open and not facts.outside_reference:
        breaches.append(Breach("acceptance_gate_closed", "R-TAX-4", "/outside_reference"))
    if facts.kept_choice is not None and facts.kept_choice != facts.rate_choice:
        breaches.append(Breach("rate_choice_kept", "R-TAX-6", "/rate_choice", {"kept": facts.kept_choice}))
    return tuple(breaches)


def exempt_rmb(fob: Decimal, rate: Decimal) -> Decimal:
    """A portion's exempt amount in RMB, rounded half up per line (V54)."""
    return rounded(fob * rate, "CNY")
