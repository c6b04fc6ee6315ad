"""Who closes a conflict case, and when (R-DECL-7)."""

from __future__ import annotations

from dataclasses import dataclass

from fx_settlement.domain.booking import breaches_of_blocked
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """A case that somebody wants to close; `left` is what would go on blocking the money."""

    is_open: bool
    must_act: str
    closer: str
    left: tuple[str, ...] = ()


def breaches_of_closing(facts: ClosingFacts) -> tuple[Breach, ...]:
    """Every reason why the case can't be closed by this party."""
    breaches = []
    if not facts.is_open:
        breaches.append(Breach("conflict_closed_already", "R-DECL-7", ""))
    if facts.closer != facts.must_act:
        breaches.append(Breach("somebody_else_must_act", "R-DECL-7", ""))
    breaches += breaches_of_blocked(facts.left, "")
    return tuple(breaches)
